#include "conformance/check/runner.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>

#include "conformance/check/probe.hpp"

namespace smtprig::conformance {
namespace {

constexpr int refusals_that_trip = 2;

// Spaces connections out, and notices when the server takes none any more.
class Guard : public probe::Connector {
  public:
    Guard(probe::Connector& inner, Microseconds gap) : inner_(inner), gap_(gap) {}

    probe::Connected connect(Microseconds timeout) override {
        wait_for_turn();
        probe::Connected connected = inner_.connect(timeout);
        const std::lock_guard lock(mutex_);
        refusals_ = connected.wire ? 0 : refusals_ + 1;
        if (refusals_ >= refusals_that_trip)
            tripped_ =
                "The server does not accept connections any "
                "more.";
        return connected;
    }
    std::int64_t wall_clock() const override { return inner_.wall_clock(); }

    void trip(const std::string& reason) {
        const std::lock_guard lock(mutex_);
        tripped_ = reason;
    }
    std::string tripped() const {
        const std::lock_guard lock(mutex_);
        return tripped_;
    }

  private:
    void wait_for_turn() {
        if (gap_ == 0) return;
        std::unique_lock lock(mutex_);
        const auto now = std::chrono::steady_clock::now();
        const auto turn = std::max(now, next_);
        next_ = turn + std::chrono::microseconds(gap_);
        lock.unlock();
        std::this_thread::sleep_until(turn);
    }

    probe::Connector& inner_;
    const Microseconds gap_;
    mutable std::mutex mutex_;
    std::chrono::steady_clock::time_point next_{};
    int refusals_ = 0;
    std::string tripped_;
};

class Run {
  public:
    Run(const std::vector<const Check*>& checks, const RunSettings& settings,
        const Preflight& preflight, probe::Connector& connector, const RunOptions& options,
        Progress* progress)
        : checks_(checks),
          settings_(settings),
          preflight_(preflight),
          guard_(connector, options.gap),
          options_(options),
          progress_(progress),
          runs_(checks.size()) {}

    Report run() {
        Report report;
        report.settings = settings_;
        report.facts = preflight_.facts;
        report.preflight = preflight_.transcripts;
        report.began = guard_.wall_clock();
        std::vector<std::thread> threads;
        for (int i = 1; i < options_.jobs; ++i) threads.emplace_back([this] { work(); });
        work();
        for (std::thread& thread : threads) thread.join();

        std::vector<Exchange> exchanges = preflight_.exchanges;
        for (const CheckRun& run : runs_)
            exchanges.insert(exchanges.end(), run.exchanges.begin(), run.exchanges.end());
        for (std::size_t i = 0; i < checks_.size(); ++i) {
            if (!checks_[i]->passive()) continue;
            runs_[i].result = judge_every_reply(*checks_[i], exchanges);
            tell(runs_[i].result);
        }
        report.took = guard_.wall_clock() - report.began;
        for (CheckRun& run : runs_) report.results.push_back(std::move(run.result));
        return report;
    }

  private:
    void tell(const Result& result) {
        const std::lock_guard lock(mutex_);
        ++done_;
        if (progress_) progress_->finished(result, done_, checks_.size());
    }

    void work() {
        while (true) {
            std::size_t mine = 0;
            {
                const std::lock_guard lock(mutex_);
                while (next_ < checks_.size() && checks_[next_]->passive()) ++next_;
                if (next_ == checks_.size()) return;
                mine = next_++;
            }
            runs_[mine] = run_one(*checks_[mine]);
            tell(runs_[mine].result);
        }
    }

    CheckRun not_run(const Check& check, Verdict verdict, std::string reason) {
        CheckRun run;
        run.result.check = &check;
        run.result.judgement = {verdict, std::move(reason), "", ""};
        return run;
    }

    CheckRun run_one(const Check& check) {
        const std::string tripped = guard_.tripped();
        if (!tripped.empty()) return not_run(check, Verdict::inconclusive, tripped);
        const std::string reason = reason_to_skip(check, settings_, preflight_.facts);
        if (!reason.empty()) return not_run(check, Verdict::skip, reason);
        if (!may_deliver(check.messages))
            return not_run(check, Verdict::skip,
                           "The run may deliver no more messages; --max-mail raises the bound.");
        CheckRun run = run_check(check, settings_, preflight_.facts, guard_);
        if (run.result.judgement.reason == "The server refuses this client by a list.")
            guard_.trip(run.result.judgement.reason);
        // Once more on a fresh connection where the session was cut short.
        if (run.result.attempts < 0 && guard_.tripped().empty() && may_deliver(check.messages)) {
            run = run_check(check, settings_, preflight_.facts, guard_);
            run.result.attempts = 2;
        }
        run.result.attempts = std::max(run.result.attempts, 1);
        return run;
    }

    bool may_deliver(int messages) {
        const std::lock_guard lock(mutex_);
        if (delivered_ + messages > options_.most_mail) return false;
        delivered_ += messages;
        return true;
    }

    const std::vector<const Check*>& checks_;
    const RunSettings& settings_;
    const Preflight& preflight_;
    Guard guard_;
    const RunOptions& options_;
    Progress* const progress_;
    std::mutex mutex_;
    std::vector<CheckRun> runs_;
    std::size_t next_ = 0;
    std::size_t done_ = 0;
    int delivered_ = 0;
};

bool is_offered(const Check& check, const RunSettings& settings, const Facts& facts) {
    if (check.extension.empty()) return true;
    const bool before_tls = has(check.need, Need::starttls);
    const auto& extensions = before_tls ? facts.in_clear : facts.extensions(settings.tls);
    return find(extensions, check.extension) != nullptr;
}

std::string reason_of_needs(const Check& check, const RunSettings& settings, const Facts& facts) {
    const bool refused = facts.greeting_code == 554;
    if (has(check.need, Need::refused_greeting) && !refused)
        return "The server greets this client with " + std::to_string(facts.greeting_code) + '.';
    if (has(check.need, Need::relaying))
        return "It needs a server that relays through the rig, which comes with the relay checks.";
    if (has(check.need, Need::recipient) && !facts.recipient_accepted)
        return "It needs a recipient: --rcpt.";
    if (has(check.need, Need::second_recipient) && !facts.second_recipient_accepted)
        return "It needs a second recipient: --rcpt2.";
    if (has(check.need, Need::foreign) && settings.foreign.empty())
        return "It needs a mailbox elsewhere: --foreign.";
    if (has(check.need, Need::credentials) && settings.user.empty())
        return "It needs credentials: --auth.";
    if (has(check.need, Need::starttls) &&
        (settings.tls == Tls::implicit || find(facts.in_clear, "STARTTLS") == nullptr))
        return "The server does not offer STARTTLS here.";
    if (has(check.need, Need::long_time) && !settings.run_long) return "It takes minutes: --long.";
    if (has(check.need, Need::big) && !settings.run_big) return "It sends megabytes: --big.";
    return "";
}

}  // namespace

std::string reason_to_skip(const Check& check, const RunSettings& settings, const Facts& facts) {
    if ((check.profiles & bit(settings.profile)) == 0)
        return "It is not asked of a server with the profile " +
               std::string(to_text(settings.profile)) + '.';
    if (check.risk_level > settings.safety)
        return "Its risk is " + std::to_string(check.risk_level) + ": --safety " +
               std::to_string(check.risk_level) + '.';
    if (!is_offered(check, settings, facts))
        return "The server does not offer " + check.extension + '.';
    return reason_of_needs(check, settings, facts);
}

CheckRun run_check(const Check& check, const RunSettings& settings, const Facts& facts,
                   probe::Connector& connector) {
    CheckRun run;
    run.result.check = &check;
    Probe client({settings, facts, connector, check});
    try {
        check.body(client);
        run.result.judgement = client.judgement();
        run.result.attempts = 1;
    } catch (const Stop& stop) {
        run.result.judgement = stop.judgement;
        run.result.attempts = stop.once_more ? -1 : 1;
    } catch (const std::exception& error) {
        run.result.judgement = {Verdict::error, error.what(), "", ""};
        run.result.attempts = 1;
    }
    run.exchanges = client.exchanges();
    run.result.transcripts = client.take_transcripts();
    for (const transcript::Session& session : run.result.transcripts)
        if (!session.events.empty()) run.result.took += session.events.back().at;
    if (!run.result.transcripts.empty()) run.result.shown = run.result.transcripts.size() - 1;
    return run;
}

Result judge_every_reply(const Check& check, const std::vector<Exchange>& exchanges) {
    Result result;
    result.check = &check;
    result.attempts = 1;
    bool concerned = false;
    for (const Exchange& exchange : exchanges) {
        const Remark remark = check.every_reply(exchange);
        concerned = concerned || remark.concerned;
        if (!remark.concerned || remark.complaint.empty()) continue;
        const Verdict verdict = remark.lenient ? Verdict::non_strict : shortfall(check.level);
        const bool worse = verdict == Verdict::fail && result.judgement.verdict != Verdict::fail;
        if (result.judgement.verdict != Verdict::pass && !worse) continue;
        result.judgement = {verdict, remark.complaint, "", ""};
        result.judgement.actual = shown(exchange.reply);
        result.seen_in = exchange.check;
        result.shown = exchange.session;
    }
    if (!concerned) {
        result.judgement = {Verdict::skip, "No reply of this kind came in this run.", "", ""};
        result.attempts = 0;
    }
    return result;
}

Report run_all(const std::vector<const Check*>& checks, const RunSettings& settings,
               const Preflight& preflight, probe::Connector& connector, const RunOptions& options,
               Progress* progress) {
    return Run(checks, settings, preflight, connector, options, progress).run();
}

}  // namespace smtprig::conformance

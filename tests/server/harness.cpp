#include "tests/server/harness.hpp"

#include <stdexcept>

#include "fixture/scenario/loader.hpp"
#include "fixture/transcript/text.hpp"

namespace smtprig::server {
namespace {

std::shared_ptr<scenario::Engine> engine_for(const std::string& elements) {
    if (elements.empty()) return nullptr;
    const std::string xml =
        "<scenario name=\"test\" xmlns=\"urn:smtp-scenario:1\">\n" + elements + "\n</scenario>\n";
    const scenario::Loaded loaded = scenario::load_text(xml, "test.xml", {});
    if (loaded.good()) return std::make_shared<scenario::Engine>(loaded.scenario, 1);
    std::string all;
    for (const scenario::Diagnostic& diagnostic : loaded.diagnostics) all += to_text(diagnostic);
    throw std::runtime_error(all);
}

Peer peer_of(const Scene& scene) {
    Peer peer;
    peer.id = "test-1";
    peer.lane = "default";
    peer.client = scene.client_ip.empty() ? "unix" : scene.client_ip + ":50000";
    peer.server = "127.0.0.1:1025";
    peer.client_ip = scene.client_ip;
    peer.client_port = 50000;
    peer.began = 1'796'000'000'000'000;
    peer.refused = scene.refused;
    peer.ordinal = scene.ordinal;
    peer.run_time = scene.run_time;
    return peer;
}

}  // namespace

std::shared_ptr<Rules> rules_of(const Scene& scene) {
    static const tls::OpenSslCrypto crypto;
    auto rules = std::make_shared<Rules>(scene.settings,
                                         scene.engine ? scene.engine : engine_for(scene.scenario));
    rules->crypto = &crypto;
    rules->session_bound = scene.session_bound;
    rules->show_secrets = scene.show_secrets;
    return rules;
}

Talk::Talk(const Scene& scene, std::shared_ptr<Rules> rules)
    : budget_(scene.budget),
      log_("test-1", "default", "192.0.2.1:50000", "127.0.0.1:1025", 1'796'000'000'000'000,
           nullptr) {
    rules->budget = &budget_;
    rules_ = std::move(rules);
    conversation_ = std::make_unique<Conversation>(rules_, log_, peer_of(scene));
    run();
}

Talk::~Talk() = default;

std::string Talk::send(std::string_view octets) {
    arrive(octets);
    return run();
}

void Talk::arrive(std::string_view octets) {
    if (over_ || ended_) return;
    now_ += 10;
    fed_ += octets.size();
    conversation_->received(octets, now_);
}

std::string Talk::fin() {
    if (over_ || ended_) return "";
    ended_ = true;
    conversation_->client_ended(ClientEnd::fin, now_);
    if (hangs_for_ever_) conversation_->cut("hang", now_);
    hangs_for_ever_ = false;
    return run();
}

std::string Talk::rst() {
    if (over_) return "";
    ended_ = true;
    conversation_->client_ended(ClientEnd::rst, now_);
    resume_at_ = -1;
    hangs_for_ever_ = writing_ = false;
    return run();
}

std::string Talk::shut_down() {
    if (over_) return "";
    conversation_->shut_down(now_);
    return run();
}

std::string Talk::tls() {
    if (!waits_for_tls_) return "(no handshake is due)";
    waits_for_tls_ = false;
    conversation_->tls_established(
        {{"version", std::string("TLSv1.3")}, {"server_name", std::string("mx.example")}}, now_);
    return run();
}

std::string Talk::tls_fails() {
    waits_for_tls_ = false;
    conversation_->tls_failed({{"reason", std::string("no shared cipher")}}, TlsEnd::client_left,
                              now_);
    return run();
}

std::string Talk::pass(std::int64_t milliseconds) {
    const std::int64_t until = now_ + milliseconds * 1000;
    std::string said;
    if (resume_at_ >= 0 && resume_at_ <= until) {
        now_ = resume_at_;
        resume_at_ = -1;
        said = run();
    }
    now_ = until;
    if (over_ || resume_at_ >= 0 || hangs_for_ever_ || writing_ || waits_for_tls_) return said;
    if (conversation_->deadline() <= now_) conversation_->timed_out(now_);
    return said + run();
}

std::string Talk::unblock() {
    blocked_ = false;
    if (!writing_) return "";
    writing_ = false;
    const std::string said = segments_.back();
    heard_ += said;
    conversation_->written(now_);
    return said + run();
}

std::string Talk::run() {
    const std::size_t begin = heard_.size();
    while (!over_ && resume_at_ < 0 && !hangs_for_ever_ && !writing_ && !waits_for_tls_)
        if (!perform(conversation_->next(now_))) break;
    return heard_.substr(begin);
}

bool Talk::perform(const Step& step) {
    switch (step.kind) {
        case Step::Kind::read:
            // Octets that a scenario holds back go out by themselves in the end.
            if (!releases_holds_ || conversation_->output().empty()) return false;
            now_ = std::max(now_, conversation_->deadline());
            conversation_->timed_out(now_);
            return true;
        case Step::Kind::write:
            segments_.emplace_back(conversation_->output());
            if (blocked_) {
                writing_ = true;
                return false;
            }
            heard_ += segments_.back();
            conversation_->written(now_);
            return true;
        case Step::Kind::hang:
            waits_.push_back(step.time);
            if (step.time == 0) {
                hangs_for_ever_ = !ended_;
                if (ended_) conversation_->cut("hang", now_);
                return ended_;
            }
            resume_at_ = now_ + step.time;
            break;
        case Step::Kind::wait:
            waits_.push_back(step.time);
            resume_at_ = now_ + step.time;
            break;
        case Step::Kind::start_tls:
            waits_for_tls_ = true;
            return false;
        case Step::Kind::deliver:
            if (full_) {
                conversation_->delivered(Delivery::full, now_);
            } else {
                messages_.push_back(conversation_->message());
                conversation_->delivered(Delivery::stored, now_);
            }
            return true;
        case Step::Kind::window:
            return true;
        case Step::Kind::close:
            closed_how_ = step.how;
            if (step.how == scenario::CloseHow::half) return true;
            over_ = true;
            log_.close();
            return false;
        case Step::Kind::finished:
            over_ = true;
            log_.close();
            return false;
    }
    if (hold_waits_) return false;
    now_ = resume_at_;
    resume_at_ = -1;
    return true;
}

std::string Talk::text() const {
    transcript::TextOptions options;
    options.mail_data = transcript::MailDataLines::unfolded;
    options.events = transcript::Events::telling;
    const std::string timed = transcript::text(log_.snapshot(), options);
    std::string text;
    for (std::size_t begin = 0; begin < timed.size();) {
        const std::size_t end = timed.find('\n', begin) + 1;
        const std::size_t behind_time = timed.find("  ", begin) + 2;
        text += timed.substr(behind_time, end - behind_time);
        begin = end;
    }
    return text;
}

int Talk::count(std::string_view part) const {
    const std::string all = text();
    int count = 0;
    for (std::size_t at = all.find(part); at != std::string::npos; at = all.find(part, at + 1))
        ++count;
    return count;
}

std::uint64_t Talk::octets_in_transcript() const {
    std::uint64_t sum = 0;
    const transcript::Session session = log_.snapshot();
    for (const transcript::Event& event : session.events)
        if (transcript::is_wire(event.kind) && event.side == transcript::Side::client)
            sum += event.length;
    return sum;
}

std::string Talk::faults() const {
    std::string faults;
    for (const std::string& complaint : transcript::complaints(log_.snapshot()))
        faults += complaint + '\n';
    if (log_.late() != 0) faults += "events were recorded after the end\n";
    if (over_ && octets_in_transcript() != fed_)
        faults += "the client said " + std::to_string(fed_) + " octets, the transcript has " +
                  std::to_string(octets_in_transcript()) + '\n';
    return faults;
}

}  // namespace smtprig::server

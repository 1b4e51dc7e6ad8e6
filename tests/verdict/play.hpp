// Clients of one lane on a manual clock: real conversations, their judge, no socket and no waiting.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "fixture/scenario/loader.hpp"
#include "fixture/server/script.hpp"
#include "fixture/tls/digests.hpp"
#include "fixture/transcript/session.hpp"
#include "fixture/verdict/watch.hpp"

namespace smtprig::verdict {

// "5s", "2m", "300ms".
inline std::int64_t operator""_s(unsigned long long seconds) {
    return static_cast<std::int64_t>(seconds) * 1'000'000;
}

class Play {
  public:
    // XML of the elements of a scenario.
    explicit Play(const std::string& elements, scenario::Role role = scenario::Role::queue,
                  std::uint64_t seed = 1, double time_scale = 1) {
        scenario::Sources sources;
        sources.time_scale = time_scale;
        const auto loaded = scenario::load_text(
            "<scenario name=\"test\" "
            "xmlns=\"urn:smtp-scenario:1\">\n" +
                elements + "\n</scenario>\n",
            "test.xml", sources);
        if (!loaded.good()) {
            std::string all;
            for (const auto& diagnostic : loaded.diagnostics) all += to_text(diagnostic);
            throw std::runtime_error(all);
        }
        engine = std::make_shared<scenario::Engine>(loaded.scenario, seed);
        watch = std::make_shared<Watch>(loaded.scenario, role);
        auto rules = std::make_shared<server::Rules>(loaded.scenario->settings, engine);
        rules->crypto = &crypto_;
        rules->watcher = watch;
        rules_ = rules;
    }

    class Client {
      public:
        Client(Play& play, std::uint64_t ordinal, std::string ip) : play_(play), began_(play.now) {
            const std::string id = "test-" + std::to_string(ordinal);
            log_ = std::make_shared<transcript::Log>(id, "default", ip + ":50000", "127.0.0.1:25",
                                                     0, nullptr);
            server::Peer peer;
            peer.id = id;
            peer.lane = "default";
            peer.ordinal = ordinal;
            peer.client_ip = std::move(ip);
            peer.client_port = 50000;
            peer.run_time = began_;
            speaker_ = server::make_speaker(play.rules_, *log_, std::move(peer));
            run();
        }

        // Sends a line and returns what the server says.
        std::string line(std::string_view text) { return send(std::string(text) + "\r\n"); }
        std::string send(std::string_view octets) {
            if (over_) return "";
            speaker_->received(octets, now());
            return run();
        }
        std::string fin() {
            if (over_) return "";
            speaker_->client_ended(server::ClientEnd::fin, now());
            return run();
        }
        std::string rst() {
            if (over_) return "";
            speaker_->client_ended(server::ClientEnd::rst, now());
            return run();
        }
        // A deadline of the server's that has passed.
        std::string time_out() {
            speaker_->timed_out(now());
            return run();
        }
        std::int64_t deadline() const { return began_ + speaker_->deadline(); }
        // A whole mail; stops where it is refused. Returns the last reply.
        std::string mail(std::string_view from, std::string_view to, std::string_view id,
                         std::string_view body = "text") {
            std::string said = line("MAIL FROM:<" + std::string(from) + ">");
            if (said.substr(0, 1) != "2") return said;
            said = line("RCPT TO:<" + std::string(to) + ">");
            if (said.substr(0, 1) != "2") {
                line("RSET");
                return said;
            }
            said = line("DATA");
            if (said.substr(0, 1) != "3") return said;
            return send("Message-ID: <" + std::string(id) + ">\r\n\r\n" + std::string(body) +
                        "\r\n.\r\n");
        }
        bool over() const { return over_; }
        std::optional<scenario::CloseHow> closed_how() const { return closed_how_; }
        const std::string& heard() const { return heard_; }
        const std::vector<std::string>& segments() const { return segments_; }
        transcript::Session transcript() const { return log_->snapshot(); }

      private:
        std::int64_t now() const { return play_.now - began_; }
        std::string run() {
            const std::size_t begin = heard_.size();
            while (!over_) {
                const server::Step step = speaker_->next(now());
                using Kind = server::Step::Kind;
                if (step.kind == Kind::read) break;
                if (step.kind == Kind::write) {
                    segments_.emplace_back(speaker_->output());
                    heard_ += speaker_->output();
                    speaker_->written(now());
                } else if (step.kind == Kind::deliver) {
                    speaker_->delivered(server::Delivery::stored, now());
                } else if (step.kind == Kind::wait || step.kind == Kind::hang) {
                    play_.now += step.time;
                } else if (step.kind == Kind::start_tls) {
                    speaker_->tls_established({{"version", std::string("TLSv1.3")}}, now());
                } else if (step.kind == Kind::close && step.how == scenario::CloseHow::half) {
                    closed_how_ = step.how;
                } else if (step.kind == Kind::close || step.kind == Kind::finished) {
                    if (step.kind == Kind::close) closed_how_ = step.how;
                    over_ = true;
                }
            }
            return heard_.substr(begin);
        }

        Play& play_;
        std::int64_t began_;
        std::shared_ptr<transcript::Log> log_;
        std::unique_ptr<server::Speaker> speaker_;
        std::string heard_;
        std::vector<std::string> segments_;
        std::optional<scenario::CloseHow> closed_how_;
        bool over_ = false;
    };

    Client connect(std::string ip = "192.0.2.1") { return Client(*this, ++sessions_, ip); }
    // Connects, says EHLO, sends the mail, says QUIT. Returns the last reply to the mail.
    std::string deliver(std::string_view from, std::string_view to, std::string_view id,
                        std::string_view body = "text") {
        Client client = connect();
        client.line("EHLO client.example");
        std::string said = client.mail(from, to, id, body);
        client.line("QUIT");
        return said;
    }
    void pass(std::int64_t microseconds) {
        now += microseconds;
        watch->advance(now);
    }
    std::string ruling() { return std::string(name(watch->verdict().ruling)); }
    // The sentences of what did not hold or is not known, one a line.
    std::string sentences() {
        std::string all;
        for (const Judgement& judgement : watch->verdict().judgements)
            if (!judgement.sentence.empty()) all += judgement.sentence + "\n";
        return all;
    }
    Judgement judgement(std::size_t index) { return watch->verdict().judgements.at(index); }

    std::int64_t now = 0;  // microseconds since the lane began
    std::shared_ptr<scenario::Engine> engine;
    std::shared_ptr<Watch> watch;

  private:
    friend class Client;
    tls::OpenSslCrypto crypto_;
    std::shared_ptr<const server::Rules> rules_;
    std::uint64_t sessions_ = 0;
};

}  // namespace smtprig::verdict

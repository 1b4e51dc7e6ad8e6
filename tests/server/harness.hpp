// A conversation without a socket: a manual clock, and a stand-in for the shell that performs its
// steps. What the server said, stored and waited for is there to be looked at.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fixture/server/conversation.hpp"
#include "fixture/tls/digests.hpp"
#include "fixture/transcript/facts.hpp"
#include "fixture/transcript/message.hpp"

namespace smtprig::server {

// What a conversation is made of; filled in before the Talk begins.
struct Scene {
    smtp::Settings settings;
    std::string scenario;  // XML of its elements, without <scenario>; empty for none
    std::shared_ptr<scenario::Engine> engine;  // of a scenario that was loaded, instead
    bool show_secrets = true;
    std::uint64_t session_bound = 64 * 1024 * 1024;
    std::int64_t budget = 1 << 30;
    std::optional<smtp::Situation> refused;
    std::string client_ip = "192.0.2.1";
    std::uint64_t ordinal = 1;  // of the session
    std::int64_t run_time = 0;  // microseconds since the lane began
};

std::shared_ptr<Rules> rules_of(const Scene& scene);

class Talk {
  public:
    explicit Talk(const Scene& scene) : Talk(scene, rules_of(scene)) {}
    // With rules that were made before: one Talk at a time, since its budget is theirs.
    Talk(const Scene& scene, std::shared_ptr<Rules> rules);
    ~Talk();
    Talk(const Talk&) = delete;
    Talk& operator=(const Talk&) = delete;

    // Feeds octets as one read and performs the steps that follow. Returns what the server said.
    std::string send(std::string_view octets);
    // A line, with CRLF.
    std::string line(std::string_view text) { return send(std::string(text) + "\r\n"); }
    std::string fin();
    std::string rst();
    std::string shut_down();
    std::string tls();  // the handshake that the server waits for succeeds
    std::string tls_fails();
    // Lets time pass; a deadline that it passes is told.
    std::string pass(std::int64_t milliseconds);
    // With this, a wait or hang stops the stand-in until pass() has let it go by.
    void hold_waits() { hold_waits_ = true; }
    // Waits for what a scenario holds back, as a client that does not pipeline does.
    void release_holds() { releases_holds_ = true; }
    // Octets that arrive while the server waits or writes: no step is performed.
    void arrive(std::string_view octets);
    // The socket takes no more: a write is begun and not finished until unblock().
    void block_writes() { blocked_ = true; }
    std::string unblock();
    void store_is_full() { full_ = true; }

    bool over() const { return over_; }
    bool closed() const { return closed_how_.has_value(); }
    std::optional<scenario::CloseHow> closed_how() const { return closed_how_; }
    bool waits_for_tls() const { return waits_for_tls_; }
    bool holds() const { return resume_at_ >= 0; }
    const std::string& heard() const { return heard_; }
    const std::vector<std::string>& segments() const { return segments_; }
    const std::vector<std::int64_t>& waits() const { return waits_; }
    const std::vector<transcript::Message>& messages() const { return messages_; }
    Conversation& conversation() { return *conversation_; }
    transcript::Log& log() { return log_; }
    Budget& budget() { return budget_; }
    transcript::Session transcript() const { return log_.snapshot(); }

    // The transcript in its text form, without times.
    std::string text() const;
    // Whether an anomaly of this id is in the transcript.
    int count(std::string_view text) const;
    // What is wrong with the transcript as such; empty is well. After the end of the session.
    std::string faults() const;
    // Octets of the client that the transcript accounts for.
    std::uint64_t octets_in_transcript() const;
    std::uint64_t octets_fed() const { return fed_; }

  private:
    std::string run();
    bool perform(const Step& step);

    Budget budget_;
    std::shared_ptr<const Rules> rules_;
    transcript::Log log_;
    std::unique_ptr<Conversation> conversation_;
    std::int64_t now_ = 0;
    std::string heard_;
    std::vector<std::string> segments_;
    std::vector<std::int64_t> waits_;
    std::vector<transcript::Message> messages_;
    std::optional<scenario::CloseHow> closed_how_;
    std::int64_t resume_at_ = -1;
    bool hangs_for_ever_ = false;
    bool hold_waits_ = false;
    bool releases_holds_ = false;
    bool blocked_ = false;
    bool writing_ = false;
    bool full_ = false;
    bool over_ = false;
    bool ended_ = false;  // the client's stream
    bool waits_for_tls_ = false;
    std::uint64_t fed_ = 0;
};

}  // namespace smtprig::server

// An SMTP client that sends whatever it is told, reads replies, and records every octet. It knows
// no state and no rules: misbehaving is its trade.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "conformance/probe/reply_reader.hpp"
#include "conformance/probe/wire.hpp"
#include "fixture/transcript/session.hpp"

namespace smtprig::probe {

enum class Outcome : std::uint8_t {
    reply,
    closed,   // by FIN or RST, before a whole reply came
    silence,  // no whole reply until the deadline
    flood,    // more than any reply may be; the connection was dropped
};

struct Heard {
    Outcome outcome = Outcome::silence;
    Reply reply;          // whole only with Outcome::reply
    std::string partial;  // octets that are no whole reply, as far as they came
};

class Client {
  public:
    Client(std::unique_ptr<Wire> wire, const std::string& id, std::int64_t began);
    ~Client();

    // Nothing happens once the server has closed.
    void send(std::string_view octets, transcript::Secret secret = transcript::Secret::no);
    // The next reply. `timeout` counts from now.
    Heard hear(Microseconds timeout);
    TlsOutcome start_tls(Microseconds timeout);
    void close(HowToClose how = HowToClose::fin);

    bool server_closed() const { return server_closed_; }
    bool tls() const { return tls_; }
    Microseconds now() const { return wire_->now(); }
    // Everything so far; complete after close().
    transcript::Session transcript() const { return log_.snapshot(); }
    static constexpr std::size_t recorded_bound = 4 * 1024 * 1024;

  private:
    void record_server(std::string_view octets);
    void record_lines(transcript::Side side, std::string_view octets);
    void flush_partial();
    void finish(std::string_view by, std::string_view how);

    std::unique_ptr<Wire> wire_;
    transcript::Log log_;
    ReplyReader reader_;
    std::string partial_;  // of the server, not recorded yet
    Microseconds asked_ = 0;
    std::size_t recorded_ = 0;
    std::uint32_t segments_[2] = {0, 0};
    bool tls_ = false;
    bool server_closed_ = false;
    bool finished_ = false;
};

}  // namespace smtprig::probe

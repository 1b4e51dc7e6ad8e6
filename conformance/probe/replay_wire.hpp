// A recording in place of a server: says what the server said, in the same order and at the same
// times, and refuses to be asked anything else. A check that is run over it judges what was
// recorded and nothing more.
#pragma once

#include <cstddef>
#include <vector>

#include "conformance/probe/wire.hpp"
#include "fixture/transcript/session.hpp"

namespace smtprig::probe {

class ReplayWire : public Wire {
  public:
    // `session` must outlive the wire.
    explicit ReplayWire(const transcript::Session& session) : session_(session) {}

    Microseconds now() const override { return now_; }
    // Throws RecordingDiffers.
    void send(std::string_view octets) override;
    Arrival receive(std::string& to, Microseconds deadline) override;
    TlsOutcome start_tls(Microseconds deadline) override;
    void close(HowToClose) override {}
    std::string client_name() const override { return session_.client; }
    std::string server_name() const override { return session_.server; }

  private:
    const transcript::Event* peek();
    void advance();

    const transcript::Session& session_;
    std::size_t next_ = 0;
    std::size_t sent_ = 0;  // octets of the current event of the client that were matched
    std::string arrived_;   // said by the server before something that the probe had to do
    bool closed_ = false;
    Microseconds now_ = 0;
};

// The recorded sessions of one check, one a connection.
class Recording : public Connector {
  public:
    explicit Recording(const std::vector<transcript::Session>& sessions) : sessions_(sessions) {}

    // Throws RecordingDiffers where there are no more.
    Connected connect(Microseconds timeout) override;
    std::int64_t wall_clock() const override;

  private:
    const std::vector<transcript::Session>& sessions_;
    std::size_t next_ = 0;
};

}  // namespace smtprig::probe

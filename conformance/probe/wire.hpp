// What the probe talks through: octets out, octets or a deadline in, and a clock. A wire never
// judges and never parses, so the same check runs over a socket, over a pipe to a server in the
// same thread, and over a recording.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace smtprig::probe {

// Since the wire was opened, monotonic.
using Microseconds = std::int64_t;

enum class Arrival : std::uint8_t {
    octets,
    closed,    // FIN; RST too, since many servers answer late octets with it
    deadline,  // nothing came
};

enum class HowToClose : std::uint8_t {
    fin,
    rst,
    half,  // no more octets will be sent, replies are still read
};

struct TlsOutcome {
    bool established = false;
    std::string version;
    std::string cipher;
    std::string verify;  // "ok" or what is wrong with the certificate; empty where not known
    std::string reason;  // why it failed, as a whole sentence
};

class Wire {
  public:
    virtual ~Wire() = default;

    virtual Microseconds now() const = 0;
    // One segment, as far as the network keeps it together. Octets that arrive meanwhile are read,
    // so that a long write cannot lock both sides up. A server that is gone is seen by receive().
    virtual void send(std::string_view octets) = 0;
    // Waits until octets come, which are appended to `to`, the server closes or the deadline.
    virtual Arrival receive(std::string& to, Microseconds deadline) = 0;
    // What was received in the clear and not read yet is discarded (RFC 3207 section 4.2).
    virtual TlsOutcome start_tls(Microseconds deadline) = 0;
    virtual void close(HowToClose how) = 0;
    // Addresses for the transcript: "127.0.0.1:25", "unix:PATH".
    virtual std::string client_name() const = 0;
    virtual std::string server_name() const = 0;
};

struct Connected {
    std::unique_ptr<Wire> wire;
    std::string problem;  // a whole sentence where there is no wire
};

// Opens wires to one target. Called from several threads at once.
class Connector {
  public:
    virtual ~Connector() = default;
    virtual Connected connect(Microseconds timeout) = 0;
    // Microseconds since 1970-01-01 UTC.
    virtual std::int64_t wall_clock() const = 0;
};

// A recording does not hold what the probe wants to do: other octets, another order, or it ends.
struct RecordingDiffers : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace smtprig::probe

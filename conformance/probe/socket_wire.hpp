// A wire over a socket: TCP or Unix, in the clear, with STARTTLS, or under TLS from the begin. It
// blocks its thread in poll() and nowhere else, so each job of the runner has a thread of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conformance/probe/wire.hpp"
#include "fixture/tls/client_context.hpp"

namespace smtprig::probe {

struct Address {
    std::string host;  // a name or an address; empty for a Unix socket
    std::uint16_t port = 25;
    std::string path;
    bool implicit_tls = false;

    // "127.0.0.1:25", "[::1]:25" or "unix:PATH".
    std::string to_text() const;
};

class SocketConnector : public Connector {
  public:
    // Resolves the name once, so that every check meets the same addresses. `problem` says why it
    // could not.
    static std::optional<SocketConnector> make(Address address, std::string& problem);

    Connected connect(Microseconds timeout) override;
    std::int64_t wall_clock() const override;
    // The address is of this machine or of a private network (RFC 1918, RFC 4193, link-local).
    bool is_private() const;

  private:
    struct Resolved {
        int family = 0;
        std::string octets;  // of the struct sockaddr
    };
    SocketConnector(Address address, std::vector<Resolved> resolved, tls::ClientContext context)
        : address_(std::move(address)),
          resolved_(std::move(resolved)),
          context_(std::move(context)) {}

    Address address_;
    std::vector<Resolved> resolved_;
    tls::ClientContext context_;
};

}  // namespace smtprig::probe

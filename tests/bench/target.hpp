#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace smtprig::bench {

/// Where the server under load listens: a numeric TCP address or the path of a Unix socket.
class Target {
  public:
    /// `host` is a numeric IPv4 or IPv6 address: a resolver has no place in a measurement.
    /// Throws std::invalid_argument when it is not one.
    static Target tcp(const std::string& host, std::uint16_t port);
    /// Throws std::invalid_argument when `path` does not fit into a socket address.
    static Target local(const std::string& path);

    /// Starts to connect; the caller owns the descriptor that is returned. A TCP socket does not
    /// wait for the connection: since an SMTP server speaks first, its greeting (or an error on the
    /// descriptor) is what tells. Read and write with MSG_DONTWAIT. Throws std::system_error.
    int start_connecting() const;

    /// As start_connecting, but waits; -1 when nobody listens there (yet).
    int connect_or_refused() const;

  private:
    sockaddr_storage address_{};
    socklen_t length_ = 0;
};

}  // namespace smtprig::bench

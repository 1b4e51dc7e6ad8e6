#include "tests/bench/target.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace smtprig::bench {

Target Target::tcp(const std::string& host, std::uint16_t port) {
    Target target;
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        std::memcpy(&target.address_, &v4, sizeof v4);
        target.length_ = sizeof v4;
    } else if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        std::memcpy(&target.address_, &v6, sizeof v6);
        target.length_ = sizeof v6;
    } else {
        throw std::invalid_argument("'" + host + "' is not a numeric IPv4 or IPv6 address.");
    }
    return target;
}

Target Target::local(const std::string& path) {
    Target target;
    sockaddr_un address{};
    if (path.empty() || path.size() >= sizeof address.sun_path)
        throw std::invalid_argument("'" + path + "' does not fit into a Unix socket address.");
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    std::memcpy(&target.address_, &address, sizeof address);
    target.length_ = sizeof address;
    return target;
}

int Target::start_connecting() const {
    // A Unix socket has no connection in progress: a full queue would be an error instead of a
    // wait, so that one connects blocking. It is immediate unless the queue is full.
    const bool is_local = address_.ss_family == AF_UNIX;
    const int kind = SOCK_STREAM | SOCK_CLOEXEC | (is_local ? 0 : SOCK_NONBLOCK);
    const int descriptor = ::socket(address_.ss_family, kind, 0);
    if (descriptor < 0)
        throw std::system_error(errno, std::generic_category(), "A socket cannot be made");
    if (!is_local) {
        // The last segment of a large message must not wait for an acknowledgement.
        const int on = 1;
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    const auto* address = reinterpret_cast<const sockaddr*>(&address_);
    if (::connect(descriptor, address, length_) != 0 && errno != EINPROGRESS) {
        const int error = errno;
        ::close(descriptor);
        throw std::system_error(error, std::generic_category(), "The server cannot be reached");
    }
    return descriptor;
}

int Target::connect_or_refused() const {
    const int descriptor = ::socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        throw std::system_error(errno, std::generic_category(), "A socket cannot be made");
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address_), length_) == 0)
        return descriptor;
    const int error = errno;
    ::close(descriptor);
    if (error == ECONNREFUSED || error == ENOENT || error == EINTR) return -1;
    throw std::system_error(error, std::generic_category(), "The server cannot be reached");
}

}  // namespace smtprig::bench

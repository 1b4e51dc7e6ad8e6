#include "conformance/probe/socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace smtprig::probe {
namespace {

constexpr Microseconds write_patience = 60'000'000;

int milliseconds(Microseconds span) {
    if (span <= 0) return 0;
    return static_cast<int>(std::min<Microseconds>((span + 999) / 1000, 3'600'000));
}

}  // namespace

std::int64_t monotonic_microseconds() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

Socket::Socket(int descriptor) : descriptor_(descriptor), begun_(monotonic_microseconds()) {
    ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
    // Each send() is one segment, at once; a Unix socket refuses this, which does no harm.
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Socket::~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Microseconds Socket::now() const {
    return monotonic_microseconds() - begun_;
}

// Reads once, without waiting. False when there was nothing.
bool Socket::take() {
    if (ended_) return false;
    char octets[16384];
    const ssize_t count = ::recv(descriptor_, octets, sizeof octets, 0);
    if (count > 0) {
        inbox_.append(octets, static_cast<std::size_t>(count));
        return true;
    }
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return false;
    ended_ = true;
    return true;
}

void Socket::write(std::string_view octets) {
    Microseconds patience = now() + write_patience;
    while (!octets.empty() && descriptor_ >= 0) {
        const ssize_t count = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (count > 0) {
            octets.remove_prefix(static_cast<std::size_t>(count));
            patience = now() + write_patience;
            continue;
        }
        if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return;
        const bool may_read = !ended_ && inbox_.size() < inbox_bound;
        pollfd poll{descriptor_, static_cast<short>(POLLOUT | (may_read ? POLLIN : 0)), 0};
        if (::poll(&poll, 1, milliseconds(patience - now())) == 0) return;
        if (may_read && (poll.revents & (POLLIN | POLLHUP | POLLERR))) take();
        if (ended_) return;
    }
}

Arrival Socket::read(std::string& to, Microseconds deadline) {
    while (true) {
        if (!inbox_.empty()) {
            to += inbox_;
            inbox_.clear();
            return Arrival::octets;
        }
        if (ended_ || descriptor_ < 0) return Arrival::closed;
        if (take()) continue;
        pollfd poll{descriptor_, POLLIN, 0};
        const Microseconds left = deadline - now();
        if (left <= 0 || ::poll(&poll, 1, milliseconds(left)) == 0) return Arrival::deadline;
    }
}

void Socket::close(HowToClose how) {
    if (descriptor_ < 0) return;
    if (how == HowToClose::half) {
        ::shutdown(descriptor_, SHUT_WR);
        return;
    }
    if (how == HowToClose::rst) {
        const linger at_once{1, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    ::close(descriptor_);
    descriptor_ = -1;
}

std::string Socket::local_name() const {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (descriptor_ < 0 ||
        ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &length) != 0)
        return "unix";
    char text[INET6_ADDRSTRLEN] = "";
    if (address.ss_family == AF_INET) {
        const auto* const four = reinterpret_cast<const sockaddr_in*>(&address);
        ::inet_ntop(AF_INET, &four->sin_addr, text, sizeof text);
        return std::string(text) + ':' + std::to_string(ntohs(four->sin_port));
    }
    if (address.ss_family == AF_INET6) {
        const auto* const six = reinterpret_cast<const sockaddr_in6*>(&address);
        ::inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof text);
        return '[' + std::string(text) + "]:" + std::to_string(ntohs(six->sin6_port));
    }
    return "unix";
}

}  // namespace smtprig::probe

#include "conformance/probe/socket_wire.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "conformance/probe/socket.hpp"

namespace smtprig::probe {
namespace {

class SocketWire : public Wire {
  public:
    SocketWire(int descriptor, std::string server, tls::ClientContext context)
        : socket_(descriptor),
          client_name_(socket_.local_name()),
          server_name_(std::move(server)),
          context_(std::move(context)) {}

    Microseconds now() const override { return socket_.now(); }
    void send(std::string_view octets) override;
    Arrival receive(std::string& to, Microseconds deadline) override;
    TlsOutcome start_tls(Microseconds deadline) override;
    void close(HowToClose how) override;
    std::string client_name() const override { return client_name_; }
    std::string server_name() const override { return server_name_; }

  private:
    void flush() {
        const std::string output = engine_->take_output();
        if (!output.empty()) socket_.write(output);
    }
    Arrival feed(Microseconds deadline);

    Socket socket_;
    std::string client_name_;
    std::string server_name_;
    tls::ClientContext context_;
    std::optional<tls::Engine> engine_;
};

void SocketWire::send(std::string_view octets) {
    if (!engine_) {
        socket_.write(octets);
        return;
    }
    while (!octets.empty()) {
        const std::size_t taken = engine_->write(octets);
        octets.remove_prefix(taken);
        flush();
        if (taken == 0) return;
    }
}

// Hands ciphertext to the engine.
Arrival SocketWire::feed(Microseconds deadline) {
    std::string ciphertext;
    const Arrival arrival = socket_.read(ciphertext, deadline);
    if (arrival == Arrival::octets) {
        std::string_view rest = ciphertext;
        while (!rest.empty()) {
            const std::size_t taken = engine_->receive(rest, now());
            rest.remove_prefix(taken);
            if (taken == 0) break;
        }
    }
    if (arrival == Arrival::closed) engine_->receive_end(now());
    flush();
    return arrival;
}

Arrival SocketWire::receive(std::string& to, Microseconds deadline) {
    if (!engine_) return socket_.read(to, deadline);
    while (true) {
        char plaintext[16384];
        const std::size_t count = engine_->read(plaintext, sizeof plaintext);
        flush();
        if (count > 0) {
            to.append(plaintext, count);
            return Arrival::octets;
        }
        if (!engine_->established()) return Arrival::closed;
        if (feed(deadline) == Arrival::deadline) return Arrival::deadline;
    }
}

TlsOutcome SocketWire::start_tls(Microseconds deadline) {
    TlsOutcome outcome;
    std::string discarded;
    socket_.read(discarded, now());
    engine_.emplace(context_.new_client_engine());
    engine_->start(now());
    flush();
    // A tampering server may have sent plaintext before its ServerHello; it is part of the stream
    // and breaks the handshake here, as it would for any client.
    if (!discarded.empty()) engine_->receive(discarded, now());
    while (engine_->status() == tls::EngineStatus::handshaking) {
        if (feed(deadline) == Arrival::deadline) {
            outcome.reason = "The handshake did not end before the deadline.";
            return outcome;
        }
    }
    const tls::Facts facts = engine_->facts();
    outcome.established = engine_->established();
    outcome.version = facts.version;
    outcome.cipher = facts.cipher;
    outcome.verify = facts.peer_verify_result;
    if (!outcome.established)
        outcome.reason = engine_->failure() ? engine_->failure()->reason
                                            : "The server closed during the handshake.";
    return outcome;
}

void SocketWire::close(HowToClose how) {
    if (engine_ && how != HowToClose::rst) {
        engine_->close_notify(now());
        flush();
    }
    socket_.close(how);
}

int open_socket(int family, const std::string& address, Microseconds timeout,
                std::string& problem) {
    const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) {
        problem = std::string("No socket can be opened: ") + std::strerror(errno) + '.';
        return -1;
    }
    int error = 0;
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(address.data()),
                  static_cast<socklen_t>(address.size())) != 0) {
        error = errno;
        if (error == EINPROGRESS) {
            pollfd poll{descriptor, POLLOUT, 0};
            if (::poll(&poll, 1, static_cast<int>(timeout / 1000)) == 1) {
                socklen_t length = sizeof error;
                ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
            } else {
                error = ETIMEDOUT;
            }
        }
    }
    if (error == 0) return descriptor;
    problem = std::string("The server cannot be reached: ") + std::strerror(error) + '.';
    ::close(descriptor);
    return -1;
}

bool is_private_v4(std::uint32_t address) {
    return address >> 24 == 127 || address >> 24 == 10 || address >> 20 == (172u << 4 | 1) ||
           address >> 16 == (192u << 8 | 168) || address >> 16 == (169u << 8 | 254);
}

}  // namespace

std::string Address::to_text() const {
    if (!path.empty()) return "unix:" + path;
    const bool six = host.find(':') != std::string::npos;
    return (six ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

std::optional<SocketConnector> SocketConnector::make(Address address, std::string& problem) {
    tls::ClientSettings settings;
    settings.server_name = address.host;
    auto context = tls::ClientContext::make(std::move(settings));
    if (!context) {
        problem = context.problem();
        return std::nullopt;
    }
    std::vector<Resolved> resolved;
    if (!address.path.empty()) {
        sockaddr_un unix_address{};
        unix_address.sun_family = AF_UNIX;
        if (address.path.size() >= sizeof unix_address.sun_path) {
            problem = "The path " + address.path + " is too long for a Unix socket.";
            return std::nullopt;
        }
        std::memcpy(unix_address.sun_path, address.path.data(), address.path.size());
        Resolved one;
        one.family = AF_UNIX;
        one.octets.assign(reinterpret_cast<const char*>(&unix_address), sizeof unix_address);
        resolved.push_back(std::move(one));
        return SocketConnector(std::move(address), std::move(resolved), *context);
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error =
        ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
    if (error != 0) {
        problem = "The name " + address.host + " does not resolve: " + ::gai_strerror(error) + '.';
        return std::nullopt;
    }
    for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
        Resolved one;
        one.family = info->ai_family;
        one.octets.assign(reinterpret_cast<const char*>(info->ai_addr), info->ai_addrlen);
        resolved.push_back(std::move(one));
    }
    ::freeaddrinfo(found);
    return SocketConnector(std::move(address), std::move(resolved), *context);
}

Connected SocketConnector::connect(Microseconds timeout) {
    Connected connected;
    for (const Resolved& resolved : resolved_) {
        const int descriptor =
            open_socket(resolved.family, resolved.octets, timeout, connected.problem);
        if (descriptor < 0) continue;
        connected.problem.clear();
        connected.wire = std::make_unique<SocketWire>(descriptor, address_.to_text(), context_);
        break;
    }
    return connected;
}

std::int64_t SocketConnector::wall_clock() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

bool SocketConnector::is_private() const {
    if (resolved_.empty()) return false;
    const Resolved& first = resolved_.front();
    if (first.family == AF_UNIX) return true;
    if (first.family == AF_INET) {
        sockaddr_in four{};
        std::memcpy(&four, first.octets.data(), std::min(sizeof four, first.octets.size()));
        return is_private_v4(ntohl(four.sin_addr.s_addr));
    }
    sockaddr_in6 six{};
    std::memcpy(&six, first.octets.data(), std::min(sizeof six, first.octets.size()));
    const auto* const octets = six.sin6_addr.s6_addr;
    return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr) || (octets[0] & 0xFE) == 0xFC ||
           (octets[0] == 0xFE && (octets[1] & 0xC0) == 0x80);
}

}  // namespace smtprig::probe

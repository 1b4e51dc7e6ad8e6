// A client on a real socket of this machine, that may behave badly. Each wait has a deadline.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "fixture/server/server.hpp"
#include "fixture/tls/client_context.hpp"

namespace smtprig::server {

class Client {
  public:
    explicit Client(const Endpoint& to) : socket_(connect_to(to)) {}
    ~Client() { close(); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    Client(Client&& other) noexcept
        : socket_(other.socket_), heard_(std::move(other.heard_)), tls_(std::move(other.tls_)) {
        other.socket_ = -1;
    }

    bool connected() const { return socket_ >= 0; }
    int socket() const { return socket_; }

    void send(std::string_view octets) {
        if (!tls_) {
            send_raw(octets);
            return;
        }
        while (!octets.empty()) {
            octets.remove_prefix(tls_->write(octets));
            send_raw(tls_->take_output());
        }
    }
    // What was heard up to and including the first reply line that begins with `code` and a space;
    // everything that came, where none does before the end or the deadline.
    std::string hear(std::string_view code) {
        const std::string mark = std::string(code) + ' ';
        std::size_t line = 0;
        for (;;) {
            for (std::size_t end; (end = heard_.find('\n', line)) != std::string::npos;) {
                const bool found = heard_.compare(line, mark.size(), mark) == 0;
                line = end + 1;
                if (!found) continue;
                const std::string said = heard_.substr(0, line);
                heard_.erase(0, line);
                return said;
            }
            if (!receive()) return std::exchange(heard_, {});
        }
    }
    std::string say(std::string_view octets, std::string_view code) {
        send(octets);
        return hear(code);
    }
    // Reads to the end of the stream: "fin", "rst", or "deadline".
    std::string end() {
        while (receive()) continue;
        return ended_;
    }

    bool start_tls(const std::string& name) {
        tls::ClientSettings settings;
        settings.server_name = name;
        tls_.emplace(tls::ClientContext::make(std::move(settings))->new_client_engine());
        tls_->start(0);
        send_raw(tls_->take_output());
        while (!tls_->established() && !tls_->failed())
            if (!receive()) return false;
        return tls_->established();
    }
    void close_notify() {
        tls_->close_notify(0);
        send_raw(tls_->take_output());
    }
    tls::Engine& engine() { return *tls_; }

    void half_close() { ::shutdown(socket_, SHUT_WR); }
    void reset() {
        const struct ::linger hard { 1, 0 };
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }
    void close() {
        if (socket_ >= 0) ::close(socket_);
        socket_ = -1;
    }
    // As much as the socket takes without waiting.
    std::size_t flood(std::string_view octets) {
        const ssize_t count =
            ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        return count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    bool wait_writable(int milliseconds) {
        pollfd wait{socket_, POLLOUT, 0};
        return ::poll(&wait, 1, milliseconds) > 0 && (wait.revents & (POLLERR | POLLHUP)) == 0;
    }

    void send_raw(std::string_view octets) {
        while (!octets.empty()) {
            const ssize_t count = ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
            if (count <= 0) return;
            octets.remove_prefix(static_cast<std::size_t>(count));
        }
    }

  private:
    static int connect_to(const Endpoint& to) {
        union {
            sockaddr any;
            sockaddr_in v4;
            sockaddr_in6 v6;
            sockaddr_un local;
        } address{};
        socklen_t size = 0;
        if (to.is_unix()) {
            address.local.sun_family = AF_UNIX;
            std::strncpy(address.local.sun_path, to.path.c_str(),
                         sizeof address.local.sun_path - 1);
            size = sizeof address.local;
        } else if (to.host.find(':') != std::string::npos) {
            address.v6.sin6_family = AF_INET6;
            address.v6.sin6_port = htons(to.port);
            ::inet_pton(AF_INET6, to.host.c_str(), &address.v6.sin6_addr);
            size = sizeof address.v6;
        } else {
            address.v4.sin_family = AF_INET;
            address.v4.sin_port = htons(to.port);
            ::inet_pton(AF_INET, to.host.c_str(), &address.v4.sin_addr);
            size = sizeof address.v4;
        }
        const int socket = ::socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::connect(socket, &address.any, size) == 0) return socket;
        ::close(socket);
        return -1;
    }

    bool receive() {
        if (!ended_.empty()) return false;
        pollfd wait{socket_, POLLIN, 0};
        if (::poll(&wait, 1, 20'000) <= 0) {
            ended_ = "deadline";
            return false;
        }
        char octets[16384];
        const ssize_t count = ::recv(socket_, octets, sizeof octets, 0);
        if (count <= 0) {
            ended_ = count == 0 ? "fin" : "rst";
            return false;
        }
        const std::string_view piece(octets, static_cast<std::size_t>(count));
        if (!tls_) {
            heard_ += piece;
            return true;
        }
        tls_->receive(piece, 0);
        char plain[16384];
        while (const std::size_t size = tls_->read(plain, sizeof plain)) heard_.append(plain, size);
        send_raw(tls_->take_output());
        return true;
    }

    int socket_;
    std::string heard_;
    std::string ended_;
    std::optional<tls::Engine> tls_;
};

}  // namespace smtprig::server

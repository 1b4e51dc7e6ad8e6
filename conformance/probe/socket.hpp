// A non-blocking stream socket with deadlines: octets both ways, nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conformance/probe/wire.hpp"

namespace smtprig::probe {

class Socket {
  public:
    // Takes the descriptor over.
    explicit Socket(int descriptor);
    ~Socket();
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    Microseconds now() const;
    // Writes all of it, reading into the inbox meanwhile; gives up once the server is gone, or when
    // it has taken nothing for a minute.
    void write(std::string_view octets);
    // Something to read, or the end, by the deadline. Octets are appended to `to`.
    Arrival read(std::string& to, Microseconds deadline);
    void close(HowToClose how);

    std::string local_name() const;
    // What may wait to be read before reading stops.
    static constexpr std::size_t inbox_bound = 1024 * 1024;

  private:
    bool take();

    int descriptor_;
    std::int64_t begun_;
    std::string inbox_;
    bool ended_ = false;
};

std::int64_t monotonic_microseconds();

}  // namespace smtprig::probe

// Replies as servers really send them: cut from octets, kept as they came, bounded whatever comes.
// What is wrong with them is for the checks to say (RFC 5321 section 4.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fixture/smtp/line.hpp"
#include "fixture/smtp/reply.hpp"

namespace smtprig::probe {

struct Reply {
    std::uint16_t code = 0;          // 0: the first line does not begin with three digits
    std::vector<std::string> lines;  // as they came, endings included
    std::int64_t asked = 0;          // when the last octets were sent before it
    std::int64_t came = 0;           // when its last line was read

    bool positive() const { return code / 100 == 2; }
    // Of line `i`: what stands behind the code and the separator.
    std::string_view text(std::size_t i) const;
    std::string_view text() const { return lines.empty() ? std::string_view() : text(0); }
    std::optional<smtp::EnhancedStatusCode> enhanced() const;
    std::string wire() const;
};

struct ReplyBounds {
    std::size_t line = 8192;          // octets; RFC 5321 section 4.5.3.1.5 allows 512
    std::size_t lines = 1024;         // of one reply
    std::size_t unread = 512 * 1024;  // octets that wait to be read
};

// A reply ends at the first line that is not of the form "250-…". A line without three digits at
// its front is a reply of its own with code 0. Bare LF ends a line, as a person would read it.
class ReplyReader {
  public:
    explicit ReplyReader(ReplyBounds bounds = {});

    void receive(std::string_view octets);
    std::optional<Reply> next();
    // The server sends more than a bound allows: no reply comes any more.
    bool flooded() const { return flooded_; }
    // Octets that belong to no whole reply yet.
    std::string_view rest() const { return reader_.rest(); }
    bool inside_reply() const { return !reply_.lines.empty() || !rest().empty(); }
    void clear();

  private:
    ReplyBounds bounds_;
    smtp::LineReader reader_;
    Reply reply_;
    bool flooded_ = false;
};

// The code at the front of a line, 0 where there are no three digits.
std::uint16_t code_of(std::string_view line);

}  // namespace smtprig::probe

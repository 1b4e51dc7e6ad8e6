#pragma once

#include <string>
#include <string_view>

namespace smtprig::bench {

/// Reads SMTP replies (RFC 5321 section 4.2) from octets that arrive in any pieces. It is written
/// apart from the fixture's parser on purpose: the load generator judges the fixture.
class ReplyReader {
  public:
    enum class Result { Incomplete, Complete, Malformed };

    /// Takes octets from the front of `input` up to the end of one reply and says whether that
    /// reply is complete. A line of more than 4,096 octets, a line without a code, and a code that
    /// changes within a multiline reply are malformed.
    Result take(std::string_view& input);

    /// Of the reply that take() completed.
    int code() const { return code_; }
    /// The last line that was read, without its CRLF; also of a malformed reply.
    const std::string& last_line() const { return line_; }

    /// Forgets everything, for a new session.
    void reset();

  private:
    std::string line_;
    int code_ = 0;
    bool line_done_ = false;
    bool continued_ = false;
};

}  // namespace smtprig::bench

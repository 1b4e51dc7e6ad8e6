#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace smtprig::bench {

enum class LeadingDots { None, EveryTwentiethLine };

/// Mail data of an exact size: a header section with Date, From, To, Subject and Message-ID, an
/// empty line, and text in lines of 76 octets that end with CRLF. The header section is made anew
/// for each message (its Message-ID counts); the text is one buffer that all messages share, so
/// that the load generator copies nothing for a large message.
class Mail {
  public:
    /// `size` counts octets before transparency and without the end of mail data. Throws
    /// std::invalid_argument when it is too small for the header section.
    Mail(std::size_t size, LeadingDots dots);

    /// A header section to number and send; each client has its own.
    const std::string& header() const { return header_; }
    /// Writes `serial` into the Message-ID of a copy of header().
    void number(std::string& header, std::uint64_t serial) const;
    /// The text, with transparency (RFC 5321 section 4.5.2), and the end of mail data.
    std::string_view text() const { return text_; }
    /// What one message puts on the wire, the end of mail data included.
    std::size_t wire_size() const { return header_.size() + text_.size(); }

  private:
    std::string header_;
    std::size_t serial_at_ = 0;
    std::string text_;
};

}  // namespace smtprig::bench

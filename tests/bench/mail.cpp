#include "tests/bench/mail.hpp"

#include <algorithm>
#include <ctime>
#include <stdexcept>

namespace smtprig::bench {
namespace {

constexpr std::size_t kSerialDigits = 12;
constexpr std::size_t kLineOctets = 76;
constexpr std::string_view kWords =
    "a message of the load generator, whose text says nothing but has the length of real mail; ";

std::string date_now() {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[64];
    const std::size_t length =
        std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &utc);
    return std::string(text, length);
}

}  // namespace

Mail::Mail(std::size_t size, LeadingDots dots) {
    header_ = "Date: " + date_now() +
              "\r\nFrom: Sender <sender@client.example>"
              "\r\nTo: Recipient <recipient@server.example>"
              "\r\nSubject: A message of the load generator"
              "\r\nMessage-ID: <load-";
    serial_at_ = header_.size();
    header_.append(kSerialDigits, '0').append("@client.example>\r\n\r\n");
    if (size < header_.size() || size == header_.size() + 1)
        throw std::invalid_argument("A message needs at least " +
                                    std::to_string(header_.size() + 2) + " octets.");

    std::size_t left = size - header_.size();
    text_.reserve(left + left / (20 * kLineOctets) + 8);
    for (std::size_t line = 1, word = 0; left > 0; ++line) {
        std::size_t octets = std::min(left, kLineOctets);
        if (left - octets == 1) --octets;  // the last line needs room for its CRLF
        left -= octets;
        std::size_t characters = octets - 2;
        if (dots == LeadingDots::EveryTwentiethLine && line % 20 == 0 && characters > 0) {
            text_.append("..");
            --characters;
        }
        for (; characters > 0; --characters) text_.push_back(kWords[word++ % kWords.size()]);
        text_.append("\r\n");
    }
    text_.append(".\r\n");
}

void Mail::number(std::string& header, std::uint64_t serial) const {
    for (std::size_t digit = kSerialDigits; digit-- > 0; serial /= 10)
        header[serial_at_ + digit] = static_cast<char>('0' + serial % 10);
}

}  // namespace smtprig::bench

#include "conformance/probe/reply_reader.hpp"

#include "fixture/smtp/character.hpp"

namespace smtprig::probe {

std::uint16_t code_of(std::string_view line) {
    if (line.size() < 3) return 0;
    unsigned code = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        if (!smtp::is_digit(line[i])) return 0;
        code = code * 10 + static_cast<unsigned>(line[i] - '0');
    }
    return static_cast<std::uint16_t>(code);
}

std::string_view Reply::text(std::size_t i) const {
    std::string_view line = lines[i];
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    if (code_of(line) == 0) return line;
    return line.size() < 4 ? std::string_view() : line.substr(4);
}

std::optional<smtp::EnhancedStatusCode> Reply::enhanced() const {
    return smtp::enhanced_status_code_of(text());
}

std::string Reply::wire() const {
    std::string wire;
    for (const std::string& line : lines) wire += line;
    return wire;
}

ReplyReader::ReplyReader(ReplyBounds bounds)
    : bounds_(bounds), reader_(bounds.line, smtp::BareLf::ends_line) {}

void ReplyReader::receive(std::string_view octets) {
    if (flooded_) return;
    if (octets.size() > bounds_.unread || reader_.rest().size() > bounds_.unread - octets.size()) {
        flooded_ = true;
        return;
    }
    reader_.receive(octets);
}

std::optional<Reply> ReplyReader::next() {
    while (!flooded_) {
        const auto line = reader_.next();
        if (!line) return std::nullopt;
        // A piece of a line above the bound: nothing sensible can follow.
        if (line->ending == smtp::LineEnding::none || line->continues ||
            reply_.lines.size() >= bounds_.lines) {
            flooded_ = true;
            break;
        }
        const std::uint16_t code = code_of(line->text);
        if (reply_.lines.empty()) reply_.code = code;
        reply_.lines.emplace_back(line->octets);
        if (code != 0 && line->text.size() > 3 && line->text[3] == '-') continue;
        Reply reply = std::move(reply_);
        reply_ = Reply();
        return reply;
    }
    return std::nullopt;
}

void ReplyReader::clear() {
    reader_.clear();
    reply_ = Reply();
}

}  // namespace smtprig::probe

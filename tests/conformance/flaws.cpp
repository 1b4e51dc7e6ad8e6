#include "tests/conformance/flaws.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace smtprig::conformance {
namespace {

constexpr std::array<std::string_view, 13> names{
    "",
    "early-input-lost",   // what comes before the greeting was read
    "octet-lost",         // a segment that is this one octet
    "long-line-split",    // a line of so many octets is two
    "idle-limit",         // a minute behind this command
    "one-session",        // a second one is not served: always, or while mail data comes (data)
    "lost-behind-end",    // this command in the same segment as the end of mail data
    "lost-behind-error",  // what follows RCPT TO:<@> in the same segment
    "replies-swapped",    // the first two replies that come together
    "burst-lost",         // what is behind 8192 octets of RSET
    "holds",              // replies to several commands, the last of which is this one
    "greets-again",       // under TLS
    "plaintext-kept",     // what came in the clear behind STARTTLS
};

std::string last_line(std::string_view segment) {
    const std::size_t end = segment.size() < 2 ? 0 : segment.size() - 2;
    const std::size_t before = segment.substr(0, end).rfind("\r\n");
    return std::string(before == std::string_view::npos ? segment : segment.substr(before + 2));
}

bool begins(std::string_view text, std::string_view with) {
    return text.substr(0, with.size()) == with;
}

}  // namespace

Flaw::Flaw(const std::string& text)
    : name_(text.substr(0, text.find(':'))),
      value_(text.find(':') == std::string::npos ? "" : text.substr(text.find(':') + 1)) {
    if (std::find(names.begin(), names.end(), name_) == names.end())
        throw std::runtime_error("There is no switch " + name_ + ".");
}

std::vector<std::string> Flaw::arriving(std::string_view segment) {
    last_ = segment;
    std::string octets(segment);
    if (is("early-input-lost") && !reading_) return {};
    if (is("octet-lost") && octets == value_) return {};
    if (is("long-line-split")) {
        const std::size_t most = std::stoul(value_);
        if (octets.size() >= most && begins(octets, "XLONG"))
            octets.insert(octets.size() / 2, "\r\n");
    }
    const std::size_t end = octets.find("\r\n.\r\n");
    if (is("lost-behind-end") && end != std::string::npos &&
        begins(std::string_view(octets).substr(end + 5), value_))
        octets.resize(end + 5);
    const std::size_t error = octets.find("RCPT TO:<@>\r\n");
    if (is("lost-behind-error") && error != std::string::npos) octets.resize(error + 13);
    if (is("burst-lost") && octets.size() > 8192 && begins(octets, "RSET")) octets.resize(8190);
    if (is("plaintext-kept") && begins(octets, "STARTTLS\r\n") && octets.size() > 10) {
        kept_ = octets.substr(10);
        octets.resize(10);
    }
    return {octets};
}

std::string Flaw::heard(std::string octets) const {
    if (!is("replies-swapped")) return octets;
    const std::size_t first = octets.find("\r\n");
    if (first == std::string::npos || octets.size() < 5 || octets[3] == '-') return octets;
    const std::size_t second = octets.find("\r\n", first + 2);
    if (second == std::string::npos) return octets;
    // From the end, so that a refusal in the middle changes its place as well.
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < octets.size();) {
        const std::size_t line = octets.find("\r\n", begin);
        lines.push_back(octets.substr(begin, line + 2 - begin));
        begin = line + 2;
    }
    std::reverse(lines.begin(), lines.end());
    std::string all;
    for (const std::string& line : lines) all += line;
    return all;
}

bool Flaw::holds() const {
    return is("holds") && last_.find("\r\n") + 2 < last_.size() && begins(last_line(last_), value_);
}

bool Flaw::gives_up() const {
    return is("idle-limit") && begins(last_, value_);
}

std::string Flaw::take_kept() {
    return std::exchange(kept_, "");
}

std::string Flaw::said_under_tls() const {
    return is("greets-again") ? "220 mx.server.example again\r\n" : "";
}

bool Flaw::excludes(bool other_in_mail_data) const {
    return is("one-session") && (value_ == "always" || other_in_mail_data);
}

}  // namespace smtprig::conformance

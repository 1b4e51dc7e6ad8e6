#include "conformance/check/answer.hpp"

#include "conformance/check/probe.hpp"
#include "fixture/smtp/character.hpp"
#include "fixture/transcript/printable.hpp"

namespace smtprig::conformance {
namespace {

bool contains_any(const std::string& text, std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words)
        if (text.find(word) != std::string::npos) return true;
    return false;
}

}  // namespace

std::string shown(const probe::Reply& reply) {
    std::string text;
    for (const std::string& line : reply.lines) {
        if (!text.empty()) text += " / ";
        if (text.size() > 300) return text + "…";
        transcript::append_escaped_line(text, line);
    }
    return text;
}

std::string Answer::text() const {
    std::string text;
    switch (heard_.outcome) {
        case probe::Outcome::reply:
            return shown(heard_.reply);
        case probe::Outcome::closed:
            text = "the server closed";
            break;
        case probe::Outcome::silence:
            text = "no reply within " + std::to_string(probe_->reply_timeout() / 1'000'000) + " s";
            break;
        case probe::Outcome::flood:
            return "more octets than any reply may have";
    }
    if (!heard_.partial.empty()) {
        text += " after the octets \"";
        transcript::append_escaped(text, std::string_view(heard_.partial).substr(0, 100));
        text += '"';
    }
    return text;
}

bool Answer::matches(const Matcher& matcher) const {
    return matcher.matches(*this);
}

const Answer& Answer::server_replies(const Matcher& wanted) const {
    probe_->judge(*this, wanted, nullptr);
    return *this;
}

const Answer& Answer::server_replies(const Matcher& wanted, const Matcher& tolerated) const {
    probe_->judge(*this, wanted, &tolerated);
    return *this;
}

const Answer& Answer::never(const Matcher& unwanted) const {
    if (unwanted.matches(*this)) probe_->fails("anything but " + unwanted.description(), text());
    return *this;
}

Matcher operator||(const Matcher& a, const Matcher& b) {
    return {[a, b](const Answer& answer) { return a.matches(answer) || b.matches(answer); },
            a.description() + " or " + b.description()};
}

Matcher with_code(std::uint16_t code) {
    return {[code](const Answer& answer) { return answer.code() == code; },
            "the reply " + std::to_string(code)};
}

Matcher with_code(std::initializer_list<std::uint16_t> codes) {
    std::string list;
    for (const std::uint16_t code : codes)
        list += (list.empty() ? "the reply " : " or ") + std::to_string(code);
    return {[all = std::vector<std::uint16_t>(codes)](const Answer& answer) {
                for (const std::uint16_t code : all)
                    if (answer.code() == code) return true;
                return false;
            },
            list};
}

Matcher positively() {
    return {[](const Answer& answer) { return answer.positive(); }, "a positive reply (2yz)"};
}

Matcher with_refusal() {
    return {[](const Answer& answer) { return answer.refused(); }, "a refusal (4yz or 5yz)"};
}

Matcher with_permanent_refusal() {
    return {[](const Answer& answer) { return answer.code() / 100 == 5; },
            "a permanent refusal (5yz)"};
}

Matcher by_closing() {
    return {[](const Answer& answer) {
                return answer.closed() || answer.code() == 421 || answer.code() == 521;
            },
            "the end of the session"};
}

Matcher with_anything() {
    return {[](const Answer& answer) { return answer.replied(); }, "any reply"};
}

Matcher with_syntax_error() {
    return {[](const Answer& answer) {
                const auto enhanced = answer.replied() ? answer.reply().enhanced() : std::nullopt;
                switch (answer.code()) {
                    case 500:
                    case 501:
                    case 504:
                    case 555:
                        return true;
                    case 550:
                    case 553:
                        return enhanced && (enhanced->subject == 5 ||
                                            (enhanced->subject == 1 &&
                                             (enhanced->detail == 3 || enhanced->detail == 7)));
                    default:
                        return false;
                }
            },
            "a syntax error (500, 501, 504, 555)"};
}

std::string policy_in(const Answer& answer) {
    if (!answer.replied()) return "";
    const std::uint16_t code = answer.code();
    const auto enhanced = answer.reply().enhanced();
    if (code == 421) return "The server ended the session with 421.";
    if (code == 521) return "The server does not accept mail here (521).";
    if (code == 530 || code == 538) return "The server asks for authentication or TLS first.";
    if (code == 571 || (enhanced && enhanced->subject == 7))
        return "The server refused by its policy (x.7.x).";
    const bool envelope =
        answer.verb() == "MAIL" || answer.verb() == "RCPT" || answer.verb() == "end of mail data";
    if (envelope && (code == 450 || code == 451 || code == 452))
        return "The server put the transaction off (greylisting, verification or a limit).";
    if (answer.verb() == "MAIL" && enhanced && enhanced->subject == 1 && enhanced->detail == 8)
        return "The server does not accept the domain of the sender; --from names another.";
    if (answer.refused() &&
        contains_any(smtp::lower_case(answer.reply().wire()),
                     {"blocked", "blacklist", "blocklist", "spamhaus", "dnsbl", "reputation"}))
        return "The server refuses this client by a list.";
    return "";
}

}  // namespace smtprig::conformance

#include "conformance/rfc2034/rfc2034.hpp"

#include "conformance/check/probe.hpp"
#include "fixture/smtp/character.hpp"

namespace smtprig::conformance {
namespace {

// Replies that carry enhanced status codes: all but 3yz, the greeting, and those to EHLO and HELO.
bool carries(const Exchange& exchange) {
    const std::uint16_t severity = exchange.reply.code / 100;
    return (severity == 2 || severity == 4 || severity == 5) && exchange.verb != "greeting" &&
           exchange.verb != "EHLO" && exchange.verb != "HELO" && !exchange.verb.empty() &&
           find(exchange.extensions, "ENHANCEDSTATUSCODES") != nullptr;
}

// What stands in the place of an enhanced status code, whether it is one or not.
std::string_view first_word(std::string_view text) {
    return text.substr(0, text.find(' '));
}

bool looks_like_one(std::string_view word) {
    std::size_t dots = 0;
    for (const char c : word) {
        if (c == '.')
            ++dots;
        else if (!smtp::is_digit(c))
            return false;
    }
    return dots == 2 && !word.empty() && smtp::is_digit(word.front());
}

bool offered(const Exchange& exchange) {
    return find(exchange.extensions, "ENHANCEDSTATUSCODES") != nullptr;
}

Section enhanced_status_codes() {
    Section section("rfc2034", "4", "The Enhanced-Status-Codes Service Extension");

    section
        .every_reply(Level::grammar, "replies-carry-enhanced-codes",
                     "Where ENHANCEDSTATUSCODES is offered, each reply of 2yz, 4yz and 5yz but the "
                     "greeting and those to EHLO and HELO begins with an enhanced status code.",
                     [](const Exchange& exchange) {
                         Remark remark;
                         remark.concerned = carries(exchange);
                         if (remark.concerned && !exchange.reply.enhanced())
                             remark.complaint =
                                 "The reply to " + exchange.verb + " has no enhanced status code.";
                         return remark;
                     })
        .row("2034/4-1");

    section
        .every_reply(Level::grammar, "class-is-the-first-digit",
                     "The class of an enhanced status code is the first digit of the reply code.",
                     [](const Exchange& exchange) {
                         Remark remark;
                         const auto enhanced = exchange.reply.enhanced();
                         remark.concerned = carries(exchange) && enhanced;
                         if (remark.concerned && enhanced->class_ != exchange.reply.code / 100)
                             remark.complaint =
                                 "The class of the enhanced status code is not that of the reply.";
                         return remark;
                     })
        .row("2034/4-2");

    section
        .every_reply(
            Level::grammar, "one-code-on-all-lines",
            "The lines of a multiline reply have the same enhanced status code.",
            [](const Exchange& exchange) {
                Remark remark;
                const auto enhanced = exchange.reply.enhanced();
                remark.concerned = carries(exchange) && enhanced && exchange.reply.lines.size() > 1;
                for (std::size_t i = 0; remark.concerned && i < exchange.reply.lines.size(); ++i)
                    if (smtp::enhanced_status_code_of(exchange.reply.text(i)) != enhanced)
                        remark.complaint =
                            "A line of the reply has another enhanced status code, or "
                            "none.";
                return remark;
            })
        .row("2034/4-3");

    section
        .every_reply(Level::grammar, "greeting-and-ehlo-have-none",
                     "The greeting and the replies to EHLO and HELO have no enhanced status code.",
                     [](const Exchange& exchange) {
                         Remark remark;
                         remark.concerned = exchange.reply.positive() &&
                                            (exchange.verb == "greeting" ||
                                             exchange.verb == "EHLO" || exchange.verb == "HELO");
                         remark.lenient = true;
                         if (remark.concerned && exchange.reply.enhanced())
                             remark.complaint = "It begins with an enhanced status code.";
                         return remark;
                     })
        .row("2034/4-5");

    section
        .every_reply(
            Level::grammar, "codes-have-the-form",
            "An enhanced status code is 2, 4 or 5 and two numbers of at most three digits "
            "without leading zeros (RFC 3463 section 2).",
            [](const Exchange& exchange) {
                Remark remark;
                const std::string_view word = first_word(exchange.reply.text());
                remark.concerned = offered(exchange) && carries(exchange) && looks_like_one(word);
                if (remark.concerned && !exchange.reply.enhanced())
                    remark.complaint = "\"" + std::string(word) + "\" is no enhanced status code.";
                return remark;
            })
        .row("3463/3-1");
    return section;
}

}  // namespace

void add_rfc2034(std::vector<Section>& sections) {
    sections.push_back(enhanced_status_codes());
}

}  // namespace smtprig::conformance

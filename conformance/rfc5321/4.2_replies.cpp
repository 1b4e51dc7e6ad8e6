#include "conformance/rfc5321/sections.hpp"

#include <algorithm>
#include <iterator>

#include "conformance/check/probe.hpp"
#include "fixture/smtp/character.hpp"
#include "fixture/smtp/path.hpp"

namespace smtprig::conformance::rfc5321 {
namespace {

// What stands on a line without its ending.
std::string_view content(const std::string& line) {
    std::string_view text = line;
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

// Codes of RFC 5321 and of the extensions of the registry.
constexpr std::uint16_t defined_codes[] = {211, 214, 220, 221, 235, 250, 251, 252, 253, 334, 354,
                                           421, 422, 430, 432, 450, 451, 452, 454, 455, 458, 459,
                                           500, 501, 502, 503, 504, 521, 523, 524, 525, 530, 533,
                                           534, 535, 538, 550, 551, 552, 553, 554, 555, 556};

struct Allowed {
    std::string_view verb;
    std::vector<std::uint16_t> codes;
};

// RFC 5321 section 4.3.2, with what RFC 3207, RFC 4954, RFC 3461 and RFC 6531 add. 421, 500, 501,
// 530 and 554 may be said to any command.
const std::vector<Allowed>& allowed() {
    static const std::vector<Allowed> table{
        {"greeting", {220, 521}},
        {"EHLO", {250, 504, 550, 502}},
        {"HELO", {250, 504, 550, 502}},
        {"MAIL", {250, 451, 452, 455, 503, 550, 552, 553, 555, 450}},
        {"RCPT", {250, 251, 450, 451, 452, 455, 503, 550, 551, 552, 553, 555}},
        {"DATA", {354, 451, 503}},
        {"end of mail data", {250, 450, 451, 452, 550, 552}},
        {"RSET", {250}},
        {"VRFY", {250, 251, 252, 450, 502, 504, 550, 551, 553}},
        {"EXPN", {250, 252, 502, 504, 550}},
        {"HELP", {211, 214, 502, 504}},
        {"NOOP", {250}},
        {"QUIT", {221}},
        {"STARTTLS", {220, 454, 502, 503}},
    };
    return table;
}

Remark on_lines(const Exchange& exchange, bool (*wrong)(std::string_view line, bool last),
                const char* complaint) {
    Remark remark;
    remark.concerned = true;
    for (std::size_t i = 0; i < exchange.reply.lines.size(); ++i)
        if (wrong(content(exchange.reply.lines[i]), i + 1 == exchange.reply.lines.size()))
            remark.complaint = complaint;
    return remark;
}

}  // namespace

Section replies() {
    Section section("rfc5321", "4.2", "SMTP Replies");

    section
        .every_reply(Level::grammar, "replies-have-the-form",
                     "A line of a reply is three digits, a space or a hyphen, and text.",
                     [](const Exchange& exchange) {
                         return on_lines(
                             exchange,
                             [](std::string_view line, bool) {
                                 return probe::code_of(line) == 0 ||
                                        (line.size() > 3 && line[3] != ' ' && line[3] != '-');
                             },
                             "A line of a reply does not begin with three digits and a separator.");
                     })
        .row("5321/4.2-3")
        .impact(Impact::medium);

    section
        .every_reply(Level::must_not, "first-digit-is-2-to-5",
                     "The first digit of a reply code is 2, 3, 4 or 5.",
                     [](const Exchange& exchange) {
                         return on_lines(
                             exchange,
                             [](std::string_view line, bool) {
                                 return probe::code_of(line) != 0 &&
                                        (line[0] < '2' || line[0] > '5');
                             },
                             "A reply code begins with a digit that SMTP does not have.");
                     })
        .row("5321/4.2-4")
        .impact(Impact::medium);

    section
        .every_reply(Level::grammar, "second-digit-is-0-to-5",
                     "The second digit of a reply code is 0 to 5.",
                     [](const Exchange& exchange) {
                         Remark remark = on_lines(
                             exchange,
                             [](std::string_view line, bool) {
                                 return probe::code_of(line) != 0 && line[1] > '5';
                             },
                             "The second digit of a reply code is above 5.");
                         remark.lenient = true;  // 571 is old practice and harms nobody
                         return remark;
                     })
        .row("5321/4.2-5");

    section
        .every_reply(Level::grammar, "codes-have-three-digits",
                     "A reply code has exactly three digits.",
                     [](const Exchange& exchange) {
                         return on_lines(
                             exchange,
                             [](std::string_view line, bool) {
                                 return line.size() > 3 && probe::code_of(line) != 0 &&
                                        smtp::is_digit(line[3]);
                             },
                             "A fourth digit follows the reply code.");
                     })
        .row("5321/4.3.2-1")
        .impact(Impact::medium);

    section
        .every_reply(Level::must, "one-code-in-multiline-replies",
                     "Every line of a multiline reply has the same code.",
                     [](const Exchange& exchange) {
                         Remark remark;
                         remark.concerned = exchange.reply.lines.size() > 1;
                         for (const std::string& line : exchange.reply.lines)
                             if (probe::code_of(line) != exchange.reply.code)
                                 remark.complaint = "The lines of a reply have different codes.";
                         return remark;
                     })
        .row("5321/4.2.1-1")
        .impact(Impact::medium);

    section
        .must("last-line-has-a-space",
              "All lines of a reply but the last have a hyphen behind the code, the last a space.",
              [](Probe& client) {
                  // A space too early looks like a second reply, a hyphen on the last line like one
                  // that never ends.
                  client.given_greeting();
                  for (const std::string& line : {client.ehlo(), std::string("HELP")}) {
                      const Answer answer = client.sends(line);
                      if (answer.silent() && !answer.partial().empty())
                          client.falls_short("a last line with a space", answer.text());
                      if (!answer.replied()) client.is_inconclusive(answer.text() + '.', true);
                      const Answer more = client.reads_within(client.silence_window());
                      if (more.replied())
                          client.falls_short("nothing behind the line with a space", more.text());
                  }
              })
        .row("5321/4.2.1-2")
        .impact(Impact::medium);

    section
        .every_reply(Level::should_not, "replies-have-text",
                     "A reply has text behind its code, or at least the space.",
                     [](const Exchange& exchange) {
                         return on_lines(
                             exchange,
                             [](std::string_view line, bool) {
                                 return line.size() == 3 && probe::code_of(line) != 0;
                             },
                             "A reply is a code and nothing else.");
                     })
        .row("5321/4.2-6");

    section
        .every_reply(Level::grammar, "reply-lines-are-short",
                     "A line of a reply has at most 512 octets, CRLF included.",
                     [](const Exchange& exchange) {
                         Remark remark;
                         remark.concerned = true;
                         for (const std::string& line : exchange.reply.lines)
                             if (line.size() > 512)
                                 remark.complaint = "A line of a reply has " +
                                                    std::to_string(line.size()) + " octets.";
                         return remark;
                     })
        .row("5321/4.5.3.1.5-1");

    section
        .every_reply(Level::grammar, "reply-text-is-printable",
                     "The text of a reply is printable ASCII with spaces and tabs.",
                     [](const Exchange& exchange) {
                         return on_lines(
                             exchange,
                             [](std::string_view line, bool) {
                                 for (const char c : line)
                                     if (!smtp::is_printable(c) && c != '\t') return true;
                                 return false;
                             },
                             "The text of a reply has an octet that is not printable ASCII.");
                     })
        .row("5321/4.2-7");

    section
        .must("one-reply-a-command", "Every command gets exactly one reply.",
              [](Probe& client) {
                  // One unknown, one with a bad argument, and ordinary ones between them.
                  client.given_hello();
                  for (const std::string& line :
                       {std::string("NOOP"), std::string("XNONE"), std::string("RSET"),
                        std::string("MAIL FROM:<a@>"), std::string("VRFY postmaster")}) {
                      const Answer answer = client.sends(line);
                      if (answer.closed())
                          client.is_inconclusive("The server closed behind " + line + '.', true);
                      if (!answer.replied())
                          client.falls_short("a reply to " + line, answer.text());
                  }
                  const std::size_t surplus = client.surplus_replies();
                  if (surplus != 0)
                      client.falls_short("one reply a command",
                                         std::to_string(surplus) + " more than commands");
              })
        .row("5321/4.2-8")
        .impact(Impact::medium);

    section
        .every_reply(Level::should, "codes-are-defined",
                     "Reply codes are those of RFC 5321 and of registered extensions.",
                     [](const Exchange& exchange) {
                         Remark remark;
                         remark.concerned = exchange.reply.code != 0;
                         const auto* const end = std::end(defined_codes);
                         if (remark.concerned &&
                             std::find(std::begin(defined_codes), end, exchange.reply.code) == end)
                             remark.complaint = "The reply code " +
                                                std::to_string(exchange.reply.code) +
                                                " is not defined.";
                         return remark;
                     })
        .row("5321/4.2-9");

    section
        .every_reply(
            Level::should, "codes-fit-the-command",
            "A reply code is one of those that RFC 5321 section 4.3.2 lists for the command.",
            [](const Exchange& exchange) {
                Remark remark;
                const std::uint16_t code = exchange.reply.code;
                for (const Allowed& one : allowed()) {
                    if (one.verb != exchange.verb || code == 0) continue;
                    remark.concerned = true;
                    const bool generic = code == 421 || code == 500 || code == 501 || code == 530 ||
                                         code == 554 || code == 503;
                    if (!generic &&
                        std::find(one.codes.begin(), one.codes.end(), code) == one.codes.end())
                        remark.complaint = "The reply " + std::to_string(code) +
                                           " is none of those for " + exchange.verb + '.';
                }
                return remark;
            })
        .row("5321/4.3.2-2");

    section
        .every_reply(Level::information, "221-and-421-begin-with-domain",
                     "The text of 221 and 421 begins with the domain of the server.",
                     [](const Exchange& exchange) {
                         Remark remark;
                         const std::uint16_t code = exchange.reply.code;
                         remark.concerned = code == 221 || code == 421;
                         if (!remark.concerned) return remark;
                         std::string_view text = exchange.reply.text();
                         if (exchange.reply.enhanced() && text.find(' ') != std::string_view::npos)
                             text.remove_prefix(text.find(' ') + 1);
                         if (!smtp::is_domain(text.substr(0, text.find(' '))))
                             remark.complaint = "The text does not begin with a domain.";
                         return remark;
                     })
        .row("5321/4.2.2-1");

    section
        .grammar("greeting-begins-with-domain", "The greeting says the domain of the server first.",
                 [](Probe& client) {
                     client.given_connection();
                     const Answer answer = client.reads_within(client.settings().patience);
                     if (answer.code() != 220) client.is_inconclusive("The greeting was not 220.");
                     const std::string_view text = answer.reply().text();
                     const std::string_view word = text.substr(0, text.find(' '));
                     if (!smtp::is_domain(word) && (word.empty() || word.front() != '['))
                         client.is_non_strict("a domain or an address literal first",
                                              answer.text());
                 })
        .row("5321/4.2-1")
        .risk(0);

    section
        .grammar("greeting-lines-are-all-220",
                 "A greeting of several lines has 220 on each of them.",
                 [](Probe& client) {
                     client.given_connection();
                     const Answer answer = client.reads_within(client.settings().patience);
                     if (answer.code() != 220) client.is_inconclusive("The greeting was not 220.");
                     for (const std::string& line : answer.reply().lines)
                         if (probe::code_of(line) != 220)
                             client.falls_short("220 on every line", answer.text());
                 })
        .row("5321/4.2-2")
        .risk(0);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

#include "conformance/rfc5321/sections.hpp"

#include <algorithm>

#include "conformance/check/probe.hpp"
#include "fixture/smtp/character.hpp"
#include "fixture/smtp/path.hpp"

namespace smtprig::conformance::rfc5321 {
namespace {

bool is_keyword(std::string_view word) {
    if (word.empty() || !smtp::is_letter_or_digit(word[0])) return false;
    for (const char c : word)
        if (!smtp::is_letter_or_digit(c) && c != '-') return false;
    return true;
}

bool is_parameters(std::string_view value) {
    bool word = false;
    for (const char c : value) {
        if (c == ' ' && !word) return false;  // two spaces
        word = c != ' ';
        if (word && (!smtp::is_printable(c))) return false;
    }
    return true;
}

// A command of an extension in a form that does nothing, or text that is empty.
struct Benign {
    std::string_view keyword;
    std::string_view line;
};
constexpr Benign benign[] = {
    {"HELP", "HELP"},
    {"EXPN", "EXPN postmaster"},
    {"ETRN", "ETRN nowhere.invalid"},
    {"TURN", "TURN"},
    {"STARTTLS", "STARTTLS x"},
    {"AUTH", "AUTH X-NONE"},
    {"CHUNKING", "BDAT x LAST"},
    {"VRFY", "VRFY postmaster"},
    {"ATRN", "ATRN"},
};

void refuses_name(Probe& client, const std::string& line, const Matcher& wanted,
                  const Matcher& tolerated) {
    client.given_greeting();
    client.given(client.ehlo());
    client.sends(line).server_replies(wanted, tolerated);
}

}  // namespace

Section hello() {
    Section section("rfc5321", "4.1.1.1", "EHLO and HELO");

    section
        .grammar("reply-begins-with-domain",
                 "The first line of the reply to EHLO begins with the domain of the server.",
                 [](Probe& client) {
                     client.given_greeting();
                     const Answer answer = client.given(client.ehlo());
                     const std::string_view text = answer.reply().text();
                     const std::string_view word = text.substr(0, text.find(' '));
                     const bool literal = word.size() > 1 && word.front() == '[';
                     if (!literal && !smtp::is_domain(word))
                         client.is_non_strict("a domain as the first word", answer.text());
                 })
        .row("5321/4.1.1.1-2")
        .risk(0);

    section
        .grammar("reply-lines-are-keywords",
                 "Each further line of the reply to EHLO is a keyword with its parameters.",
                 [](Probe& client) {
                     client.given_greeting();
                     const Answer answer = client.given(client.ehlo());
                     const std::string expected = "a keyword, then parameters after single spaces";
                     for (std::size_t i = 1; i < answer.reply().lines.size(); ++i) {
                         std::string_view text = answer.reply().text(i);
                         if (!text.empty() && text.back() == ' ') {
                             client.is_non_strict(expected, std::string(text) + "(a space behind)");
                             text.remove_suffix(1);
                         }
                         const std::size_t space = std::min(text.find(' '), text.size());
                         const std::string_view word = text.substr(0, space);
                         const std::string_view rest =
                             space < text.size() ? text.substr(space + 1) : std::string_view();
                         // Older clients only find mechanisms behind "AUTH=".
                         if (word.substr(0, 5) == "AUTH=")
                             client.is_non_strict(expected, std::string(text));
                         else if (!is_keyword(word) || !is_parameters(rest))
                             client.falls_short(expected, "\"" + std::string(text) + "\"");
                     }
                 })
        .row("5321/4.1.1.1-3")
        .risk(0)
        .impact(Impact::medium);

    section
        .must("verb-in-any-case", "EHLO is known in any case.",
              [](Probe& client) {
                  client.given_greeting();
                  client.sends("eHlO " + client.settings().helo).server_replies(with_code(250));
              })
        .row("5321/4.1.1.1-4")
        .risk(0);

    section
        .must("served-commands-are-listed",
              "A command beyond the required ones that the server serves is listed by EHLO.",
              [](Probe& client) {
                  // At most two provocations a connection.
                  int asked = 0;
                  client.given_hello();
                  for (const Benign& one : benign) {
                      if (one.keyword == "VRFY" || one.keyword == "EXPN" || one.keyword == "ATRN" ||
                          client.offers(one.keyword) ||
                          (one.keyword == "STARTTLS" && client.settings().tls != Tls::none))
                          continue;
                      if (asked++ == 2) {
                          asked = 1;
                          client.anew();
                          client.given_hello();
                      }
                      const Answer answer = client.sends(one.line);
                      if (answer.closed() || answer.code() == 421 || answer.code() == 521) {
                          client.anew();
                          client.given_hello();
                          asked = 0;
                          continue;
                      }
                      // 503 and 530 are what some say to a command that they did not announce.
                      if (answer.positive() || answer.code() / 100 == 3)
                          client.falls_short("a refusal of " + std::string(one.line) +
                                                 ", or its keyword in the EHLO reply",
                                             answer.text());
                  }
              })
        .row("5321/4.1.1.1-5");

    section
        .grammar("ehlo-without-argument-is-refused", "EHLO without a name is refused with 501.",
                 [](Probe& client) {
                     client.given_greeting();
                     client.sends("EHLO").server_replies(with_code(501), with_permanent_refusal());
                 })
        .row("5321/4.1.1.1-7");

    section
        .grammar("helo-without-argument-is-refused", "HELO without a name is refused with 501.",
                 [](Probe& client) {
                     client.given_greeting();
                     client.sends("HELO").server_replies(with_code(501), with_permanent_refusal());
                 })
        .row("5321/4.1.1.1-8");

    section
        .grammar("helo-resets-the-session", "HELO clears the buffers as EHLO does.",
                 [](Probe& client) {
                     client.given_forward_path();
                     client.given("HELO " + client.settings().helo);
                     client.sends(client.rcpt()).server_replies(with_code(503));
                 })
        .row("5321/4.1.1.1-9")
        .needs(Need::recipient);

    section
        .information(
            "text-behind-literal", "What becomes of text behind an address literal.",
            [](Probe& client) {
                client.given_greeting();
                client.observes("the reply " +
                                std::to_string(client.sends("EHLO [192.0.2.1] some text").code()));
            })
        .row("5321/4.1.1.1-10");

    section
        .grammar("over-long-name-is-refused",
                 "A name in EHLO above 255 octets is refused, with one reply.",
                 [](Probe& client) {
                     std::string name = "example";
                     while (name.size() < 300) name = "a23456789." + name;
                     client.given_greeting();
                     client.given(client.ehlo());
                     client.sends("EHLO " + name)
                         .server_replies(with_permanent_refusal() || by_closing(), positively());
                     const std::size_t surplus = client.surplus_replies();
                     if (surplus != 0)
                         client.fails("one reply", std::to_string(surplus + 1) + " replies");
                 })
        .row("5321/4.1.1.1-11")
        .risk(3);

    section
        .information("keywords-are-listed-once", "Whether a keyword stands twice in the list.",
                     [](Probe& client) {
                         client.given_hello();
                         std::string twice;
                         const auto& all = client.extensions();
                         for (const Extension& one : all)
                             if (find(all, one.keyword) != &one) twice += one.keyword + ' ';
                         client.observes(twice.empty() ? "each keyword once" : "twice: " + twice);
                     })
        .row("5321/4.1.1.1-6")
        .risk(0);

    section
        .information("list-is-stable", "Whether a second EHLO gets the same list.",
                     [](Probe& client) {
                         client.given_hello();
                         const auto first = client.extensions();
                         client.given(client.ehlo());
                         const auto& second = client.extensions();
                         bool same = first.size() == second.size();
                         for (std::size_t i = 0; same && i < first.size(); ++i)
                             same = first[i].keyword == second[i].keyword &&
                                    first[i].value == second[i].value;
                         client.observes(same ? "the same list" : "another list");
                     })
        .row("5321/4.1.1.1-12")
        .risk(0);

    section
        .must_not("listed-commands-are-served",
                  "A command whose keyword is listed is not answered as unknown or missing.",
                  [](Probe& client) {
                      int asked = 0;
                      client.given_hello();
                      const auto listed = client.extensions();
                      for (const Benign& one : benign) {
                          if (find(listed, one.keyword) == nullptr) continue;
                          if (asked++ == 2) {
                              asked = 1;
                              client.anew();
                              client.given_hello();
                          }
                          const Answer answer = client.sends(one.line);
                          if (answer.matches(with_code({500, 502})))
                              client.falls_short(
                                  "a reply other than 500 and 502 to " + std::string(one.line),
                                  answer.text());
                          if (!answer.replied()) {
                              client.anew();
                              client.given_hello();
                              asked = 0;
                          }
                      }
                  })
        .row("5321/4.2.4-1");

    section
        .must("illegal-character-gets-501",
              "A name in EHLO with a character that no domain has is refused with 501.",
              [](Probe& client) {
                  refuses_name(client, "EHLO bad_host.example", with_permanent_refusal(),
                               with_refusal());
              })
        .row("5321/4.1.2-1");

    return section;
}

}  // namespace smtprig::conformance::rfc5321

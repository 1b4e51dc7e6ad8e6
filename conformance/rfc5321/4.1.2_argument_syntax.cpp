#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
namespace {

// MAIL with each of the paths, one a connection, behind a transaction that was accepted.
void every_path(Probe& client, const std::vector<std::string>& paths, const Matcher& wanted,
                const Matcher* tolerated) {
    for (const std::string& path : paths) {
        client.given_transaction();
        client.given("RSET");
        const Answer answer = client.sends("MAIL FROM:" + path);
        client.judge(answer, wanted, tolerated);
        client.anew();
    }
}

void refuses(Probe& client, const std::vector<std::string>& paths) {
    const Matcher lenient = positively();
    every_path(client, paths, with_permanent_refusal(), &lenient);
}

// The form is legal: a refusal may be policy, but not the syntax.
void knows(Probe& client, const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
        client.given_transaction();
        client.given("RSET");
        const Answer answer = client.sends("MAIL FROM:" + path);
        if (answer.matches(with_syntax_error()))
            client.falls_short("no syntax error for " + path, answer.text());
        if (!answer.replied()) client.falls_short("a reply to " + path, answer.text());
        client.anew();
    }
}

std::string at(Probe& client) {
    return '@' + client.sender_domain() + '>';
}

}  // namespace

Section argument_syntax() {
    Section section("rfc5321", "4.1.2", "Command Argument Syntax");

    section
        .must("control-character-in-address-is-refused",
              "A mailbox with a control character is refused with 501, or with 500 or 553.",
              [](Probe& client) {
                  every_path(client,
                             {"<a\x07"
                              "b" +
                                  at(client),
                              "<a\x7F"
                              "b" +
                                  at(client)},
                             with_permanent_refusal(), nullptr);
              })
        .row("5321/4.1.2-2")
        .risk(3);

    section
        .must("nul-does-not-end-a-command",
              "A command with NUL in it is refused, and is not read up to the NUL only.",
              [](Probe& client) {
                  using namespace std::string_literals;
                  client.given_hello();
                  client.given("RSET");
                  client.sends_octets("RSET\0x\r\n"s)
                      .server_replies(with_permanent_refusal() || by_closing());
                  const std::size_t surplus = client.surplus_replies();
                  if (surplus != 0)
                      client.fails("one reply", std::to_string(surplus + 1) + " replies");
              })
        .row("5321/4.1.2-3")
        .risk(3);

    section
        .grammar("bad-parameter-is-refused", "A parameter of a wrong form is refused.",
                 [](Probe& client) {
                     for (const char* const parameter : {" SIZE==1", " =x", " SIZE=1=2"}) {
                         client.given_transaction();
                         client.given("RSET");
                         client.sends(client.mail() + parameter)
                             .server_replies(with_permanent_refusal());
                         client.anew();
                     }
                 })
        .row("5321/4.1.2-4");

    section
        .grammar("path-without-brackets-is-refused", "A path without angle brackets is refused.",
                 [](Probe& client) { refuses(client, {"sender@" + client.sender_domain()}); })
        .row("5321/4.1.2-5");

    section
        .grammar("unbalanced-brackets-are-refused",
                 "A path whose angle brackets do not match is refused.",
                 [](Probe& client) {
                     const std::string domain = client.sender_domain();
                     refuses(client, {"<a@" + domain, "a@" + domain + '>', "<<a@" + domain + ">>",
                                      "<a@" + domain + ">x"});
                 })
        .row("5321/4.1.2-6");

    section
        .grammar("names-and-comments-are-refused",
                 "A path with a display name or a comment is refused.",
                 [](Probe& client) {
                     const std::string domain = client.sender_domain();
                     refuses(client, {"Bob <a@" + domain + '>', "<a@" + domain + "(c)>"});
                 })
        .row("5321/4.1.2-7");

    section
        .grammar("quoted-local-part-is-known", "A local-part in quotes may hold a space.",
                 [](Probe& client) { knows(client, {"<\"john doe\"" + at(client)}); })
        .row("5321/4.1.2-8");

    section
        .grammar("quoted-specials-are-known",
                 "A local-part in quotes may hold at signs, brackets and other specials.",
                 [](Probe& client) { knows(client, {"<\"a@b>c,d;e:f\"" + at(client)}); })
        .row("5321/4.1.2-9");

    section
        .grammar("quoted-pair-is-known", "A local-part in quotes may hold quoted pairs.",
                 [](Probe& client) { knows(client, {"<\"a\\\"b\\\\c\"" + at(client)}); })
        .row("5321/4.1.2-10");

    section
        .must("quoted-and-plain-forms-are-equal",
              "A local-part means the same with and without quotes it does not need.",
              [](Probe& client) {
                  const std::string& mailbox = client.settings().recipient;
                  const std::size_t at_sign = mailbox.rfind('@');
                  if (at_sign == std::string::npos || mailbox.front() == '"')
                      client.is_skipped("The recipient has no plain local-part.");
                  client.given_forward_path();
                  const Answer answer = client.sends("RCPT TO:<\"" + mailbox.substr(0, at_sign) +
                                                     '"' + mailbox.substr(at_sign) + '>');
                  answer.server_replies(positively());
                  client.given("RSET");
              })
        .row("5321/4.1.2-11")
        .needs(Need::recipient);

    section
        .grammar("all-atom-characters-are-known",
                 "A local-part may hold each special character that an atom may.",
                 [](Probe& client) {
                     for (const std::string& path : {"<!#$%&'*+-/=?^_`{|}~" + at(client)}) {
                         client.given_transaction();
                         client.given("RSET");
                         const Answer answer = client.sends("MAIL FROM:" + path);
                         // Some refuse `%`, `!`, `/` and `|` on purpose.
                         if (answer.matches(with_syntax_error()))
                             client.is_non_strict("no syntax error", answer.text());
                         else if (!answer.replied())
                             client.falls_short("a reply", answer.text());
                     }
                 })
        .row("5321/4.1.2-12");

    section
        .grammar(
            "misplaced-dots-are-refused",
            "A local-part with a dot at its begin or end, or with two in a row, is refused.",
            [](Probe& client) {
                refuses(client, {"<.a" + at(client), "<a." + at(client), "<a..b" + at(client)});
            })
        .row("5321/4.1.2-13");

    section
        .information("empty-quoted-local-part", "What becomes of a local-part of two quotes only.",
                     [](Probe& client) {
                         client.given_hello();
                         client.observes(client.sends("MAIL FROM:<\"\"" + at(client)).text());
                     })
        .row("5321/4.1.2-14")
        .spec(Spec::rfc5321);

    section
        .must_not("mailbox-without-domain-is-refused",
                  "A mailbox without a domain is refused, but for Postmaster as a recipient.",
                  [](Probe& client) { refuses(client, {"<user>"}); })
        .row("5321/4.1.2-15")
        .only_for(every_profile & ~bit(Profile::msa));

    section
        .must("underscore-in-domain-gets-501",
              "A domain with a character that no domain has is refused with 501.",
              [](Probe& client) {
                  const Matcher refused = with_permanent_refusal();
                  every_path(client, {"<a@under_score.example>"}, with_code(501), &refused);
              })
        .row("5321/4.1.2-16");

    section
        .grammar("bad-domains-are-refused",
                 "A domain with an empty label, or a hyphen at an end of a label, is refused.",
                 [](Probe& client) {
                     refuses(client, {"<a@-x.example>", "<a@x-.example>", "<a@b..example>",
                                      "<a@b.example.>"});
                 })
        .row("5321/4.1.2-17");

    section
        .must("bad-argument-leaves-the-state",
              "MAIL with a bad argument gets 501 and changes nothing: a good one is accepted next.",
              [](Probe& client) {
                  client.given_transaction();
                  client.given("RSET");
                  client.sends("MAIL FROM:<foo@>")
                      .server_replies(with_code(501), with_permanent_refusal());
                  client.sends(client.mail()).server_replies(positively());
                  client.given("RSET");
              })
        .row("5321/4.1.4-11")
        .impact(Impact::medium);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

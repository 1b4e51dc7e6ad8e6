#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
namespace {

// RFC 5321 asks that the form is known; to decline the route is allowed (section 3.6.1).
Matcher known_route() {
    return positively() || with_code({251, 550, 551, 554, 571, 450, 451});
}

}  // namespace

Section recipient() {
    Section section("rfc5321", "4.1.1.3", "RCPT");

    section
        .grammar("refused-rcpt-harms-no-other",
                 "A recipient that is refused leaves those before and behind it as they are.",
                 [](Probe& client) {
                     client.given_forward_path();
                     client.sends("RCPT TO:<@>").server_replies(with_refusal());
                     client.sends(client.rcpt()).server_replies(positively());
                     client.given("RSET");
                 })
        .row("5321/4.1.1.3-1")
        .needs(Need::recipient)
        .impact(Impact::medium);

    section
        .must("source-route-is-recognised",
              "A source route in a forward-path is no syntax error, whether it is followed or not.",
              [](Probe& client) {
                  client.given_forward_path();
                  const Answer answer = client.sends(
                      "RCPT TO:<@a.example,@b.example:" + client.settings().recipient + '>');
                  answer.server_replies(known_route());
                  client.given("RSET");
              })
        .row("5321/4.1.1.3-2")
        .needs(Need::recipient);

    section
        .should("source-route-is-ignored",
                "A source route is stripped, and the mailbox behind it is served.",
                [](Probe& client) {
                    client.given_forward_path();
                    const Answer answer = client.sends(
                        "RCPT TO:<@a.example,@b.example:" + client.settings().recipient + '>');
                    if (answer.refused()) client.falls_short("a positive reply", answer.text());
                    answer.server_replies(positively());
                    client.given("RSET");
                })
        .row("5321/4.1.1.3-3")
        .needs(Need::recipient);

    section
        .grammar("bad-source-route-is-refused", "A source route with a wrong form is refused.",
                 [](Probe& client) {
                     for (const char* const path :
                          {"<@a.example u@client.example>", "<@:u@client.example>"}) {
                         client.given_transaction();
                         client.given("RSET");
                         client.sends(std::string("MAIL FROM:") + path)
                             .server_replies(with_permanent_refusal(), positively());
                         client.anew();
                     }
                 })
        .row("5321/4.1.1.3-4");

    section
        .information("recipient-named-twice", "What becomes of a recipient that is named twice.",
                     [](Probe& client) {
                         client.given_forward_path();
                         client.observes(client.sends(client.rcpt()).text());
                         client.given("RSET");
                     })
        .row("5321/4.1.1.3-5")
        .needs(Need::recipient);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

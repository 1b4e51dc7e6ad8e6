#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section session_initiation() {
    Section section("rfc5321", "3.1", "Session Initiation");

    section
        .grammar("opening-reply",
                 "The first thing that a server says is a greeting with 220, 554 or 421.",
                 [](Probe& client) {
                     client.given_connection();
                     client.reads_within(client.settings().patience)
                         .server_replies(with_code({220, 554, 521, 421}));
                 })
        .row("5321/3.1-1")
        .risk(0)
        .impact(Impact::high);

    section
        .must("refused-session-waits-for-quit",
              "After a greeting with 554 the server waits for QUIT before it closes.",
              [](Probe& client) {
                  client.given_connection();
                  const Answer greeting = client.reads_within(client.settings().patience);
                  if (greeting.code() != 554) client.is_inconclusive("The greeting was not 554.");
                  client.server_is_silent();
                  client.sends("QUIT").server_replies(with_code(221));
              })
        .row("5321/3.1-2")
        .needs(Need::refused_greeting)
        .risk(0);

    section
        .should("refused-session-answers-503",
                "After a greeting with 554 a server answers commands other than QUIT with 503.",
                [](Probe& client) {
                    client.given_connection();
                    const Answer greeting = client.reads_within(client.settings().patience);
                    if (greeting.code() != 554) client.is_inconclusive("The greeting was not 554.");
                    client.sends(client.ehlo()).never(positively()).server_replies(with_code(503));
                })
        .row("5321/3.1-3")
        .needs(Need::refused_greeting)
        .risk(0);

    section
        .should("refused-session-says-why",
                "A greeting with 554 says enough for a person to find out what is wrong.",
                [](Probe& client) {
                    client.given_connection();
                    const Answer greeting = client.reads_within(client.settings().patience);
                    if (greeting.code() != 554) client.is_inconclusive("The greeting was not 554.");
                    const std::string_view text = greeting.reply().text();
                    // A host name alone explains nothing.
                    if (text.find(' ') == std::string_view::npos)
                        client.falls_short("a reason behind the host name", greeting.text());
                })
        .row("5321/3.1-4")
        .needs(Need::refused_greeting)
        .risk(0);

    section
        .information("software-in-greeting", "Whether the greeting names software or a version.",
                     [](Probe& client) {
                         client.given_connection();
                         client.observes(client.reads_within(client.settings().patience).text());
                     })
        .row("5321/3.1-5")
        .risk(0);

    section
        .must("early-talker-gets-replies-in-order",
              "What a client sends before the greeting is answered in order or refused, not lost.",
              [](Probe& client) {
                  client.given_connection();
                  client.puts(client.ehlo() + "\r\n");
                  const Answer greeting = client.reads_within(client.settings().patience);
                  // To close on a client that does not wait is legal: it had to.
                  if (greeting.closed() || greeting.refused()) return;
                  greeting.server_replies(with_code(220));
                  const Answer answer = client.reads();
                  answer.server_replies(with_code(250) || with_refusal() || by_closing());
              })
        .row("5321/4.3.1-2")
        .risk(3);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

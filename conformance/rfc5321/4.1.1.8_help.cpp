#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section help() {
    Section section("rfc5321", "4.1.1.8", "HELP");

    section
        .should("help-is-served", "HELP without an argument gets 211 or 214.",
                [](Probe& client) {
                    client.given_hello();
                    const Answer answer = client.sends("HELP");
                    if (answer.positive() && answer.code() != 211 && answer.code() != 214)
                        client.fails("the reply 211 or 214", answer.text());
                    answer.server_replies(with_code({211, 214}));
                })
        .row("5321/4.1.1.8-1")
        .risk(0);

    section
        .information("help-with-argument", "What HELP says to an argument.",
                     [](Probe& client) {
                         client.given_hello();
                         client.observes(client.sends("HELP MAIL").text());
                     })
        .row("5321/4.1.1.8-2")
        .risk(0);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

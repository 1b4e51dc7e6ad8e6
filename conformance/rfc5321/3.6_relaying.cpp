#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section relaying() {
    Section section("rfc5321", "3.6", "Relaying and Mail Routing");

    section
        .should("refused-relaying-gets-550",
                "A recipient elsewhere that the server does not relay to is refused with 550.",
                [](Probe& client) {
                    if (client.facts().privileged)
                        client.is_inconclusive("This client may relay through the server.");
                    client.given_transaction();
                    const Answer answer =
                        client.sends("RCPT TO:<" + client.settings().foreign + '>');
                    // The code alone is asked about, so a refusal by policy is no way out.
                    if (answer.refused() && answer.code() != 550)
                        client.falls_short("the reply 550", answer.text());
                    answer.server_replies(with_code(550));
                    client.given("RSET");
                })
        .row("5321/3.6.2-1")
        .needs(Need::foreign)
        .only_for(bit(Profile::mx));

    return section;
}

}  // namespace smtprig::conformance::rfc5321

#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section receiving_strategy() {
    Section section("rfc5321", "4.5.4.2", "Receiving Strategy");

    section
        .grammar("two-sessions-at-once", "Two sessions are served side by side.",
                 [](Probe& client) {
                     client.given_hello();
                     client.other_connection(1);
                     client.given_connection();
                     client.reads().server_replies(with_code(220));
                     client.sends(client.ehlo()).server_replies(positively());
                     client.other_connection(0);
                     client.sends(client.mail()).server_replies(positively());
                     client.other_connection(1);
                     client.sends("NOOP").server_replies(with_anything());
                     client.other_connection(0);
                     client.given("RSET");
                 })
        .row("5321/4.5.4.2-1")
        .impact(Impact::medium);

    section
        .should("listens-while-mail-data-comes",
                "The server takes another connection while mail data is on its way.",
                [](Probe& client) {
                    client.given_mail_data();
                    client.other_connection(1);
                    client.given_connection();
                    client.reads().server_replies(with_code(220) || with_anything());
                    client.other_connection(0);
                    client.sends_octets(client.message()).server_replies(positively());
                })
        .row("5321/4.5.4.2-2")
        .needs(Need::message);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

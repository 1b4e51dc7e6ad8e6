#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section noop() {
    Section section("rfc5321", "4.1.1.9", "NOOP");

    section
        .should("noop-argument-is-ignored", "An argument of NOOP is ignored.",
                [](Probe& client) {
                    client.given_hello();
                    client.given("NOOP");
                    client.sends("NOOP anything").server_replies(with_code(250));
                })
        .row("5321/4.1.1.9-1")
        .risk(0);

    section
        .grammar("noop-keeps-the-transaction", "NOOP has no effect on a transaction.",
                 [](Probe& client) {
                     client.given_transaction();
                     client.sends("NOOP").server_replies(positively());
                     client.sends(client.rcpt()).server_replies(positively());
                     client.sends("NOOP").server_replies(positively());
                     client.sends(client.rcpt()).server_replies(positively());
                     client.given("RSET");
                 })
        .row("5321/4.1.1.9-2")
        .needs(Need::recipient)
        .impact(Impact::medium);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

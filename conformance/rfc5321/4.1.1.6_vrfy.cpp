#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section verify() {
    Section section("rfc5321", "4.1.1.6", "VRFY");

    section
        .grammar("vrfy-keeps-the-transaction",
                 "VRFY, EXPN and HELP have no effect on a transaction.",
                 [](Probe& client) {
                     client.given_transaction();
                     client.sends("VRFY postmaster").server_replies(with_anything());
                     client.sends(client.rcpt()).server_replies(positively());
                     client.sends("HELP").server_replies(with_anything());
                     client.sends(client.rcpt()).server_replies(positively());
                     client.given("RSET");
                 })
        .row("5321/4.1.1.6-1")
        .needs(Need::recipient);

    section
        .grammar("vrfy-without-argument-is-refused", "VRFY without an argument is refused.",
                 [](Probe& client) {
                     client.given_hello();
                     client.sends("VRFY").server_replies(with_code(501), with_refusal());
                 })
        .row("5321/4.1.1.6-2");

    return section;
}

}  // namespace smtprig::conformance::rfc5321

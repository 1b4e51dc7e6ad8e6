#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section verify_security() {
    Section section("rfc5321", "7.3", "VRFY, EXPN, and Security");

    section
        .must(
            "disabled-vrfy-gets-252",
            "A server that does not verify says 252, and not that every mailbox is there or none.",
            [](Probe& client) {
                client.given_hello();
                const Answer known = client.sends("VRFY " + client.settings().recipient);
                const Answer unknown = client.sends("VRFY no-such-" + client.nonce() + '@' +
                                                    client.recipient_domain());
                if (!known.replied()) client.falls_short("a reply", known.text());
                if (known.code() != unknown.code()) return;  // it does verify
                if (known.code() == 250 && client.facts().catch_all) return;
                known.server_replies(with_code(252), with_code({500, 502}));
            })
        .row("5321/7.3-1")
        .needs(Need::recipient);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

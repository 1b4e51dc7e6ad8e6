#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section unknown_commands() {
    Section section("rfc5321", "4.2.4", "Reply Code 502");

    section
        .should("unknown-verb-gets-500", "A verb that the server does not know gets 500.",
                [](Probe& client) {
                    client.given_hello();
                    client.sends("FOOBAR").server_replies(with_code(500));
                })
        .row("5321/4.2.4-2");

    return section;
}

}  // namespace smtprig::conformance::rfc5321

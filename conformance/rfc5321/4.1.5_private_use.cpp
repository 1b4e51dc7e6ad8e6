#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section private_use() {
    Section section("rfc5321", "4.1.5", "Private-Use Commands");

    section
        .grammar("unknown-x-command-gets-500", "A command with X that is not known gets 500.",
                 [](Probe& client) {
                     client.given_hello();
                     client.sends("X" + client.nonce())
                         .server_replies(with_code(500), with_code({502, 501}));
                 })
        .row("5321/4.1.5-1");

    return section;
}

}  // namespace smtprig::conformance::rfc5321

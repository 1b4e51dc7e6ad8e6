#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section quit() {
    Section section("rfc5321", "4.1.1.10", "QUIT");

    section
        .must_not("error-does-not-close",
                  "A command with a syntax error does not make the server "
                  "close.",
                  [](Probe& client) {
                      client.given_hello();
                      client.sends("MAIL FROM:<").server_replies(with_refusal());
                      client.session_goes_on();
                  })
        .row("5321/4.1.1.10-1");

    section
        .grammar("quit-before-ehlo", "QUIT is served before EHLO too.",
                 [](Probe& client) {
                     client.given_greeting();
                     client.sends("QUIT").server_replies(with_code(221));
                 })
        .row("5321/4.1.1.10-2")
        .risk(0);

    section
        .grammar("quit-ends-a-transaction", "QUIT is served inside a transaction.",
                 [](Probe& client) {
                     client.given_forward_path();
                     client.sends("QUIT").server_replies(with_code(221));
                 })
        .row("5321/4.1.1.10-3")
        .needs(Need::recipient);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

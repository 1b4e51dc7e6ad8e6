#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section null_reverse_path() {
    Section section("rfc5321", "4.5.5", "Messages with a Null Reverse-Path");

    section
        .must("null-reverse-path-is-accepted", "MAIL with the null reverse-path is accepted.",
              [](Probe& client) {
                  client.given_hello();
                  client.sends("MAIL FROM:<>").server_replies(with_code(250));
                  client.given("RSET");
              })
        .row("5321/4.5.5-1")
        .impact(Impact::high);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

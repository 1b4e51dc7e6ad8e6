#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section source_routes() {
    Section section("rfc5321", "C", "Source Routes");

    section
        .must("source-route-in-mail-is-recognised",
              "A source route in a reverse-path is no syntax error.",
              [](Probe& client) {
                  client.given_transaction();
                  client.given("RSET");
                  client.sends("MAIL FROM:<@a.example:user@" + client.sender_domain() + '>')
                      .server_replies(positively() || with_code({550, 551, 554, 571}));
                  client.given("RSET");
              })
        .row("5321/C-1");

    return section;
}

}  // namespace smtprig::conformance::rfc5321

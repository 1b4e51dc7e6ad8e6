#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section termination() {
    Section section("rfc5321", "3.8", "Terminating Sessions and Connections");

    section
        .must("quit-gets-221-then-close", "QUIT gets 221, and then the server closes.",
              [](Probe& client) {
                  client.given_hello();
                  const Answer answer = client.sends("QUIT");
                  if (answer.closed()) {
                      client.is_non_strict("the reply 221", answer.text());
                      return;
                  }
                  answer.server_replies(with_code(221));
                  const Answer end = client.reads();
                  if (!end.closed()) client.falls_short("the server closes", end.text());
              })
        .row("5321/3.8-1")
        .risk(0);

    section
        .must_not("unknown-command-does-not-close",
                  "A command that is not known does not make the server close.",
                  [](Probe& client) {
                      client.given_hello();
                      client.sends("XUNKNOWN").server_replies(with_anything());
                      client.session_goes_on();
                  })
        .row("5321/3.8-2");

    section
        .must_not("rset-does-not-close", "RSET does not make the server close.",
                  [](Probe& client) {
                      client.given_hello();
                      client.sends("RSET").server_replies(with_anything());
                      client.session_goes_on();
                  })
        .row("5321/3.8-3")
        .risk(0);

    section
        .grammar("idle-session-ends-with-421",
                 "A server that ends an idle session says 421 before it closes.",
                 [](Probe& client) {
                     client.given_hello();
                     const Answer answer = client.reads_within(660'000'000);
                     if (answer.silent())
                         client.is_skipped("The server waits for over 11 minutes.");
                     // A timeout is one of the two reasons to close without QUIT; the text asks for
                     // 421 only in the other.
                     if (answer.closed())
                         client.observes("the server closed without a reply");
                     else
                         answer.server_replies(with_code(421));
                 })
        .row("5321/3.8-4")
        .needs(Need::long_time)
        .risk(3);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

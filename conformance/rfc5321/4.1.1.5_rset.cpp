#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section reset() {
    Section section("rfc5321", "4.1.1.5", "RSET");

    section
        .must("rset-gets-250", "RSET gets 250 after EHLO, after MAIL and after RCPT.",
              [](Probe& client) {
                  client.given_hello();
                  client.sends("RSET").server_replies(with_code(250));
                  client.given(client.mail());
                  client.sends("RSET").server_replies(with_code(250));
                  client.given(client.mail());
                  client.given(client.rcpt());
                  client.sends("RSET").server_replies(with_code(250));
              })
        .row("5321/4.1.1.5-1")
        .needs(Need::recipient)
        .impact(Impact::medium);

    section
        .must("rset-discards-the-transaction",
              "RSET discards reverse-path and forward-paths: RCPT and DATA get 503 then.",
              [](Probe& client) {
                  client.given_forward_path();
                  client.given("RSET");
                  const Answer data = client.sends("DATA");
                  if (data.code() == 354) {
                      client.drops(probe::HowToClose::rst);
                      client.fails("the reply 503", data.text());
                  }
                  data.server_replies(with_code(503), with_permanent_refusal());
                  client.sends(client.rcpt()).server_replies(with_code(503));
              })
        .row("5321/4.1.1.5-2")
        .needs(Need::recipient)
        .impact(Impact::high);

    section
        .grammar("rset-keeps-ehlo", "After RSET a transaction begins without another EHLO.",
                 [](Probe& client) {
                     client.given_hello();
                     client.given("RSET");
                     client.sends(client.mail()).server_replies(positively());
                     client.given("RSET");
                 })
        .row("5321/4.1.1.5-3")
        .impact(Impact::medium);

    section
        .grammar("rset-keeps-authentication",
                 "After RSET the client is still authenticated and under TLS.",
                 [](Probe& client) {
                     client.given_transaction();
                     client.given("RSET");
                     const Answer answer = client.sends(client.mail());
                     if (answer.code() == 530)
                         client.falls_short("a positive reply", answer.text());
                     answer.server_replies(positively());
                     client.given("RSET");
                 })
        .row("5321/4.1.1.5-4")
        .needs(Need::credentials);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

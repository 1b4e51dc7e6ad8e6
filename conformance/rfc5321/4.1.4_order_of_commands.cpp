#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
namespace {

void usable_before_ehlo(Probe& client, const std::string& line) {
    client.given_greeting();
    const Answer answer = client.sends(line);
    if (answer.code() == 503) client.falls_short("any reply but 503", answer.text());
    if (!answer.replied()) client.falls_short("a reply", answer.text());
}

}  // namespace

Section order_of_commands() {
    Section section("rfc5321", "4.1.4", "Order of Commands");

    section
        .must("new-ehlo-resets", "A second EHLO is accepted and clears the buffers as RSET does.",
              [](Probe& client) {
                  client.given_forward_path();
                  client.sends(client.ehlo()).server_replies(with_code(250));
                  client.sends(client.rcpt()).server_replies(with_code(503));
              })
        .row("5321/4.1.4-2")
        .needs(Need::recipient)
        .impact(Impact::medium);

    section
        .must_not("helo-name-need-not-match",
                  "Mail is not refused because the name in EHLO is not that of the client.",
                  [](Probe& client) {
                      client.given_forward_path();
                      client.given("RSET");
                      client.given("EHLO example.com");
                      client.given_authentication();
                      client.sends(client.mail()).server_replies(positively());
                      client.sends(client.rcpt()).server_replies(positively());
                      client.given("RSET");
                  })
        .row("5321/4.1.4-1")
        .needs(Need::recipient);

    section
        .must(
            "refused-ehlo-uses-its-codes", "A refused EHLO gets 500, 501, 502 or 550.",
            [](Probe& client) {
                client.given_hello();
                const Answer answer = client.sends("EHLO");
                if (answer.positive()) client.is_skipped("The server accepts EHLO without a name.");
                answer.server_replies(with_code({500, 501, 502, 550}), with_code({504, 553, 554}));
            })
        .row("5321/4.1.4-3");

    section
        .must("refused-ehlo-leaves-the-state",
              "A refused EHLO changes nothing: the transaction goes on.",
              [](Probe& client) {
                  client.given_transaction();
                  const Answer answer = client.sends("EHLO");
                  if (answer.positive())
                      client.is_skipped("The server accepts EHLO without a name.");
                  client.sends(client.rcpt()).server_replies(positively());
                  client.given("RSET");
              })
        .row("5321/4.1.4-4")
        .needs(Need::recipient);

    section
        .must("mail-before-ehlo-gets-503", "MAIL before EHLO or HELO gets 503.",
              [](Probe& client) {
                  client.given_greeting();
                  client.sends(client.mail()).server_replies(with_code(503), positively());
              })
        .row("5321/4.1.4-5");

    section
        .must("nested-mail-gets-503",
              "MAIL inside a transaction gets 503, or begins a new one with nothing left over.",
              [](Probe& client) {
                  client.given_forward_path();
                  const Answer answer = client.sends(client.mail());
                  if (!answer.positive()) {
                      answer.server_replies(with_code(503));
                      return;
                  }
                  // Section 3.3 says that MAIL clears the buffers, this one that it is out of
                  // order. To accept it is fair where the recipients are really gone.
                  const Answer data = client.sends("DATA");
                  if (data.code() == 354) {
                      client.drops(probe::HowToClose::rst);
                      client.fails("no recipient of the first transaction", data.text());
                  }
                  client.is_non_strict("the reply 503", answer.text());
              })
        .row("5321/4.1.4-6")
        .needs(Need::recipient)
        .impact(Impact::medium);

    section
        .must("transaction-survives-nested-mail",
              "After MAIL was refused inside a transaction, the transaction goes on.",
              [](Probe& client) {
                  client.given_forward_path();
                  const Answer answer = client.sends(client.mail());
                  if (answer.positive()) client.is_skipped("The server begins a new transaction.");
                  client.sends(client.rcpt()).server_replies(positively());
                  client.given("RSET");
              })
        .row("5321/4.1.4-7")
        .needs(Need::recipient);

    const std::string requirement = " is served before EHLO: it does not get 503.";
    section
        .should("noop-before-ehlo", "NOOP" + requirement,
                [](Probe& client) { usable_before_ehlo(client, "NOOP"); })
        .row("5321/4.1.4-8")
        .risk(0);
    section
        .should("rset-before-ehlo", "RSET" + requirement,
                [](Probe& client) { usable_before_ehlo(client, "RSET"); })
        .row("5321/4.1.4-8")
        .risk(0);
    section
        .should("help-before-ehlo", "HELP" + requirement,
                [](Probe& client) { usable_before_ehlo(client, "HELP"); })
        .row("5321/4.1.4-8")
        .risk(0);
    section
        .should("vrfy-before-ehlo", "VRFY" + requirement,
                [](Probe& client) { usable_before_ehlo(client, "VRFY postmaster"); })
        .row("5321/4.1.4-8");
    section
        .should("expn-before-ehlo", "EXPN" + requirement,
                [](Probe& client) { usable_before_ehlo(client, "EXPN postmaster"); })
        .row("5321/4.1.4-8");

    section
        .should("rset-before-ehlo-gets-250", "RSET gets 250 before EHLO too.",
                [](Probe& client) {
                    client.given_greeting();
                    client.sends("RSET").server_replies(with_code(250));
                })
        .row("5321/4.1.1.5-1")
        .risk(0);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
namespace {

void accepts(Probe& client, const std::string& path) {
    client.given_transaction();
    client.sends("RCPT TO:" + path).server_replies(with_code({250, 251}));
    client.given("RSET");
}

}  // namespace

Section minimum_implementation() {
    Section section("rfc5321", "4.5.1", "Minimum Implementation");

    section
        .must("postmaster-without-domain", "RCPT for Postmaster without a domain is accepted.",
              [](Probe& client) { accepts(client, "<Postmaster>"); })
        .row("5321/4.5.1-1")
        .impact(Impact::medium);

    section
        .must("postmaster-in-any-case", "Postmaster is known in any case.",
              [](Probe& client) {
                  client.given_transaction();
                  client.given("RCPT TO:<postmaster>");
                  client.sends("RCPT TO:<pOsTmAsTeR>").server_replies(with_code({250, 251}));
                  client.given("RSET");
              })
        .row("5321/4.5.1-2");

    section
        .must("postmaster-of-the-domain",
              "RCPT for postmaster at the domain of the recipient is accepted.",
              [](Probe& client) {
                  accepts(client, "<postmaster@" + client.recipient_domain() + '>');
              })
        .row("5321/4.5.1-3")
        .needs(Need::recipient)
        .impact(Impact::medium);

    section
        .should("mail-to-postmaster-is-taken", "A message to postmaster is not refused by policy.",
                [](Probe& client) {
                    client.given_transaction();
                    client.given("RCPT TO:<postmaster@" + client.recipient_domain() + '>');
                    client.given("DATA", with_code(354));
                    const Answer answer = client.sends_octets(client.message());
                    if (answer.refused()) client.falls_short("the reply 250", answer.text());
                    answer.server_replies(with_code(250));
                })
        .row("5321/4.5.1-4")
        .needs(Need::message);

    section
        .must("vrfy-is-implemented",
              "VRFY is implemented: it is answered with what it asks for, or with 252.",
              [](Probe& client) {
                  client.given_hello();
                  client.sends("VRFY postmaster")
                      .server_replies(with_code({250, 251, 252, 550, 551, 553}), with_code(502));
              })
        .row("5321/4.5.1-5");

    return section;
}

}  // namespace smtprig::conformance::rfc5321

#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"
#include "fixture/smtp/character.hpp"

namespace smtprig::conformance::rfc5321 {
Section syntax_principles() {
    Section section("rfc5321", "2.4", "General Syntax Principles");

    section
        .grammar(
            "case-of-verbs-is-ignored",
            "Verbs and the words FROM and TO mean the same in any case.",
            [](Probe& client) {
                client.given_hello();
                client.given(client.mail());
                client.given("RSET");
                client.sends("mail from:" + client.reverse_path()).server_replies(positively());
                client.sends("rSeT").server_replies(positively());
                client.sends("noop").server_replies(positively());
                client.sends("quit").server_replies(with_code(221));
            })
        .row("5321/2.4-1");

    section
        .grammar("case-of-rcpt-is-ignored", "RCPT TO means the same in any case.",
                 [](Probe& client) {
                     client.given_transaction();
                     client.given(client.rcpt());
                     client.sends("rcPT tO:" + client.forward_path()).server_replies(positively());
                     client.given("RSET");
                 })
        .row("5321/2.4-1")
        .needs(Need::recipient);

    section
        .grammar("case-of-parameters-is-ignored",
                 "Keywords of parameters, and values that are words, mean the same in any case.",
                 [](Probe& client) {
                     client.given_hello();
                     client.given(client.mail() + " SIZE=100");
                     client.given("RSET");
                     client.sends(client.mail() + " siZe=100").server_replies(positively());
                     client.given("RSET");
                     if (!client.offers("8BITMIME")) return;
                     client.given(client.mail() + " BODY=8BITMIME");
                     client.given("RSET");
                     client.sends(client.mail() + " body=8bitmime").server_replies(positively());
                     client.given("RSET");
                 })
        .row("5321/2.4-2")
        .with_extension("SIZE");

    section
        .grammar(
            "case-of-domains-is-ignored", "The domain of a mailbox means the same in upper case.",
            [](Probe& client) {
                std::string upper;
                for (const char c : client.recipient_domain())
                    upper += smtp::is_letter(c) ? static_cast<char>(c & ~32) : c;
                const std::string& mailbox = client.settings().recipient;
                client.given_forward_path();
                client.sends("RCPT TO:<" + mailbox.substr(0, mailbox.rfind('@') + 1) + upper + '>')
                    .server_replies(positively());
                client.given("RSET");
            })
        .row("5321/2.4-8")
        .needs(Need::recipient)
        .impact(Impact::medium);

    section
        .should("8bit-in-commands-is-refused",
                "A command with octets above 127 is refused where no extension allows them.",
                [](Probe& client) {
                    client.given_hello();
                    client.given("VRFY postmaster", with_anything());
                    client.sends("VRFY \xFF\xFE")
                        .server_replies(with_permanent_refusal(), positively());
                    client.session_goes_on();
                })
        .row("5321/2.4-6");

    section
        .information("space-before-verb", "What becomes of a space in front of a verb.",
                     [](Probe& client) {
                         client.given_hello();
                         client.observes(client.sends(" NOOP").text());
                     })
        .row("5321/2.4-3");

    section
        .information(
            "tab-for-space", "What becomes of a tab where a space belongs.",
            [](Probe& client) {
                client.given_hello();
                client.observes(client.sends("MAIL\tFROM:" + client.reverse_path()).text());
            })
        .row("5321/2.4-4");

    section
        .must_not("empty-line-is-not-two-commands",
                  "An empty line gets one reply or none, and the session goes on.",
                  [](Probe& client) {
                      client.given_hello();
                      client.given("NOOP");
                      client.puts("\r\n");
                      const Answer answer = client.reads_within(client.silence_window());
                      if (answer.closed())
                          client.is_inconclusive("The server closed at an empty line.");
                      const std::size_t surplus = client.surplus_replies();
                      if (surplus != 0)
                          client.falls_short(
                              "one reply or none",
                              std::to_string(surplus + (answer.replied() ? 1 : 0)) + " replies");
                  })
        .row("5321/2.4-5");

    section
        .should("8bitmime-is-offered", "A server offers 8BITMIME.",
                [](Probe& client) {
                    client.given_hello();
                    if (!client.offers("8BITMIME"))
                        client.falls_short("the EHLO keyword 8BITMIME", "it is not listed");
                })
        .row("5321/2.4-10")
        .risk(0);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

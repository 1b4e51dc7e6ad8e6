#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section mail() {
    Section section("rfc5321", "4.1.1.2", "MAIL");

    section
        .grammar("mail-without-path-is-refused", "MAIL without FROM and a path is refused.",
                 [](Probe& client) {
                     for (const char* const line :
                          {"MAIL", "MAIL <a@client.example>", "MAIL TO:<a@client.example>"}) {
                         client.given_transaction();
                         client.given("RSET");
                         client.sends(line).server_replies(with_code(501),
                                                           with_permanent_refusal());
                         client.anew();
                     }
                 })
        .row("5321/4.1.1.2-2");

    section
        .grammar("end-of-mail-data-clears-buffers",
                 "After the end of mail data no recipient is left: RCPT gets 503.",
                 [](Probe& client) {
                     client.given_mail_data();
                     if (!client.sends_octets(client.message()).positive())
                         client.is_inconclusive("The message was not accepted.");
                     client.sends(client.rcpt()).server_replies(with_code(503));
                 })
        .row("5321/4.1.1.2-1")
        .needs(Need::message);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

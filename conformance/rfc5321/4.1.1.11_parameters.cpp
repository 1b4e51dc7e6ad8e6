#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section parameters() {
    Section section("rfc5321", "4.1.1.11", "MAIL and RCPT Parameters");

    section
        .grammar("unknown-mail-parameter-gets-555",
                 "A parameter of MAIL that is not known gets 555.",
                 [](Probe& client) {
                     client.given_transaction();
                     client.given("RSET");
                     client.sends(client.mail() + " XNOPE=1")
                         .server_replies(with_code(555), with_permanent_refusal());
                 })
        .row("5321/4.1.1.11-1");

    section
        .grammar("unknown-rcpt-parameter-gets-555",
                 "A parameter of RCPT that is not known gets 555.",
                 [](Probe& client) {
                     client.given_forward_path();
                     client.sends(client.rcpt() + " XNOPE=1")
                         .server_replies(with_code(555), with_permanent_refusal());
                     client.given("RSET");
                 })
        .row("5321/4.1.1.11-2")
        .needs(Need::recipient);

    section
        .information("parameter-of-extension-not-offered",
                     "What becomes of a parameter whose extension is not offered.",
                     [](Probe& client) {
                         client.given_hello();
                         const std::string parameter =
                             !client.offers("MT-PRIORITY") ? " MT-PRIORITY=1" : " HOLDFOR=1";
                         client.observes(client.sends(client.mail() + parameter).text());
                     })
        .row("5321/4.1.1.11-3");

    section
        .information("parameter-after-helo", "What becomes of a parameter of MAIL after HELO.",
                     [](Probe& client) {
                         client.given_greeting();
                         client.given("HELO " + client.settings().helo);
                         client.observes(client.sends(client.mail() + " SIZE=1").text());
                     })
        .row("5321/4.1.1.11-4");

    return section;
}

}  // namespace smtprig::conformance::rfc5321

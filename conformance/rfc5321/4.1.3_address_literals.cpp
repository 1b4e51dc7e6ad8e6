#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
namespace {

void refuses(Probe& client, const std::string& line) {
    client.given_greeting();
    client.given(client.ehlo());
    client.sends(line).server_replies(with_permanent_refusal(), positively());
    client.anew();
}

}  // namespace

Section address_literals() {
    Section section("rfc5321", "4.1.3", "Address Literals");

    section
        .grammar("ipv4-literal-in-ehlo", "EHLO takes an IPv4 address literal.",
                 [](Probe& client) {
                     client.given_greeting();
                     client.sends("EHLO [192.0.2.1]")
                         .server_replies(with_code(250), with_permanent_refusal());
                 })
        .row("5321/4.1.3-1")
        .risk(0);

    section
        .grammar("ipv6-literal-in-ehlo", "EHLO takes an IPv6 address literal with its tag.",
                 [](Probe& client) {
                     client.given_greeting();
                     client.sends("EHLO [IPv6:2001:db8::1]")
                         .server_replies(with_code(250), with_permanent_refusal());
                 })
        .row("5321/4.1.3-2")
        .risk(0);

    section
        .grammar("bad-literals-in-ehlo-are-refused",
                 "EHLO with a wrong address literal is refused.",
                 [](Probe& client) {
                     // Not among them: [2001:db8::1], which the grammar takes for a literal with
                     // the tag "2001".
                     for (const char* const literal : {"[300.1.1.1]", "[IPv6:zz]", "[1.2.3.4"})
                         refuses(client, std::string("EHLO ") + literal);
                 })
        .row("5321/4.1.3-3");

    section
        .grammar("literals-in-paths-are-known",
                 "An address literal as the domain of a mailbox is no syntax error.",
                 [](Probe& client) {
                     for (const char* const path : {"<a@[192.0.2.1]>", "<a@[IPv6:2001:db8::1]>"}) {
                         client.given_transaction();
                         client.given("RSET");
                         const Answer answer = client.sends(std::string("MAIL FROM:") + path);
                         if (answer.matches(with_syntax_error()))
                             client.falls_short("no syntax error", answer.text());
                         client.anew();
                     }
                 })
        .row("5321/4.1.3-4");

    section
        .grammar(
            "bad-literals-in-paths-are-refused",
            "A wrong address literal as the domain of a mailbox is refused.",
            [](Probe& client) {
                for (const char* const path : {"<a@[1.2.3]>", "<a@[1.2.3.4>", "<a@[IPv6:::::]>"}) {
                    client.given_transaction();
                    client.given("RSET");
                    client.sends(std::string("MAIL FROM:") + path)
                        .server_replies(with_permanent_refusal(), positively());
                    client.anew();
                }
            })
        .row("5321/4.1.3-5");

    return section;
}

}  // namespace smtprig::conformance::rfc5321

#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
namespace {

std::string received(int count) {
    std::string fields;
    for (int i = 0; i < count; ++i)
        fields += "Received: from a" + std::to_string(i) + ".example by b" + std::to_string(i) +
                  ".example; Tue, 24 Nov 2026 12:00:00 +0000\r\n";
    return fields;
}

}  // namespace

Section loops() {
    Section section("rfc5321", "6.3", "Loop Detection");

    section
        .should(
            "hundred-received-fields-are-taken",
            "A message is not taken for a loop before it has a hundred Received fields.",
            [](Probe& client) {
                client.given_mail_data();
                if (!client.sends_octets(client.message()).positive())
                    client.is_inconclusive("A plain message was not accepted.");
                client.given(client.mail());
                client.given(client.rcpt());
                client.given("DATA", with_code(354));
                client.sends_octets(received(99) + client.message()).server_replies(positively());
            })
        .row("5321/6.3-1")
        .needs(Need::message)
        .delivers(2);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

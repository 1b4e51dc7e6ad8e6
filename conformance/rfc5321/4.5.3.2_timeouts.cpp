#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
namespace {

constexpr Microseconds almost_five_minutes = 295'000'000;

void waits(Probe& client) {
    const Answer answer = client.reads_within(almost_five_minutes);
    if (!answer.silent()) client.falls_short("a server that waits five minutes", answer.text());
    client.session_goes_on();
}

}  // namespace

Section timeouts() {
    Section section("rfc5321", "4.5.3.2", "Timeouts");

    section
        .should("five-minutes-for-a-command",
                "A server waits five minutes at least for the next command.",
                [](Probe& client) {
                    client.given_hello();
                    waits(client);
                })
        .row("5321/4.5.3.2.7-1")
        .needs(Need::long_time);

    section
        .should("five-minutes-in-a-transaction",
                "A server waits five minutes at least after RCPT too.",
                [](Probe& client) {
                    client.given_forward_path();
                    waits(client);
                    client.given("RSET");
                })
        .row("5321/4.5.3.2.7-2")
        .needs(Need::long_time | Need::recipient);

    section
        .information("time-to-greeting", "How long the greeting takes.",
                     [](Probe& client) {
                         client.given_connection();
                         const Answer greeting = client.reads_within(client.settings().patience);
                         if (!greeting.replied()) client.is_inconclusive("No greeting came.");
                         client.observes(std::to_string(greeting.reply().came / 1'000'000) + " s");
                     })
        .row("5321/4.5.3.2.1-1")
        .risk(0);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section reply_sequences() {
    Section section("rfc5321", "4.3", "Sequencing of Commands and Replies");

    section
        .information(
            "greeting-and-ehlo-name-one-host",
            "Whether greeting and EHLO reply name the same host.",
            [](Probe& client) {
                client.given_connection();
                const std::string greeting = client.reads_within(client.settings().patience).text();
                const Answer answer = client.given(client.ehlo());
                const std::string_view ehlo = answer.reply().text();
                const std::string host(ehlo.substr(0, ehlo.find(' ')));
                client.observes(greeting.find(host) == std::string::npos ? "another host"
                                                                         : "the same host");
            })
        .row("5321/4.3.1-1")
        .risk(0);

    section
        .grammar("many-transactions-are-reset",
                 "A session outlives eight transactions that RSET ends.",
                 [](Probe& client) {
                     client.given_hello();
                     for (int i = 0; i < 8; ++i) {
                         client.sends(client.mail()).server_replies(positively());
                         client.sends("RSET").server_replies(positively());
                     }
                 })
        .row("5321/4.3.2-3");

    return section;
}

}  // namespace smtprig::conformance::rfc5321

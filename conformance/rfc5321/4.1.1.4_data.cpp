#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section data() {
    Section section("rfc5321", "4.1.1.4", "DATA");

    section
        .grammar("message-is-accepted", "DATA gets 354, and the end of mail data gets 250.",
                 [](Probe& client) {
                     client.given_forward_path();
                     client.sends("DATA").server_replies(with_code(354));
                     client.sends_octets(client.message()).server_replies(with_code(250));
                 })
        .row("5321/4.1.1.4-2")
        .needs(Need::message)
        .impact(Impact::high);

    section
        .grammar("second-transaction-in-session",
                 "A second mail transaction follows in the same session without another EHLO.",
                 [](Probe& client) {
                     client.given_mail_data();
                     if (!client.sends_octets(client.message()).positive())
                         client.is_inconclusive("The first message was not accepted.");
                     client.sends(client.mail()).server_replies(positively());
                     client.sends(client.rcpt()).server_replies(positively());
                     client.given("RSET");
                 })
        .row("5321/4.1.1.4-1")
        .needs(Need::message)
        .impact(Impact::high);

    section
        .must_not("commands-in-mail-data-are-data",
                  "Lines of mail data that look like commands are not obeyed.",
                  [](Probe& client) {
                      client.given_mail_data();
                      client
                          .sends_octets(client.message("QUIT\r\nRSET\r\nSTARTTLS\r\n"
                                                       "MAIL FROM:<a@client.example>\r\n"))
                          .server_replies(positively());
                      const std::size_t surplus = client.surplus_replies();
                      if (surplus != 0)
                          client.fails("one reply", std::to_string(surplus + 1) + " replies");
                  })
        .row("5321/4.1.1.4-4")
        .needs(Need::message)
        .impact(Impact::high);

    section
        .must_not("empty-mail-data-gets-one-reply",
                  "Mail data without a line gets one reply, whether it is accepted or not.",
                  [](Probe& client) {
                      client.given_mail_data();
                      const Answer answer = client.sends_octets(".\r\n");
                      if (!answer.replied()) client.falls_short("one reply", answer.text());
                      const std::size_t surplus = client.surplus_replies();
                      if (surplus != 0)
                          client.falls_short("one reply", std::to_string(surplus + 1) + " replies");
                  })
        .row("5321/4.1.1.4-5")
        .needs(Need::message);

    section
        .information("time-to-accept", "How long the reply to the end of mail data takes.",
                     [](Probe& client) {
                         client.given_mail_data();
                         const Answer answer = client.sends_octets(client.message());
                         if (!answer.replied()) client.is_inconclusive("No reply came.");
                         const Microseconds took = answer.reply().came - answer.reply().asked;
                         client.observes(std::to_string(took / 1'000'000) + " s");
                     })
        .row("5321/6.1-1")
        .needs(Need::message);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

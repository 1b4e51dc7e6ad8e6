#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
namespace {

// A message of the recipient that only differs in its header or body.
void delivers(Probe& client, const std::string& mail_data) {
    client.given_mail_data();
    client.sends_octets(client.message());
    // The control: a plain message is taken. Then the one that is asked about.
    client.given(client.mail());
    client.given(client.rcpt());
    client.given("DATA", with_code(354));
    client.sends_octets(mail_data).server_replies(positively());
}

// The header of an ordinary message with one field more or less.
std::string with_header(Probe& client, const std::string& fields) {
    return fields + client.message();
}

}  // namespace

Section mail_transactions() {
    Section section("rfc5321", "3.3", "Mail Transactions");

    section
        .must("rcpt-before-mail-gets-503", "RCPT without MAIL before it gets 503.",
              [](Probe& client) {
                  client.given_forward_path();
                  client.given("RSET");
                  client.sends(client.rcpt()).server_replies(with_code(503));
              })
        .row("5321/3.3-2")
        .needs(Need::recipient)
        .impact(Impact::medium);

    section
        .grammar("data-before-mail-is-refused", "DATA without MAIL before it is refused.",
                 [](Probe& client) {
                     client.given_hello();
                     client.sends("DATA")
                         .never(with_code(354))
                         .server_replies(with_code(503), with_permanent_refusal());
                 })
        .row("5321/3.3-3");

    section
        .grammar("data-without-rcpt-is-refused",
                 "DATA without any recipient gets 503 or 554, or at last no message is taken.",
                 [](Probe& client) {
                     client.given_transaction();
                     const Answer answer = client.sends("DATA");
                     if (answer.code() == 354) {
                         client.sends_octets(".\r\n");
                         client.fails("the reply 503 or 554", answer.text());
                     }
                     answer.server_replies(with_code({503, 554}), with_refusal());
                 })
        .row("5321/3.3-4");

    section
        .grammar("data-with-refused-rcpt-is-refused",
                 "DATA is refused where every recipient was, or the message is at its end.",
                 [](Probe& client) {
                     client.given_transaction();
                     const Answer rcpt = client.sends("RCPT TO:<no-such-" + client.nonce() + '@' +
                                                      client.recipient_domain() + '>');
                     if (!rcpt.refused())
                         client.is_skipped("The server takes mail for any mailbox of the domain.");
                     const Answer answer = client.sends("DATA");
                     if (answer.code() == 354) {
                         client.sends_octets(".\r\n").never(positively());
                         client.is_non_strict("the reply 503 or 554", "354, and a refusal later");
                         return;
                     }
                     answer.server_replies(with_code({503, 554}), with_refusal());
                 })
        .row("5321/3.3-5")
        .needs(Need::recipient);

    section
        .grammar("space-after-colon-is-refused", "No space may stand around the colon of MAIL.",
                 [](Probe& client) {
                     client.given_transaction();
                     client.given("RSET");
                     client.sends("MAIL FROM: " + client.reverse_path())
                         .server_replies(with_code(501) || with_syntax_error(), positively());
                 })
        .row("5321/3.3-1");

    section
        .grammar("space-before-colon-is-refused", "No space may stand in front of the colon.",
                 [](Probe& client) {
                     client.given_transaction();
                     client.given("RSET");
                     client.sends("MAIL FROM :" + client.reverse_path())
                         .server_replies(with_code(501) || with_syntax_error(), positively());
                 })
        .row("5321/3.3-1");

    section
        .grammar("space-after-colon-of-rcpt-is-refused", "No space may stand behind RCPT TO:.",
                 [](Probe& client) {
                     client.given_forward_path();
                     client.sends("RCPT TO: " + client.forward_path())
                         .server_replies(with_code(501) || with_syntax_error(), positively());
                     client.given("RSET");
                 })
        .row("5321/3.3-1")
        .needs(Need::recipient);

    section
        .grammar("sender-is-accepted", "MAIL with a valid mailbox is accepted.",
                 [](Probe& client) {
                     client.given_hello();
                     client.sends(client.mail()).server_replies(with_code(250));
                     client.given("RSET");
                 })
        .row("5321/3.3-6")
        .impact(Impact::high);

    section
        .grammar("recipient-is-accepted", "RCPT with a mailbox of the server is accepted.",
                 [](Probe& client) {
                     client.given_transaction();
                     client.sends(client.rcpt()).server_replies(with_code({250, 251}));
                     client.given("RSET");
                 })
        .row("5321/3.3-8")
        .needs(Need::recipient)
        .impact(Impact::high);

    section
        .grammar("unknown-mailbox-gets-550",
                 "RCPT with a mailbox that the server knows not to exist gets 550.",
                 [](Probe& client) {
                     client.given_forward_path();
                     const Answer answer = client.sends("RCPT TO:<no-such-" + client.nonce() + '@' +
                                                        client.recipient_domain() + '>');
                     if (answer.positive()) {
                         client.observes("every mailbox of the domain is accepted");
                     } else {
                         answer.server_replies(with_code({550, 551, 553}), with_refusal());
                     }
                     client.given("RSET");
                 })
        .row("5321/3.3-9")
        .needs(Need::recipient)
        .only_for(every_profile & ~bit(Profile::sink));

    section
        .grammar(
            "rcpt-without-path-is-refused",
            "RCPT without a path, or with an empty one, "
            "is refused.",
            [](Probe& client) {
                client.given_forward_path();
                client.sends("RCPT TO:<>").server_replies(with_code(501), with_permanent_refusal());
                client.sends("RCPT").server_replies(with_code(501), with_permanent_refusal());
                client.session_goes_on();
            })
        .row("5321/3.3-10")
        .needs(Need::recipient);

    section
        .should_not("headers-are-not-judged",
                    "A message is not refused for what is odd in its header.",
                    [](Probe& client) {
                        std::string text = client.message();
                        text.insert(text.find("Date:"), "Subject: twice\r\nDate: not a date\r\n");
                        delivers(client, text);
                    })
        .row("5321/3.3-11")
        .needs(Need::message)
        .delivers(2);

    section
        .must_not("resent-fields-need-not-match",
                  "A message with Resent-To and no Resent-From is not refused for that.",
                  [](Probe& client) {
                      delivers(client, with_header(client, "Resent-To: <a@client.example>\r\n"));
                  })
        .row("5321/3.3-12")
        .needs(Need::message)
        .delivers(2);

    section
        .must_not("odd-received-fields-are-taken",
                  "A message with a Received field of another form is not refused for that.",
                  [](Probe& client) {
                      delivers(client, with_header(client, "Received: garbage 42\r\n"));
                  })
        .row("5321/3.7.2-1")
        .needs(Need::message)
        .delivers(2);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

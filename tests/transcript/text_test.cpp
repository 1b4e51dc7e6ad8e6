#include "fixture/transcript/text.hpp"

#include <gtest/gtest.h>

#include "fixture/transcript/facts.hpp"
#include "fixture/transcript/phrases.hpp"
#include "fixture/transcript/printable.hpp"
#include "tests/transcript/sample.hpp"

namespace smtprig::transcript {
namespace {

using sample::client;
using sample::server;

TEST(Text, ShowsADialogueAsPeopleReadIt) {
    Log log = sample::log();
    log.event(Kind::connected, 0);
    log.wire(Kind::server_line, 120, server, "220 mail.example ESMTP smtprig\r\n");
    log.event(Kind::greeted, 121, {{key::code, 220}});
    log.wire(Kind::client_line, 500, client, "EHLO client.example\r\n");
    log.wire(Kind::server_line, 600, server, "250-mail.example\r\n");
    log.wire(Kind::server_line, 600, server, "250 8BITMIME\r\n");
    log.event(Kind::identified, 600, {{key::name, "client.example"}, {key::verb, "EHLO"}});
    log.secret(Kind::client_line, 700, client, "AUTH PLAIN ********\r\n", 44);
    log.wire(Kind::server_line, 710, server, "235 2.7.0 OK\r\n");
    log.event(Kind::authenticated, 710, {{key::mechanism, "PLAIN"}, {key::user, "anna"}});
    log.wire(Kind::client_line, 120314, client, "MAIL FROM:<a@client.example>\r\n");
    log.wire(Kind::server_line, 120390, server, "250 2.1.0 OK\r\n");
    log.event(Kind::opened, 120390, {{key::reverse_path, "a@client.example"}, {key::size, 1000}});
    log.wire(Kind::client_line, 121000, client, "RCPT TO:<b@server.example>\r\n");
    log.wire(Kind::server_line, 121100, server, "450 4.2.0 Greylisted\r\n");
    log.event(Kind::rule_fired, 121101,
              {{key::rule, "greylisted"}, {key::file, "greylisting.xml"}, {key::line, 8}});
    log.event(Kind::forward_path_refused, 121101,
              {{key::forward_path, "b@server.example"}, {key::code, 450}});
    log.wire(Kind::client_line, 130000, client, "DATA\r\n");
    log.wire(Kind::server_line, 130010, server, "354 Go ahead\r\n");
    log.mail_data(131000, client, sample::mail_data(std::string(1234, 'x')), 1234);
    log.wire(Kind::client_line, 131000, client, ".\r\n");
    log.event(Kind::mail_data_received, 131001, {{key::mail_data, 0}, {key::size, 1234}});
    log.event(Kind::waited, 2131001, {{key::waited_us, 2000000}});
    log.wire(Kind::server_line, 2131020, server, "250 2.0.0 OK\r\n");
    log.event(Kind::completed, 2131020, {{key::message, "m1"}, {key::code, 250}});
    log.event(Kind::closed, 102000000, {{key::by, "client"}, {key::how, "fin"}});

    EXPECT_EQ(text(log.snapshot()),
              "00.000000  #  127.0.0.1:50123 connected to 127.0.0.1:1025, lane default\n"
              "00.000120  S: 220 mail.example ESMTP smtprig\n"
              "00.000121  #  greeted with 220\n"
              "00.000500  C: EHLO client.example\n"
              "00.000600  S: 250-mail.example\n"
              "00.000600  S: 250 8BITMIME\n"
              "00.000600  #  the client is client.example, by EHLO\n"
              "00.000700  C: AUTH PLAIN ********\n"
              "00.000710  S: 235 2.7.0 OK\n"
              "00.000710  #  authenticated as anna by PLAIN\n"
              "00.120314  C: MAIL FROM:<a@client.example>\n"
              "00.120390  S: 250 2.1.0 OK\n"
              "00.120390  #  mail transaction opened, reverse-path <a@client.example>, SIZE 1000\n"
              "00.121000  C: RCPT TO:<b@server.example>\n"
              "00.121100  S: 450 4.2.0 Greylisted\n"
              "00.121101  #  rule greylisted (greylisting.xml:8) fired\n"
              "00.121101  #  forward-path <b@server.example> refused with 450\n"
              "00.130000  C: DATA\n"
              "00.130010  S: 354 Go ahead\n"
              "00.131000  C: [1,234 octets of mail data]\n"
              "00.131000  C: .\n"
              "00.131001  #  mail data received, a message of 1234 octets\n"
              "02.131001  #  waited 2.000000 s\n"
              "02.131020  S: 250 2.0.0 OK\n"
              "02.131020  #  mail transaction completed with 250, message m1\n"
              "102.000000  #  the client closed the connection\n");
}

std::string text_of(Kind kind, std::vector<Fact> facts) {
    Log log = sample::log();
    log.event(kind, 0, std::move(facts));
    EXPECT_TRUE(complaints(log.snapshot()).empty());
    return text(log.snapshot()).substr(11);
}

TEST(Text, SaysWhatTlsAgreedOn) {
    EXPECT_EQ(text_of(Kind::tls_started, {{key::version, "TLSv1.3"},
                                          {key::cipher, "TLS_AES_256_GCM_SHA384"},
                                          {key::server_name, "mail.example"},
                                          {key::resumed, false}}),
              "#  TLSv1.3 started, TLS_AES_256_GCM_SHA384, server name mail.example\n");
    EXPECT_EQ(text_of(Kind::tls_started, {{key::version, "TLSv1.2"}, {key::resumed, true}}),
              "#  TLSv1.2 started, resumed\n");
    EXPECT_EQ(text_of(Kind::tls_failed, {{key::reason, "certificate unknown"},
                                         {key::alert, "unknown_ca"},
                                         {key::alert_by, "client"}}),
              "#  TLS failed: certificate unknown, alert unknown_ca sent by the client\n");
}

TEST(Text, SaysWhatAnAnomalyIsAndWhichRuleMakesItOne) {
    Log log = sample::log();
    log.anomaly(0, smtp::Anomaly::bare_lf_ends_command, 4);
    const smtp::AnomalyRow& row = smtp::row(smtp::Anomaly::bare_lf_ends_command);
    EXPECT_EQ(text(log.snapshot()),
              "00.000000  #  anomaly bare-lf-ends-command: " + std::string(row.sentence) + " (" +
                  std::string(row.citation) + ")\n");
}

TEST(Text, SaysWhoEndedTheSessionAndHow) {
    EXPECT_EQ(text_of(Kind::closed, {{key::by, "client"}, {key::how, "rst"}}),
              "#  the client reset the connection\n");
    EXPECT_EQ(text_of(Kind::closed, {{key::by, "client"}, {key::how, "quit"}}),
              "#  the client ended the session with QUIT\n");
    EXPECT_EQ(text_of(Kind::closed, {{key::by, "rig"}, {key::how, "shutdown"}}),
              "#  the rig closed the connection, since it stops\n");
}

TEST(Text, SaysWhatEndedATransactionWithoutAMessage) {
    EXPECT_EQ(text_of(Kind::aborted, {{key::reason, "rset"}}),
              "#  mail transaction aborted by RSET\n");
    EXPECT_EQ(text_of(Kind::aborted, {{key::reason, "refused"}, {key::code, 552}}),
              "#  mail transaction refused with 552\n");
}

TEST(Text, SaysThatTheServerKeepsSilent) {
    EXPECT_EQ(text_of(Kind::waited, {{key::waited_us, 1500000}, {key::why, "hang"}}),
              "#  says nothing for 1.500000 s\n");
    EXPECT_EQ(text_of(Kind::waited, {{key::waited_us, 0}, {key::why, "hang"}}),
              "#  says nothing until the client goes\n");
}

TEST(Text, ShowsTheNumberThatChanceDrew) {
    EXPECT_EQ(text_of(Kind::draw, {{key::rule, "flaky"},
                                   {key::occurrence, 2},
                                   {key::drawn, 217345},
                                   {key::limit, 300000},
                                   {key::fired, true}}),
              "#  rule flaky drew 0.217345, below 0.300000, occurrence 2: it fires\n");
}

TEST(Text, NamesTheNullReversePath) {
    EXPECT_EQ(text_of(Kind::opened, {{key::reverse_path, ""}}),
              "#  mail transaction opened, null reverse-path\n");
}

TEST(Text, UnfoldsMailDataAsItWasOnTheWire) {
    Log log = sample::log();
    log.mail_data(5, client, sample::mail_data("Subject: x\r\n\r\n..\r\nbare\nlf \r\n"), 28);
    TextOptions options;
    options.mail_data = MailDataLines::unfolded;
    EXPECT_EQ(text(log.snapshot(), options),
              "00.000005  C: Subject: x\n"
              "00.000005  C: \n"
              "00.000005  C: ..\n"
              "00.000005  C: bare\\n\n"
              "00.000005  C: lf\\x20\n");
}

TEST(Text, SaysWhenMailDataIsNotAllThere) {
    auto data = std::make_shared<smtp::MailData>();
    data->wire = "abc";
    Log log = sample::log();
    log.mail_data(5, client, data, 3);
    log.mail_data(6, client, data, 5000);
    EXPECT_EQ(text(log.snapshot()),
              "00.000005  C: [3 octets of mail data, without its end]\n"
              "00.000006  C: [5,000 octets of mail data, without its end, 3 kept]\n");
    TextOptions options;
    options.mail_data = MailDataLines::unfolded;
    EXPECT_EQ(text(log.snapshot(), options),
              "00.000005  C: abc\\c\n"
              "00.000006  C: abc\\c\n"
              "00.000006  C: [4,997 octets of mail data that were not kept]\n");
}

TEST(Text, ShowsOctetsThatAreNoLineLineByLine) {
    Log log = sample::log();
    log.wire(Kind::octets, 5, server, "250-a\r\n250");
    EXPECT_EQ(text(log.snapshot()),
              "00.000005  S: 250-a\n"
              "00.000005  S: 250\\c\n");
}

TEST(Text, CanLeaveOutWhatTheLinesSayAlready) {
    Log log = sample::log();
    log.event(Kind::greeted, 1, {{key::code, 220}});
    log.event(Kind::waited, 2, {{key::waited_us, 1}});
    TextOptions options;
    options.events = Events::telling;
    EXPECT_EQ(text(log.snapshot(), options), "00.000002  #  waited 0.000001 s\n");
}

TEST(Text, IsPrintableAndWholeWhateverThePeerSends) {
    const Session session = sample::everything();
    for (const MailDataLines mail_data : {MailDataLines::folded, MailDataLines::unfolded}) {
        TextOptions options;
        options.mail_data = mail_data;
        std::string out = text(session, options);
        ASSERT_TRUE(out.ends_with('\n'));
        std::size_t lines = 0;
        for (std::size_t end; (end = out.find('\n')) != std::string::npos; ++lines) {
            EXPECT_TRUE(is_printable(out.substr(0, end))) << out.substr(0, end);
            EXPECT_GT(end, 13U) << "no phrase: " << out.substr(0, end);
            out.erase(0, end + 1);
        }
        EXPECT_GE(lines, session.events.size());
    }
}

TEST(Colour, TellsSeveritiesApartAndNeverComesFromAPeer) {
    Log log = sample::log();
    TextOptions options;
    options.colour = Colour::ansi;
    log.wire(Kind::client_line, 0, client, "\x1b[31m\r\n");
    log.wire(Kind::server_line, 0, server, "250 OK\r\n");
    log.wire(Kind::server_line, 0, server, "450 Later\r\n");
    log.wire(Kind::server_line, 0, server, "550 No\r\n");
    const std::string time = "\x1b[2m00.000000\x1b[0m  ";
    EXPECT_EQ(text(log.snapshot(), options),
              time + "\x1b[36mC: \\x1B[31m\x1b[0m\n" + time + "\x1b[32mS: 250 OK\x1b[0m\n" + time +
                  "\x1b[33mS: 450 Later\x1b[0m\n" + time + "\x1b[31mS: 550 No\x1b[0m\n");
}

TEST(Heading, NamesTheSessionItsEndsAndItsTime) {
    std::string out;
    append_heading(out, sample::log().snapshot());
    EXPECT_EQ(out,
              "session 12  127.0.0.1:50123 \u2192 127.0.0.1:1025  2026-11-24T23:00:00.000000Z\n");
}

TEST(ShortId, KeepsTheEndOfALongId) {
    EXPECT_EQ(short_id("12"), "12");
    EXPECT_EQ(short_id("12345678"), "12345678");
    EXPECT_EQ(short_id("01JDX7K3-000123"), "000123");
    EXPECT_EQ(short_id("1rnb2mxnmn-7"), "7");
    EXPECT_EQ(short_id("0123456789"), "23456789");
}

TEST(LiveText, PutsTheSessionInFrontOfEachLine) {
    std::vector<std::string> written;
    LiveText live([&](std::string_view lines) { written.emplace_back(lines); }, {});
    Log log = sample::log(&live);
    log.wire(Kind::client_line, 1, client, "NOOP\r\n");
    log.wire(Kind::octets, 2, server, "a\r\nb\r\n");
    EXPECT_EQ(written, (std::vector<std::string>{"12  00.000001  C: NOOP\n",
                                                 "12  00.000002  S: a\n12  00.000002  S: b\n"}));
}

TEST(Phrases, AreThereForEveryKindAndNameOnlyFactsOfTheTable) {
    for (std::size_t i = 0; i < kind_count; ++i) {
        const Kind kind = static_cast<Kind>(i);
        bool unconditional = false;
        for (const PhraseRow& row : phrase_rows())
            unconditional = unconditional || (row.kind == kind && row.when.empty());
        EXPECT_NE(unconditional, is_wire(kind)) << name(kind);
    }
    for (const PhraseRow& row : phrase_rows()) {
        std::string_view rest = row.text;
        while (rest.find('{') != std::string_view::npos) {
            rest.remove_prefix(rest.find('{') + 1);
            const std::string_view key = rest.substr(0, rest.find_first_of(":}"));
            EXPECT_NE(fact_row(row.kind, key), nullptr) << row.text << ": " << key;
        }
    }
}

}  // namespace
}  // namespace smtprig::transcript

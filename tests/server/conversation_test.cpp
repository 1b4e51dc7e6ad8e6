// What dialogues cannot show: octets in bulk, what is stored, what lies in which segment, what
// happens while the shell is in the middle of a step.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixture/smtp/base64.hpp"
#include "fixture/smtp/reply.hpp"
#include "tests/server/harness.hpp"

namespace smtprig::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

void begin(Talk& talk) {
    talk.line("EHLO client.example");
    talk.line("MAIL FROM:<a@client.example>");
    talk.line("RCPT TO:<b@server.example>");
    EXPECT_THAT(talk.line("DATA"), StartsWith("354 "));
}

Scene strict() {
    Scene scene;
    scene.settings.posture = smtp::Posture::strict();
    return scene;
}

TEST(Conversation, StoresEnvelopeAndMailDataAsTheyCame) {
    Talk talk{Scene()};
    talk.line("EHLO client.example");
    talk.line("MAIL FROM:<A@client.example> SIZE=20 BODY=8BITMIME");
    talk.line("RCPT TO:<@relay.example:\"b c\"@server.example>");
    talk.line("RCPT TO:<Postmaster>");
    talk.line("DATA");
    talk.send("..one\r\n\xff\r\n.\r\n");
    ASSERT_THAT(talk.messages(), SizeIs(1));
    const transcript::Message& message = talk.messages().front();
    EXPECT_EQ(message.id, "test-1-1");
    EXPECT_EQ(message.envelope.helo, "client.example");
    EXPECT_EQ(message.envelope.reverse_path, "A@client.example");
    EXPECT_EQ(message.envelope.mail.size, 20U);
    EXPECT_EQ(message.envelope.mail.body, smtp::Body::eight_bit_mime);
    ASSERT_THAT(message.envelope.forward_paths, SizeIs(2));
    EXPECT_EQ(message.envelope.forward_paths[0].path, "@relay.example:\"b c\"@server.example");
    EXPECT_EQ(message.envelope.forward_paths[0].mailbox, "\"b c\"@server.example");
    EXPECT_EQ(message.envelope.forward_paths[1].path, "Postmaster");
    EXPECT_EQ(message.data->wire, "..one\r\n\xff\r\n");
    EXPECT_EQ(message.data->content(), ".one\r\n\xff\r\n");
    EXPECT_EQ(message.trace, "");
}

TEST(Conversation, ReachesEveryMessageOfASessionWithItsOwnId) {
    Talk talk{Scene()};
    for (int i = 0; i < 3; ++i) {
        begin(talk);
        talk.send(".\r\n");
    }
    ASSERT_THAT(talk.messages(), SizeIs(3));
    EXPECT_EQ(talk.messages()[2].id, "test-1-3");
}

TEST(Conversation, AnswersPipelinedCommandsInOneSegment) {
    Talk talk{Scene()};
    talk.line("EHLO client.example");
    const std::size_t before = talk.segments().size();
    talk.send("MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nRCPT TO:<c@b.example>\r\nDATA\r\n");
    ASSERT_EQ(talk.segments().size(), before + 1);
    EXPECT_THAT(talk.segments().back(), HasSubstr("\r\n354 "));
}

TEST(Conversation, TakesOneHundredForwardPathsAndThousandsInOneBurst) {
    Talk talk(strict());
    talk.line("EHLO client.example");
    std::string burst = "MAIL FROM:<>\r\n";
    for (int i = 0; i < 2000; ++i)
        burst += "RCPT TO:<user" + std::to_string(i) + "@server.example>\r\n";
    const std::string heard = talk.send(burst + "DATA\r\n");
    EXPECT_THAT(heard, HasSubstr("\r\n354 "));
    talk.send("x\r\n.\r\n");
    ASSERT_THAT(talk.messages(), SizeIs(1));
    EXPECT_THAT(talk.messages().front().envelope.forward_paths, SizeIs(2000));
    EXPECT_EQ(talk.faults(), "");
}

TEST(Conversation, AnswersALineOfAMebibyteOnceAndGoesOn) {
    for (const bool strictly : {false, true}) {
        Talk talk(strictly ? strict() : Scene());
        talk.line("EHLO client.example");
        const std::string heard = talk.send("NOOP " + std::string(1024 * 1024, 'x') + "\r\n");
        EXPECT_THAT(heard, StartsWith("500 5.5.2 Line too long"));
        EXPECT_EQ(heard.find("\r\n"), heard.size() - 2);
        EXPECT_EQ(talk.line("NOOP"), "250 2.0.0 OK\r\n");
        talk.line("QUIT");
        EXPECT_EQ(talk.faults(), "");
        EXPECT_EQ(talk.count("anomaly over-long-command"), 1);
    }
}

TEST(Conversation, ALineWithoutEndCostsBoundedMemory) {
    Scene scene;
    scene.session_bound = 1024 * 1024;
    Talk talk(scene);
    const std::string piece(256 * 1024, 'x');
    for (int i = 0; i < 10 && !talk.over(); ++i) talk.send(piece);
    EXPECT_TRUE(talk.over());
    EXPECT_THAT(talk.heard(), HasSubstr("\r\n421 "));
    EXPECT_LT(talk.log().memory(), 3U * 1024 * 1024);
    EXPECT_EQ(talk.faults(), "");
}

TEST(Conversation, RepliesStayLegalWhateverTheClientCallsThings) {
    Scene scene;
    scene.settings.relay.push_back({"server.example", ""});
    Talk talk(scene);
    talk.line("EHLO client.example");
    const std::string parameter = talk.line("MAIL FROM:<> " + std::string(2000, 'X') + "=1");
    EXPECT_TRUE(static_cast<bool>(smtp::parse_reply(parameter)));
    EXPECT_EQ(parameter.size(), 512U);
    talk.line("MAIL FROM:<> SMTPUTF8");
    const std::string utf8 = talk.line(
        "RCPT TO:<a@b\xc3\xbc"
        "cher.example>");
    EXPECT_TRUE(static_cast<bool>(smtp::parse_reply(utf8)));
    EXPECT_THAT(utf8, HasSubstr("Mail for b??cher.example"));
}

TEST(Conversation, RepliesOfAScenarioStayLegalToo) {
    Scene scene;
    scene.scenario = "<on event=\"helo\"><reply>250 ${helo} ${helo}</reply></on>";
    Talk talk(scene);
    const std::string reply =
        talk.line("HELO " + std::string(250, 'a') + "." + std::string(200, 'b'));
    EXPECT_TRUE(static_cast<bool>(smtp::parse_reply(reply)));
}

TEST(Conversation, EachLimitIsToldByItsOwnNumber) {
    Scene scene = strict();
    scene.settings.limits.recipients = 1;
    Talk talk(scene);
    talk.line("EHLO client.example");
    EXPECT_THAT(talk.line("NOOP " + std::string(600, 'x')), HasSubstr("the limit is 512 octets"));
    talk.line("MAIL FROM:<>");
    EXPECT_THAT(talk.line("RCPT TO:<" + std::string(65, 'x') + "@server.example>"),
                HasSubstr("the limit is 64 octets"));
    talk.line("RCPT TO:<a@server.example>");
    EXPECT_EQ(talk.line("RCPT TO:<b@server.example>"),
              "452 4.5.3 Too many recipients; the limit is 1\r\n");
    talk.line("DATA");
    EXPECT_THAT(talk.send(std::string(1001, 'x') + "\r\n.\r\n"),
                HasSubstr("the limit is 1000 octets"));
}

TEST(Conversation, WordsOfAProfileMayNameDateAndPort) {
    Scene scene;
    scene.settings.wording[static_cast<std::size_t>(smtp::Situation::greeting)] =
        "220 ${hostname} ${date} port ${client.port}";
    Talk talk(scene);
    EXPECT_EQ(talk.heard(), "220 smtprig.test Mon, 30 Nov 2026 00:53:20 +0000 port 50000\r\n");
}

TEST(Conversation, TraceFieldNamesClientProtocolAndTime) {
    Scene scene;
    scene.settings.trace = true;
    scene.settings.auth_in_clear = true;
    scene.client_ip = "2001:db8::1";
    Talk talk(scene);
    talk.line("EHLO client.example");
    talk.line("AUTH PLAIN AGEAYg==");
    talk.line("MAIL FROM:<> SMTPUTF8");
    talk.line("RCPT TO:<b@server.example>");
    talk.line("DATA");
    talk.send(".\r\n");
    ASSERT_THAT(talk.messages(), SizeIs(1));
    EXPECT_EQ(talk.messages().front().trace,
              "Received: from client.example ([IPv6:2001:db8::1])\r\n"
              "\tby smtprig.test with UTF8SMTPA id test-1-1;\r\n"
              "\tMon, 30 Nov 2026 00:53:20 +0000\r\n");
    EXPECT_EQ(talk.messages().front().data->wire, "");
}

TEST(Conversation, PeriodsOfTransparencyDoNotCountAgainstTheLimit) {
    Scene scene = strict();
    scene.settings.limits.message = 30'000;
    Talk talk(scene);
    begin(talk);
    std::string wire;
    for (int i = 0; i < 10'000; ++i) wire += "..\r\n";  // a message of 30,000 octets
    EXPECT_THAT(talk.send(wire + ".\r\n"), StartsWith("250 "));
    begin(talk);
    EXPECT_THAT(talk.send(wire + "\r\n.\r\n"), StartsWith("552 "));
    EXPECT_EQ(talk.faults(), "");
}

TEST(Conversation, AMessageThatIsTooBigCostsNoMoreThanTheLimit) {
    Scene scene;
    scene.settings.limits.message = 1000;
    Talk talk(scene);
    begin(talk);
    const std::string line = std::string(998, 'x') + "\r\n";
    for (int i = 0; i < 5000; ++i) talk.send(line);
    EXPECT_LT(talk.log().memory(), 64U * 1024);
    EXPECT_LT(talk.budget().used(), 64 * 1024);
    EXPECT_THAT(talk.send(".\r\n"), StartsWith("552 5.3.4 "));
    begin(talk);
    EXPECT_THAT(talk.send(".\r\n"), StartsWith("250 "));
    talk.line("QUIT");
    EXPECT_EQ(talk.faults(), "");
}

TEST(Conversation, FullMemoryIsAMatterOfLaterAndNotOfSize) {
    Scene scene;
    scene.budget = 10'000;
    Talk talk(scene);
    begin(talk);
    const std::string line = std::string(998, 'x') + "\r\n";
    for (int i = 0; i < 50; ++i) talk.send(line);
    talk.budget().grow(-40'000);  // others went in the meantime
    EXPECT_THAT(talk.send(".\r\n"), StartsWith("452 4.3.1 "));
    EXPECT_THAT(talk.messages(), IsEmpty());
    EXPECT_EQ(talk.faults(), "");
}

TEST(Conversation, WhatAnOpenSessionKeepsCountsToItsEnd) {
    Scene scene;
    scene.budget = 10'000;
    Talk talk(scene);
    const std::string message = std::string(4000, 'x') + "\r\n.\r\n";
    std::string last;
    for (int i = 0; i < 4; ++i) {
        begin(talk);
        last = talk.send(message);
    }
    EXPECT_THAT(last, StartsWith("452 "));
    EXPECT_THAT(talk.messages(), SizeIs(3));  // the third came in one read
}

TEST(Conversation, ADeclaredSizeIsOnlyAClaim) {
    Talk talk(strict());
    talk.line("EHLO client.example");
    talk.line("MAIL FROM:<a@client.example> SIZE=52428800");
    talk.line("RCPT TO:<b@server.example>");
    talk.line("DATA");
    EXPECT_THAT(talk.send("x\r\n.\r\n"), StartsWith("250 "));
}

TEST(Conversation, AShutdownDoesNotTouchWhatIsBeingWritten) {
    Talk talk{Scene()};
    talk.line("EHLO client.example");
    talk.block_writes();
    talk.send("NOOP\r\n");
    const char* const octets = talk.conversation().output().data();
    const std::string output(talk.conversation().output());
    talk.shut_down();
    EXPECT_EQ(talk.conversation().output().data(), octets);
    EXPECT_EQ(talk.conversation().output(), output);
    EXPECT_THAT(talk.unblock(), HasSubstr("250 2.0.0 OK\r\n421 "));
    EXPECT_TRUE(talk.over());
}

TEST(Conversation, AQuitThatCameWithTheFinCounts) {
    Talk talk{Scene()};
    talk.arrive("EHLO client.example\r\nQUIT\r\n");
    EXPECT_THAT(talk.fin(), HasSubstr("\r\n221 "));
    EXPECT_EQ(talk.count("anomaly closed"), 0);
    EXPECT_EQ(talk.count("ended the session with QUIT"), 1);
}

TEST(Conversation, WhatIsOwedIsSaidToAClientThatOnlyClosedItsSide) {
    Talk talk{Scene()};
    talk.arrive("EHLO client.example\r\nMAIL FROM:<>\r\n");
    EXPECT_THAT(talk.fin(), HasSubstr("\r\n250 2.1.0 "));
    EXPECT_EQ(talk.count("anomaly closed-without-quit"), 1);
    EXPECT_EQ(talk.faults(), "");
}

TEST(Conversation, AClientThatDoesNotWaitForTheGreetingIsToldOf) {
    Scene scene;
    scene.scenario = "<on event=\"connect\"><delay for=\"3s\"/></on>";
    scene.settings.tls = smtp::TlsMode::none;
    Talk talk(scene);
    talk.line("QUIT");
    EXPECT_EQ(talk.count("anomaly sent-before-greeting"), 0);

    Scene implicit;
    implicit.settings.tls = smtp::TlsMode::implicit;
    Talk early(implicit);
    EXPECT_TRUE(early.waits_for_tls());
    EXPECT_THAT(early.tls(), StartsWith("220 "));
}

TEST(Conversation, NoSecretOfAuthGetsIntoATranscript) {
    const std::string secret = "AHRpbQB0YW5zdGFhZnRhbnN0YWFm";
    Scene scene;
    scene.show_secrets = false;
    scene.settings.auth_in_clear = true;
    scene.settings.limits.line_bound = 64;
    const std::string secrets = secret + secret + secret + secret;
    const std::vector<std::vector<std::string>> sessions{
        {"EHLO c\r\nAUTH PLAIN " + secret + "\r\n"},
        {"EHLO c\r\n", "AUTH PLAIN\r\n", secret + "\r\n"},
        {"EHLO c\r\n", "AUTH LOGIN\r\n", "dGlt\r\n", secret + "\r\n"},
        {"EHLO c\r\n", "AUTH PLAIN " + secret},                          // cut off
        {"EHLO c\r\n", "AUTH PLAIN\r\n", secret},                        // cut off
        {"EHLO c\r\n", "AUTH PLAIN " + secrets},                         // above the bound
        {"EHLO c\r\n", "AUTH PLAIN " + secrets + "\r\n"},                // above the bound
        {"EHLO c\r\n", "AUTH PLAIN\r\n", secrets + "\r\n"},              // above the bound
        {"QUIT\r\nAUTH LOGIN\r\n" + secret + "\r\n" + secret + "\r\n"},  // not looked at
        {"QUIT\r\nNOOP\r\nauth plain " + secret + "\r\nNOOP\r\n"},       // not looked at
    };
    for (const auto& session : sessions) {
        Talk talk(scene);
        for (const std::string& piece : session) talk.send(piece);
        talk.rst();
        EXPECT_THAT(talk.text(), Not(HasSubstr("AHRpbQB0"))) << session.back();
        EXPECT_THAT(talk.text(), Not(HasSubstr("tanstaaf"))) << session.back();
        EXPECT_THAT(talk.text(), Not(HasSubstr("YWFm"))) << session.back();
        EXPECT_THAT(talk.text(), HasSubstr("****")) << session.back();
        EXPECT_EQ(talk.faults(), "") << session.back();
    }
}

TEST(Conversation, CramMd5AcceptsTheRightDigestAndNoOther) {
    Scene scene = strict();
    scene.settings.auth_in_clear = true;
    scene.settings.users.push_back({"tim", "tanstaaftanstaaf", ""});
    for (const std::string password : {"tanstaaftanstaaf", "wrong"}) {
        Talk talk(scene);
        talk.line("EHLO client.example");
        const std::string challenge = talk.line("AUTH CRAM-MD5");
        ASSERT_THAT(challenge, StartsWith("334 "));
        const auto octets = smtp::from_base64(challenge.substr(4, challenge.size() - 6));
        ASSERT_TRUE(octets);
        const std::string response = "tim " + tls::OpenSslCrypto().hmac_md5_hex(password, *octets);
        const std::string reply = talk.line(smtp::to_base64(response));
        EXPECT_EQ(reply.substr(0, 3), password == "wrong" ? "535" : "235");
        EXPECT_EQ(talk.conversation().session().authenticated(), password != "wrong");
    }
}

TEST(Conversation, EachChallengeIsFresh) {
    Scene scene;
    scene.settings.auth_in_clear = true;
    Talk talk(scene);
    talk.line("EHLO client.example");
    const std::string first = talk.line("AUTH CRAM-MD5");
    talk.line("*");
    EXPECT_NE(talk.line("AUTH CRAM-MD5"), first);
}

TEST(Conversation, AuthInTheClearIsToldOf) {
    Scene scene;
    scene.settings.auth_in_clear = true;
    Talk talk(scene);
    talk.line("EHLO client.example");
    talk.line("AUTH PLAIN AGEAYg==");
    EXPECT_EQ(talk.count("anomaly auth-in-clear"), 1);
    Scene tls = scene;
    tls.settings.tls = smtp::TlsMode::implicit;
    Talk hidden(tls);
    hidden.tls();
    hidden.line("EHLO client.example");
    EXPECT_THAT(hidden.line("AUTH PLAIN AGEAYg=="), StartsWith("235 "));
    EXPECT_EQ(hidden.count("anomaly auth-in-clear"), 0);
}

TEST(Conversation, TlsForgetsWhoTheClientWas) {
    Scene scene;
    scene.settings.tls = smtp::TlsMode::starttls;
    scene.settings.auth_in_clear = true;
    Talk talk(scene);
    talk.line("EHLO client.example");
    talk.line("AUTH PLAIN AGEAYg==");
    ASSERT_TRUE(talk.conversation().session().authenticated());
    talk.line("STARTTLS");
    talk.tls();
    EXPECT_FALSE(talk.conversation().session().authenticated());
    EXPECT_THAT(talk.line("EHLO client.example"), HasSubstr("250-AUTH "));
}

TEST(Conversation, ThePartOfAMessageThatCameIsInTheTranscript) {
    for (const std::string how : {"timeout", "fin", "rst", "cut"}) {
        Talk talk{Scene()};
        begin(talk);
        talk.send("Half a message\r\n.");
        if (how == "timeout") talk.pass(300'000);
        if (how == "fin") talk.fin();
        if (how == "rst") talk.rst();
        if (how == "cut") {
            talk.conversation().cut("shutdown", 1'000'000);
            talk.shut_down();
        }
        EXPECT_TRUE(talk.over());
        ASSERT_THAT(talk.transcript().mail_data, SizeIs(1)) << how;
        EXPECT_EQ(talk.transcript().mail_data[0]->wire, "Half a message\r\n.");
        EXPECT_EQ(talk.faults(), "") << how;
        EXPECT_EQ(talk.count("mail transaction aborted"), 1) << how;
        EXPECT_THAT(talk.messages(), IsEmpty());
    }
}

TEST(Conversation, AnErrorOfOursEndsTheSessionAndIsToldOf) {
    Talk talk{Scene()};
    begin(talk);
    talk.conversation().internal_error("out of paper", 1000);
    talk.shut_down();
    EXPECT_TRUE(talk.over());
    EXPECT_EQ(talk.count("internal error: out of paper"), 1);
    EXPECT_EQ(talk.faults(), "");
}

}  // namespace
}  // namespace smtprig::server

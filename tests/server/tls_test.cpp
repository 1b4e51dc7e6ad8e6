// Sessions under TLS, on real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/fake.hpp"

namespace smtprig::server {
namespace {

using testing::AnyOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

TEST(ServerUnderTls, StartsTls) {
    FakeOptions options;
    options.settings.tls = smtp::TlsMode::starttls;
    Fake fake(options);
    Client client = fake.client();
    client.hear("220");
    EXPECT_THAT(client.say("EHLO client.example\r\n", "250"), HasSubstr("250-STARTTLS\r\n"));
    EXPECT_THAT(client.say("STARTTLS\r\n", "220"), StartsWith("220 "));
    ASSERT_TRUE(client.start_tls("mx.example"));
    EXPECT_THAT(client.say("EHLO client.example\r\n", "250"), Not(HasSubstr("STARTTLS")));
    client.say(mail, "354");
    const std::string text(3 * 1024 * 1024, 'x');
    EXPECT_THAT(client.say(text + "\r\n.\r\n", "250"), StartsWith("250 "));
    EXPECT_THAT(client.say("QUIT\r\n", "221"), StartsWith("221 "));
    EXPECT_EQ(client.end(), "fin");
    EXPECT_EQ(client.engine().status(), tls::EngineStatus::closed);
    EXPECT_EQ(fake.stop(), "");
    ASSERT_THAT(fake.messages(), SizeIs(1));
    EXPECT_TRUE(fake.messages()[0].tls);
    EXPECT_EQ(fake.messages()[0].data->wire, text + "\r\n");
}

TEST(ServerUnderTls, SpeaksTlsFromTheFirstOctet) {
    FakeOptions options;
    options.settings.tls = smtp::TlsMode::implicit;
    Fake fake(options);
    Client client = fake.client();
    ASSERT_TRUE(client.start_tls("mx.example"));
    send_mail(client);
    client.say("QUIT\r\n", "221");
    EXPECT_EQ(client.end(), "fin");
    EXPECT_EQ(fake.stop(), "");
}

TEST(ServerUnderTls, AnswersUnderTlsToAClientThatSentCloseNotify) {
    FakeOptions options;
    options.settings.tls = smtp::TlsMode::implicit;
    Fake fake(options);
    Client client = fake.client();
    ASSERT_TRUE(client.start_tls("mx.example"));
    client.hear("220");
    client.send("EHLO client.example\r\nQUIT\r\n");
    client.close_notify();
    EXPECT_THAT(client.hear("221"), EndsWith("221 2.0.0 smtprig.test closes the session\r\n"));
    EXPECT_FALSE(client.engine().failed());
    EXPECT_EQ(fake.stop(), "");
    EXPECT_EQ(fake.ending(0), "client quit");
}

TEST(ServerUnderTls, DiscardsPlaintextThatCameBehindStarttls) {
    FakeOptions options;
    options.settings.tls = smtp::TlsMode::starttls;
    Fake fake(options);
    Client client = fake.client();
    client.hear("220");
    client.say("EHLO client.example\r\n", "250");
    client.say("STARTTLS\r\nMAIL FROM:<injected@attacker.example>\r\n", "220");
    ASSERT_TRUE(client.start_tls("mx.example"));
    client.say("EHLO client.example\r\n", "250");
    EXPECT_THAT(client.say("RCPT TO:<b@server.example>\r\n", "503"), StartsWith("503 "));
    client.close();
    EXPECT_EQ(fake.stop(), "");
}

TEST(ServerUnderTls, ClosesWhereTheHandshakeFails) {
    FakeOptions options;
    options.settings.tls = smtp::TlsMode::implicit;
    Fake fake(options);
    Client client = fake.client();
    client.send("EHLO client.example\r\n");
    EXPECT_THAT(client.end(), AnyOf("fin", "rst"));
    client.close();
    EXPECT_TRUE(fake.wait_for_closed(1));
    EXPECT_EQ(fake.ending(0), "rig tls");
    EXPECT_EQ(fake.stop(), "");
}

TEST(ServerUnderTls, GivesUpAHandshakeThatDoesNotGoOn) {
    FakeOptions options;
    options.settings.tls = smtp::TlsMode::implicit;
    options.settings.timeouts.tls_handshake = 50;
    Fake fake(options);
    Client client = fake.client();
    EXPECT_EQ(client.end(), "fin");
    EXPECT_EQ(fake.stop(), "");
    EXPECT_EQ(fake.ending(0), "rig tls");
}

TEST(ServerUnderTls, EveryReplyReachesASlowReaderUnderTls) {
    FakeOptions options;
    options.settings.tls = smtp::TlsMode::implicit;
    // One effect of 4 MiB: more than engine and socket take at once.
    options.scenario =
        "<on event=\"help\"><send repeat=\"4096\">" + std::string(1022, 'x') + "\\r\\n</send></on>";
    Fake fake(options);
    Client client = fake.client();
    ASSERT_TRUE(client.start_tls("mx.example"));
    client.hear("220");
    client.send("HELP\r\nQUIT\r\n");
    const std::string heard = client.hear("221");
    EXPECT_FALSE(client.engine().failed());
    EXPECT_EQ(heard.size(),
              4096 * 1024 + std::string("221 2.0.0 smtprig.test closes the session\r\n").size());
    EXPECT_EQ(fake.stop(), "");
}

}  // namespace
}  // namespace smtprig::server

// The shell on real sockets: starting and stopping, clients that behave badly, many at once.
#include "fixture/server/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/server/fake.hpp"

namespace smtprig::server {
namespace {

using testing::AnyOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

TEST(Server, StartsAndStopsTwoHundredTimes) {
    FakeOptions options;
    options.threads = 3;
    options.grace = 30;
    for (int i = 0; i < 200; ++i) {
        Fake fake(options);
        ASSERT_EQ(fake.problem(), "");
        Client client = fake.client();
        ASSERT_TRUE(client.connected());
        if (i % 4 != 0) {
            ASSERT_THAT(client.hear("220"), StartsWith("220 "));
        }
        if (i % 2 == 0) client.send("EHLO client.example\r\n");
        ASSERT_EQ(fake.stop(), "");
    }
}

TEST(Server, StopsWithSessionsInEveryPhase) {
    FakeOptions options;
    options.threads = 2;
    options.settings.tls = smtp::TlsMode::starttls;
    options.scenario =
        "<on event=\"noop\"><delay for=\"1h\"/></on><on event=\"help\"><hang/></on>"
        "<on event=\"vrfy\"><close how=\"half\"/></on>";
    Fake fake(options);
    std::vector<Client> clients;
    for (int i = 0; i < 8; ++i) {
        clients.push_back(fake.client());
        clients.back().hear("220");
        if (i > 0) clients.back().say("EHLO client.example\r\n", "250");
    }
    clients[2].say("MAIL FROM:<>\r\n", "250");
    clients[3].say("MAIL FROM:<>\r\nRCPT TO:<b@server.example>\r\nDATA\r\n", "354");
    clients[3].send("Half");
    clients[4].say("STARTTLS\r\n", "220");
    clients[5].send("NOOP\r\n");
    clients[6].send("HELP\r\n");
    clients[7].send("VRFY a\r\n");
    EXPECT_EQ(clients[7].end(), "fin");
    EXPECT_EQ(fake.stop(), "");
    for (const int i : {0, 1, 2}) {
        EXPECT_THAT(clients[static_cast<std::size_t>(i)].hear("421"), StartsWith("421 4.3.2 "));
        EXPECT_EQ(fake.ending(static_cast<std::size_t>(i)), "rig shutdown");
    }
    EXPECT_EQ(fake.ending(3), "rig shutdown");
    EXPECT_EQ(fake.server().open_sessions(), 0U);
    EXPECT_FALSE(fake.client().connected());
}

TEST(Server, ASessionInTheMiddleOfMailDataIsTold421AtItsEnd) {
    FakeOptions options;
    options.grace = 10'000;
    Fake fake(options);
    Client client = fake.client();
    client.hear("220");
    client.say("EHLO client.example\r\n", "250");
    client.say(mail, "354");
    std::thread stopper([&] { EXPECT_EQ(fake.stop(), ""); });
    client.send("Text\r\n");
    // The listener is closed before sessions are told.
    while (fake.client().connected()) std::this_thread::yield();
    EXPECT_THAT(client.say(".\r\n", "421"), StartsWith("421 "));
    client.close();
    stopper.join();
}

TEST(Server, RefusesOneSessionTooManyWith421) {
    FakeOptions options;
    options.max_sessions = 2;
    Fake fake(options);
    Client first = fake.client(), second = fake.client();
    first.hear("220");
    second.hear("220");
    Client third = fake.client();
    EXPECT_THAT(third.hear("421"), StartsWith("421 4.3.2 "));
    EXPECT_EQ(third.end(), "fin");
    third.close();
    first.say("QUIT\r\n", "221");
    first.close();
    EXPECT_TRUE(fake.wait_for_closed(2));
    while (fake.server().open_sessions() > 1) std::this_thread::yield();
    Client fourth = fake.client();
    EXPECT_THAT(fourth.hear("220"), StartsWith("220 "));
    fourth.close();
    second.close();
    EXPECT_EQ(fake.stop(), "");
}

TEST(Server, RefusesSessionsWhileMemoryIsFull) {
    FakeOptions options;
    Fake fake(options);
    fake.budget().grow(options.budget + 1);
    Client client = fake.client();
    EXPECT_THAT(client.hear("421"), StartsWith("421 "));
    client.close();
    fake.budget().grow(-options.budget - 1);
    Client next = fake.client();
    EXPECT_THAT(next.hear("220"), StartsWith("220 "));
    next.close();
    EXPECT_EQ(fake.stop(), "");
}

TEST(Server, ASilentClientIsToldToGo) {
    FakeOptions options;
    options.settings.timeouts.command = 50;
    options.settings.timeouts.mail_data = 50;
    Fake fake(options);
    Client idle = fake.client();
    EXPECT_THAT(idle.hear("421"), HasSubstr("\r\n421 4.4.2 "));
    EXPECT_EQ(idle.end(), "fin");
    Client in_mail_data = fake.client();
    in_mail_data.send("EHLO client.example\r\n" + std::string(mail) + "Half");
    EXPECT_THAT(in_mail_data.hear("421"), HasSubstr("\r\n421 4.4.2 "));
    EXPECT_EQ(in_mail_data.end(), "fin");
    EXPECT_EQ(fake.stop(), "");
    EXPECT_EQ(fake.ending(0), "rig timeout");
    EXPECT_EQ(fake.ending(1), "rig timeout");
}

// Fills what lies between the two ends with replies that nobody reads.
void flood_with_help(Client& client) {
    std::string commands;
    for (int i = 0; i < 10'000; ++i) commands += "HELP\r\n";
    for (int quiet = 0; quiet < 3;)
        quiet = client.flood(commands) > 0 ? 0 : quiet + (client.wait_writable(20) ? 0 : 1);
}

TEST(Server, AClientThatNeverReadsCostsBoundedMemoryAndIsCutOff) {
    for (const bool tls : {false, true}) {
        FakeOptions options;
        options.settings.limits.commands = 100'000'000;
        options.settings.timeouts.command = 500;
        if (tls) options.settings.tls = smtp::TlsMode::implicit;
        Fake fake(options);
        Client slow = fake.client();
        if (tls) {
            ASSERT_TRUE(slow.start_tls("mx.example"));
            std::string commands;
            for (int i = 0; i < 1000; ++i) commands += "HELP\r\n";
            for (int quiet = 0; quiet < 3;) {
                slow.engine().write(commands);
                const std::size_t sent = slow.flood(slow.engine().output());
                slow.engine().sent(sent);
                quiet = sent > 0 ? 0 : quiet + (slow.wait_writable(20) ? 0 : 1);
            }
        } else {
            flood_with_help(slow);
        }
        // Nobody else notices.
        Client other = fake.client();
        if (tls) {
            ASSERT_TRUE(other.start_tls("mx.example"));
        }
        send_mail(other);
        other.say("QUIT\r\n", "221");
        EXPECT_TRUE(fake.wait_for_closed(2)) << tls;
        EXPECT_THAT(fake.ending(0), AnyOf("rig timeout", "client rst"));
        slow.close();
        EXPECT_EQ(fake.stop(), "");
    }
}

TEST(Server, StopsWhileAWriteIsBlocked) {
    FakeOptions options;
    options.settings.limits.commands = 100'000'000;
    Fake fake(options);
    Client slow = fake.client();
    flood_with_help(slow);
    EXPECT_EQ(fake.stop(), "");
    EXPECT_EQ(fake.ending(0), "rig shutdown");
}

TEST(Server, AFloodOfCommandsEndsAtTheLimit) {
    FakeOptions options;
    options.settings.limits.commands = 1000;
    Fake fake(options);
    Client client = fake.client();
    std::string commands;
    for (int i = 0; i < 3000; ++i) commands += "NOOP\r\n";
    client.send(commands);
    EXPECT_THAT(client.hear("421"), HasSubstr("\r\n421 4.7.0 "));
    EXPECT_EQ(client.end(), "fin");
    EXPECT_EQ(fake.stop(), "");
    EXPECT_EQ(fake.ending(0), "rig limit");
}

TEST(Server, AnswersAClientThatClosedItsSide) {
    Fake fake{FakeOptions()};
    Client client = fake.client();
    client.send("EHLO client.example\r\nNOOP\r\n");
    client.half_close();
    EXPECT_THAT(client.hear("250 2.0.0"), EndsWith("250 2.0.0 OK\r\n"));
    EXPECT_EQ(client.end(), "fin");
    EXPECT_EQ(fake.stop(), "");
    EXPECT_EQ(fake.ending(0), "client fin");
}

TEST(Server, AHangEndsWhenTheClientGoesEvenWhereItWentBefore) {
    FakeOptions options;
    options.scenario = "<on event=\"noop\"><hang/></on>";
    Fake fake(options);
    Client before = fake.client();
    before.hear("220");
    before.send("NOOP\r\n");
    before.half_close();
    EXPECT_TRUE(fake.wait_for_closed(1));
    Client after = fake.client();
    after.hear("220");
    after.send("NOOP\r\n");
    after.close();
    EXPECT_TRUE(fake.wait_for_closed(2));
    EXPECT_EQ(fake.ending(0), "rig hang");
    EXPECT_EQ(fake.stop(), "");
}

TEST(Server, SeesAReset) {
    Fake fake{FakeOptions()};
    Client client = fake.client();
    client.hear("220");
    client.say("EHLO client.example\r\n", "250");
    client.reset();
    EXPECT_TRUE(fake.wait_for_closed(1));
    EXPECT_EQ(fake.ending(0), "client rst");
    EXPECT_EQ(fake.stop(), "");
}

TEST(Server, ClosesAsTheScenarioSays) {
    FakeOptions options;
    options.scenario =
        "<on event=\"noop\"><close how=\"rst\"/></on><on event=\"help\"><close/></on>"
        "<on event=\"vrfy\"><reply>421 4.3.2 Enough</reply></on>";
    Fake fake(options);
    const std::vector<std::pair<std::string, std::string>> endings{
        {"NOOP\r\n", "rst"}, {"HELP\r\nNOOP\r\nNOOP\r\n", "fin"}, {"VRFY a\r\nNOOP\r\n", "fin"}};
    for (const auto& [command, ending] : endings) {
        Client client = fake.client();
        client.hear("220");
        client.send(command);
        EXPECT_EQ(client.end(), ending) << command;
    }
    EXPECT_EQ(fake.stop(), "");
}

TEST(Server, ServesFiveHundredSessionsAtOnce) {
    FakeOptions options;
    options.threads = 4;
    Fake fake(options);
    std::vector<Client> clients;
    for (int i = 0; i < 500; ++i) clients.push_back(fake.client());
    for (Client& client : clients)
        client.send("EHLO client.example\r\n" + std::string(mail) + "Text\r\n.\r\nQUIT\r\n");
    for (Client& client : clients) EXPECT_THAT(client.hear("221"), HasSubstr("\r\n250 2.0.0 "));
    EXPECT_TRUE(fake.wait_for_closed(500));
    EXPECT_EQ(fake.stop(), "");
    EXPECT_THAT(fake.messages(), SizeIs(500));
    std::vector<std::string> ids;
    for (const transcript::Session& session : fake.sessions()) ids.push_back(session.id);
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
}

}  // namespace
}  // namespace smtprig::server

// The shell on real sockets: starting and stopping, clients that behave badly, TLS, many at once.
#include "fixture/server/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "tests/server/fake.hpp"

namespace smtprig::server {
namespace {

using testing::AnyOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::string_view mail =
    "MAIL FROM:<a@client.example>\r\nRCPT TO:<b@server.example>\r\nDATA\r\n";

void send_mail(Client& client) {
    EXPECT_THAT(client.hear("220"), StartsWith("220 "));
    EXPECT_THAT(client.say("EHLO client.example\r\n", "250"), StartsWith("250"));
    EXPECT_THAT(client.say(mail, "354"), EndsWith("CRLF>\r\n"));
    EXPECT_THAT(client.say("Text\r\n.\r\n", "250"), StartsWith("250 2.0.0 "));
}

// A folder of its own that goes with the test.
class Folder {
  public:
    Folder() {
        std::string name = "/tmp/smtprig-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() { ::rmdir(path_.c_str()); }
    std::string file(const std::string& name) const { return path_ + '/' + name; }

  private:
    std::string path_;
};

TEST(Server, TakesAMailOnIpv4Ipv6AndAUnixSocket) {
    const Folder folder;
    for (const std::string where : {"127.0.0.1", "::1", "unix"}) {
        FakeOptions options;
        options.threads = 2;
        if (where == "unix")
            options.path = folder.file("smtp");
        else
            options.host = where;
        Fake fake(options);
        ASSERT_EQ(fake.problem(), "");
        for (int i = 0; i < 3; ++i) {
            Client client = fake.client();
            ASSERT_TRUE(client.connected());
            send_mail(client);
            // Visible before the 250 is.
            EXPECT_THAT(fake.messages(), SizeIs(i + 1));
            EXPECT_THAT(client.say("QUIT\r\n", "221"), StartsWith("221 "));
            EXPECT_EQ(client.end(), "fin");
        }
        EXPECT_EQ(fake.stop(), "");
        EXPECT_EQ(fake.ending(0), "client quit");
        struct stat status {};
        if (where == "unix") {
            EXPECT_NE(::lstat(options.path.c_str(), &status), 0);
        }
    }
}

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

TEST(Server, MayBeDestroyedWithoutHavingStartedOrStopped) {
    const Folder folder;
    FakeOptions options;
    options.path = folder.file("smtp");
    options.start = false;
    { const Fake fake(options); }
    struct stat status {};
    EXPECT_NE(::lstat(options.path.c_str(), &status), 0);
    options.start = true;
    const Fake fake(options);
    Client client = fake.client();
    EXPECT_THAT(client.hear("220"), StartsWith("220 "));
}

TEST(Server, RefusesAPortThatIsInUse) {
    for (const unsigned threads : {1u, 3u}) {
        FakeOptions options;
        options.threads = threads;
        const Fake first(options);
        ASSERT_EQ(first.problem(), "");

        class None : public Sink {
            void opened(const std::shared_ptr<transcript::Log>&) override {}
            void closed(const std::shared_ptr<transcript::Log>&) override {}
            Delivery accept(const transcript::Message&) override { return Delivery::stored; }
            transcript::Observer* observer() override { return nullptr; }
        } none;
        ServerOptions server_options;
        server_options.threads = threads;
        Server second(server_options, none);
        Listener listener;
        listener.endpoint = first.endpoint();
        const auto problem = second.listen(listener);
        ASSERT_TRUE(problem.has_value());
        EXPECT_EQ(*problem,
                  "Cannot listen on " + to_string(first.endpoint()) + ": the address is in use.");
    }
}

TEST(Server, RefusesAPortThatIsInUseEvenToAProgramWithReusePort) {
    const Fake fake{FakeOptions()};
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(fake.endpoint().port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_NE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(socket);
}

TEST(Server, SaysWhatIsWrongWithAnEndpoint) {
    const Folder folder;
    FakeOptions options;
    options.host = "localhost";
    EXPECT_THAT(Fake(options).problem(), HasSubstr("the host is not an address"));
    options.host = "192.0.2.1";
    EXPECT_THAT(Fake(options).problem(), HasSubstr("this machine has no such address"));
    options.path = folder.file(std::string(200, 'x'));
    EXPECT_THAT(Fake(options).problem(), HasSubstr("longer than 107 octets"));
    options.path = folder.file("missing/smtp");
    EXPECT_THAT(Fake(options).problem(), StartsWith("Cannot listen on unix:"));
    options.path = folder.file("smtp");
    const int file = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ::close(file);
    const Fake first(options);
    EXPECT_THAT(Fake(options).problem(), HasSubstr("the address is in use"));
    options.path = "/etc/hostname";
    EXPECT_THAT(Fake(options).problem(), HasSubstr("a file of that name exists"));
}

TEST(Server, ReplacesAUnixSocketThatNobodyListensOn) {
    const Folder folder;
    FakeOptions options;
    options.path = folder.file("smtp");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    options.path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int left_over = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(::bind(left_over, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(left_over);
    Fake fake(options);
    EXPECT_EQ(fake.problem(), "");
    Client client = fake.client();
    EXPECT_THAT(client.hear("220"), StartsWith("220 "));
    client.close();
    EXPECT_EQ(fake.stop(), "");
}

TEST(Server, StartsTls) {
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

TEST(Server, SpeaksTlsFromTheFirstOctet) {
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

TEST(Server, AnswersUnderTlsToAClientThatSentCloseNotify) {
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

TEST(Server, DiscardsPlaintextThatCameBehindStarttls) {
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

TEST(Server, ClosesWhereTheHandshakeFails) {
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

TEST(Server, GivesUpAHandshakeThatDoesNotGoOn) {
    FakeOptions options;
    options.settings.tls = smtp::TlsMode::implicit;
    options.settings.timeouts.tls_handshake = 50;
    Fake fake(options);
    Client client = fake.client();
    EXPECT_EQ(client.end(), "fin");
    EXPECT_EQ(fake.stop(), "");
    EXPECT_EQ(fake.ending(0), "rig tls");
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
    EXPECT_THAT(client.say(".\r\n", "421"), AnyOf(StartsWith("421 "), StartsWith("250 ")));
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
    Client fourth = fake.client();
    EXPECT_THAT(fourth.hear("220"), AnyOf(StartsWith("220 "), StartsWith("421 ")));
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

TEST(Server, EveryReplyReachesASlowReaderUnderTls) {
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

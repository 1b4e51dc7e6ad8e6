// Where a server listens, and what it says where it cannot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/server/fake.hpp"

namespace smtprig::server {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

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

TEST(Listening, TakesAMailOnIpv4Ipv6AndAUnixSocket) {
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

TEST(Listening, MayBeDestroyedWithoutHavingStartedOrStopped) {
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

TEST(Listening, ALaneMayComeAndGoWhileTheOthersGoOn) {
    FakeOptions options;
    options.threads = 2;
    Fake fake(options);
    ASSERT_EQ(fake.problem(), "");
    Client stays = fake.client();
    EXPECT_THAT(stays.hear("220"), StartsWith("220 "));
    for (int round = 0; round < 20; ++round) {
        Listener late = fake.listener();
        late.endpoint.port = 0;
        late.lane = std::make_shared<Lane>();
        late.lane->name = "late";
        ASSERT_FALSE(fake.server().listen(late));
        Client idle(late.endpoint), sending(late.endpoint);
        send_mail(sending);
        EXPECT_THAT(idle.hear("220"), StartsWith("220 "));
        EXPECT_THAT(fake.messages(), SizeIs(round + 1));
        fake.server().close(late.lane);
        // Over when close() returns, and told to the sink.
        EXPECT_EQ(fake.server().open_sessions(), 1U);
        EXPECT_EQ(fake.ending(static_cast<std::size_t>(2 * round + 1)), "rig shutdown");
        EXPECT_NE(idle.end(), "deadline");
        EXPECT_FALSE(Client(late.endpoint).connected());
    }
    EXPECT_THAT(stays.say("NOOP\r\n", "250"), StartsWith("250 "));
    stays.close();
    EXPECT_EQ(fake.stop(), "");
}

TEST(Listening, RefusesAPortThatIsInUse) {
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

TEST(Listening, RefusesAPortThatIsInUseEvenToAProgramWithReusePort) {
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

TEST(Listening, SaysWhatIsWrongWithAnEndpoint) {
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

TEST(Listening, ReplacesAUnixSocketThatNobodyListensOn) {
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

}  // namespace
}  // namespace smtprig::server

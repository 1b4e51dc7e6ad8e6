#include "fixture/api/http_server.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>

namespace smtprig::api {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Browser {
  public:
    explicit Browser(std::uint16_t port) {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    ~Browser() { ::close(socket_); }
    Browser(const Browser&) = delete;
    Browser& operator=(const Browser&) = delete;

    void send(std::string_view octets) {
        while (!octets.empty()) {
            const ssize_t count = ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
            if (count <= 0) return;
            octets.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    // What comes up to and including `mark`; everything, where the stream ends before.
    std::string hear(std::string_view mark) {
        std::size_t at = 0;
        while ((at = heard_.find(mark)) == std::string::npos)
            if (!receive()) return std::exchange(heard_, {});
        std::string said = heard_.substr(0, at + mark.size());
        heard_.erase(0, at + mark.size());
        return said;
    }
    std::string get(const std::string& target, std::string_view mark) {
        send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return hear(mark);
    }
    std::string rest() {
        while (receive()) continue;
        return std::exchange(heard_, {});
    }

  private:
    bool receive() {
        pollfd wait{socket_, POLLIN, 0};
        if (::poll(&wait, 1, 20'000) <= 0) {
            ADD_FAILURE() << "The server said nothing for 20 s.";
            return false;
        }
        char octets[4096];
        const ssize_t count = ::recv(socket_, octets, sizeof octets, 0);
        if (count <= 0) return false;
        heard_.append(octets, static_cast<std::size_t>(count));
        return true;
    }

    int socket_;
    std::string heard_;
};

class HttpServerTest : public testing::Test {
  protected:
    // Holds until `let_go`.
    class Held : public Pending {
      public:
        explicit Held(HttpServerTest& test) : test_(test) { ++test_.held_; }
        ~Held() override { --test_.held_; }
        std::optional<Response> look(Clock::time_point) override {
            if (!test_.let_go_.load()) return std::nullopt;
            return Response{200, "text/plain", "at last", {}};
        }
        Clock::time_point again() const override { return Clock::now() + std::chrono::hours(1); }

      private:
        HttpServerTest& test_;
    };
    class Numbers : public EventStream {
      public:
        explicit Numbers(HttpServerTest& test) : test_(test) { ++test_.held_; }
        ~Numbers() override { --test_.held_; }
        std::string next() override {
            std::string out;
            for (; said_ < test_.numbers_.load() && out.size() < 4096; ++said_)
                out += "data: " + std::to_string(said_ + 1) + "\n\n";
            return out;
        }

      private:
        HttpServerTest& test_;
        int said_ = 0;
    };

    void start(HttpOptions options = {}) {
        server_.emplace(options, [this](const Request& request) { return serve(request); });
        const auto problem = server_->listen();
        ASSERT_FALSE(problem) << *problem;
        server_->start();
    }
    Answer serve(const Request& request) {
        if (request.target == "/held") return std::make_unique<Held>(*this);
        if (request.target == "/events") return std::make_unique<Numbers>(*this);
        if (request.target == "/fault") throw std::runtime_error("broken");
        return Response{200, "text/plain", request.method + ' ' + request.body + "<end>", {}};
    }
    void eventually_held(int count) {
        for (int i = 0; i < 20'000 && held_.load() != count; ++i) ::poll(nullptr, 0, 1);
        EXPECT_EQ(held_.load(), count);
    }

    std::atomic<bool> let_go_{false};
    std::atomic<int> numbers_{0};
    std::atomic<int> held_{0};
    std::optional<HttpServer> server_;
};

TEST_F(HttpServerTest, KeepsAConnectionForManyRequests) {
    start();
    Browser browser(server_->port());
    for (int i = 0; i < 3; ++i) {
        const std::string said = browser.get("/", "<end>");
        EXPECT_THAT(said, StartsWith("HTTP/1.1 200 OK\r\n"));
        EXPECT_THAT(said, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
        EXPECT_THAT(said, Not(HasSubstr("Access-Control")));
    }
    browser.send(
        "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n"
        "Connection: close\r\n\r\n");
    browser.hear("<end>");
    EXPECT_THAT(browser.rest(), testing::EndsWith("<end>"));
}

TEST_F(HttpServerTest, AHeadHasTheLengthAndNoBody) {
    start();
    Browser browser(server_->port());
    browser.send("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const std::string said = browser.rest();
    EXPECT_THAT(said, HasSubstr("Content-Length: 10\r\n"));
    EXPECT_THAT(said, testing::EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, RefusesWhatIsTooLargeAndWhatIsNoHttp) {
    HttpOptions options;
    options.body_limit = 1000;
    options.header_limit = 2000;
    start(options);
    const auto answer = [&](const std::string& octets) {
        Browser browser(server_->port());
        browser.send(octets);
        return browser.rest();
    };
    EXPECT_THAT(answer("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n"),
                StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(answer("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" +
                       std::string(1024, 'x') + "\r\n"),
                StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(answer("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(3000, 'x')),
                StartsWith("HTTP/1.1 431 "));
    for (const char* const wrong :
         {"EHLO client.example\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
          "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"}) {
        const std::string said = answer(wrong);
        EXPECT_THAT(said, StartsWith("HTTP/1.1 400 ")) << wrong;
        EXPECT_THAT(said, HasSubstr("application/problem+json")) << wrong;
    }
    // The others are served as before.
    EXPECT_THAT(answer("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
                HasSubstr("POST abc<end>"));
}

TEST_F(HttpServerTest, AFaultOfOursIsAProblemAndNotTheEnd) {
    start();
    Browser browser(server_->port());
    EXPECT_THAT(browser.get("/fault", "}"), StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(browser.get("/", "<end>"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, AnAnswerThatIsPendingComesWithTheChange) {
    start();
    Browser waiting(server_->port()), other(server_->port());
    waiting.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    eventually_held(1);
    other.get("/", "<end>");
    let_go_.store(true);
    server_->wake();
    EXPECT_THAT(waiting.hear("at last"), StartsWith("HTTP/1.1 200 "));
    waiting.get("/", "<end>");
    eventually_held(0);
}

TEST_F(HttpServerTest, AClientThatGoesEndsItsWait) {
    start();
    {
        Browser waiting(server_->port()), reading(server_->port());
        waiting.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
        reading.get("/events", "retry: 1000\n\n");
        eventually_held(2);
    }
    eventually_held(0);
}

TEST_F(HttpServerTest, EventsComeInOrder) {
    start();
    Browser browser(server_->port());
    const std::string head = browser.get("/events", "retry: 1000\n\n");
    EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream\r\n"));
    for (int i = 1; i <= 50; ++i) {
        numbers_.store(i);
        server_->wake();
        EXPECT_EQ(browser.hear("\n\n"), "data: " + std::to_string(i) + "\n\n");
    }
}

TEST_F(HttpServerTest, AReaderThatTakesNothingHoldsUpNobody) {
    start();
    Browser stuck(server_->port()), other(server_->port());
    stuck.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    eventually_held(1);
    numbers_.store(100'000'000);
    for (int i = 0; i < 100; ++i) {
        server_->wake();
        EXPECT_THAT(other.get("/", "<end>"), StartsWith("HTTP/1.1 200 "));
    }
}

TEST_F(HttpServerTest, ManyIdleClientsCostNobodyAnything) {
    start();
    std::vector<std::unique_ptr<Browser>> idle;
    for (int i = 0; i < 300; ++i) idle.push_back(std::make_unique<Browser>(server_->port()));
    Browser browser(server_->port());
    EXPECT_THAT(browser.get("/", "<end>"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, OneClientMoreThanAllowedIsClosed) {
    HttpOptions options;
    options.max_clients = 1;
    start(options);
    Browser first(server_->port());
    first.get("/", "<end>");
    Browser second(server_->port());
    EXPECT_EQ(second.rest(), "");
    EXPECT_THAT(first.get("/", "<end>"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, ClientsThatStopInTheMiddleAreClosed) {
    HttpOptions options;
    options.request = std::chrono::milliseconds(50);
    options.idle = std::chrono::milliseconds(50);
    start(options);
    Browser silent(server_->port()), slow(server_->port());
    slow.send("GET / HTTP/1.1\r\nHos");
    EXPECT_EQ(slow.rest(), "");
    EXPECT_EQ(silent.rest(), "");
}

TEST_F(HttpServerTest, StopsWithClientsOfEveryKind) {
    start();
    Browser idle(server_->port()), waiting(server_->port()), reading(server_->port());
    waiting.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    reading.get("/events", "retry: 1000\n\n");
    idle.get("/", "<end>");
    eventually_held(2);
    server_->stop();
    EXPECT_EQ(held_.load(), 0);
    EXPECT_EQ(idle.rest(), "");
    server_->wake();  // what comes late is no harm
}

TEST_F(HttpServerTest, SaysWhyAPortCannotBeHad) {
    start();
    HttpOptions taken;
    taken.port = server_->port();
    HttpServer second(taken, [](const Request&) { return Response{}; });
    EXPECT_THAT(second.listen().value_or(""), HasSubstr("the address is in use"));
    HttpOptions nowhere;
    nowhere.host = "no address";
    HttpServer third(nowhere, [](const Request&) { return Response{}; });
    EXPECT_THAT(third.listen().value_or(""), HasSubstr("not an address"));
}

}  // namespace
}  // namespace smtprig::api

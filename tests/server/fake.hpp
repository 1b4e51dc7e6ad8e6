// A fake server in this process, with everything that it captures.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "fixture/scenario/loader.hpp"
#include "fixture/server/server.hpp"
#include "fixture/tls/digests.hpp"
#include "fixture/transcript/facts.hpp"
#include "tests/server/client.hpp"

namespace smtprig::server {

struct FakeOptions {
    unsigned threads = 1;
    std::uint64_t max_sessions = 15'000;
    std::int64_t grace = 300;
    std::int64_t budget = std::int64_t{1} << 30;
    smtp::Settings settings;
    std::string scenario;  // XML of its elements
    std::string host = "127.0.0.1";
    std::string path;  // of a Unix socket
    bool start = true;
};

class Fake : public Sink {
  public:
    explicit Fake(const FakeOptions& options) : budget_(options.budget) {
        std::shared_ptr<scenario::Engine> engine;
        if (!options.scenario.empty()) {
            const auto loaded =
                scenario::load_text("<scenario name=\"test\" xmlns=\"urn:smtp-scenario:1\">" +
                                        options.scenario + "</scenario>",
                                    "test.xml", {});
            if (!loaded.good()) throw std::runtime_error(to_text(loaded.diagnostics.front()));
            engine = std::make_shared<scenario::Engine>(loaded.scenario, 1);
        }
        auto rules = std::make_shared<Rules>(options.settings, engine);
        rules->crypto = &crypto_;
        rules->budget = &budget_;
        listener_.endpoint.host = options.path.empty() ? options.host : "";
        listener_.endpoint.path = options.path;
        listener_.lane = std::make_shared<Lane>();
        listener_.lane->name = "default";
        listener_.rules = std::move(rules);
        if (options.settings.tls != smtp::TlsMode::none)
            listener_.tls.emplace(
                *tls::ServerContext::make({}, std::make_shared<tls::Authority>()));
        ServerOptions server_options;
        server_options.threads = options.threads;
        server_options.max_sessions = options.max_sessions;
        server_options.grace = options.grace;
        server_options.run_id = "test";
        server_options.budget = &budget_;
        server_ = std::make_unique<Server>(server_options, *this);
        const auto problem = server_->listen(listener_);
        if (problem) problem_ = *problem;
        if (options.start && problem_.empty()) server_->start();
    }
    ~Fake() override { server_.reset(); }

    const std::string& problem() const { return problem_; }
    const Endpoint& endpoint() const { return listener_.endpoint; }
    // A copy, for one more.
    Listener listener() const { return listener_; }
    Client client() const { return Client(listener_.endpoint); }
    Server& server() { return *server_; }
    Budget& budget() { return budget_; }

    // False at the deadline.
    bool wait_for_closed(std::size_t sessions) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(20),
                                 [&] { return closed_ >= sessions; });
    }
    bool wait_for_opened(std::size_t sessions) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(20),
                                 [&] { return logs_.size() >= sessions; });
    }
    std::vector<transcript::Message> messages() {
        const std::lock_guard lock(mutex_);
        return messages_;
    }
    std::vector<transcript::Session> sessions() {
        const std::lock_guard lock(mutex_);
        std::vector<transcript::Session> sessions;
        for (const auto& log : logs_) sessions.push_back(log->snapshot());
        return sessions;
    }
    // "by how" of a session that is over.
    std::string ending(std::size_t session) {
        const transcript::Session copy = sessions().at(session);
        const transcript::Event& last = copy.events.back();
        if (last.kind != transcript::Kind::closed) return "open";
        return std::get<std::string>(copy.fact(last, "by")->value) + ' ' +
               std::get<std::string>(copy.fact(last, "how")->value);
    }
    // Stops, and says what is wrong then; empty is well.
    std::string stop() {
        server_->stop();
        std::string faults;
        if (server_->open_sessions() != 0) faults += "sessions are open\n";
        if (budget_.used() != 0) faults += "memory is still counted\n";
        const std::lock_guard lock(mutex_);
        if (closed_ != logs_.size()) faults += "sessions were not closed\n";
        for (const auto& log : logs_) {
            if (log->late() != 0) faults += "events were late\n";
            for (const std::string& complaint : transcript::complaints(log->snapshot()))
                faults += complaint + '\n';
            if (log->snapshot().events.back().kind != transcript::Kind::closed)
                faults += "a session has no end\n";
        }
        return faults;
    }

  private:
    void opened(const std::shared_ptr<transcript::Log>& log) override {
        const std::lock_guard lock(mutex_);
        logs_.push_back(log);
        changed_.notify_all();
    }
    void closed(const std::shared_ptr<transcript::Log>&) override {
        const std::lock_guard lock(mutex_);
        ++closed_;
        changed_.notify_all();
    }
    Delivery accept(const transcript::Message& message) override {
        const std::lock_guard lock(mutex_);
        messages_.push_back(message);
        return Delivery::stored;
    }
    transcript::Observer* observer() override { return nullptr; }

    Budget budget_;
    tls::OpenSslCrypto crypto_;
    Listener listener_;
    std::string problem_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::shared_ptr<transcript::Log>> logs_;
    std::vector<transcript::Message> messages_;
    std::size_t closed_ = 0;
    std::unique_ptr<Server> server_;
};

inline constexpr std::string_view mail =
    "MAIL FROM:<a@client.example>\r\nRCPT TO:<b@server.example>\r\nDATA\r\n";

inline void send_mail(Client& client) {
    EXPECT_EQ(client.hear("220").substr(0, 4), "220 ");
    EXPECT_EQ(client.say("EHLO client.example\r\n", "250").substr(0, 3), "250");
    EXPECT_NE(client.say(mail, "354").find("\r\n354 "), std::string::npos);
    EXPECT_EQ(client.say("Text\r\n.\r\n", "250").substr(0, 10), "250 2.0.0 ");
}

}  // namespace smtprig::server

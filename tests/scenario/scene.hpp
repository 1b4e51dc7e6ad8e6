// A scenario under test: events with a manual clock, decisions as texts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fixture/scenario/engine.hpp"
#include "fixture/scenario/loader.hpp"
#include "fixture/scenario/model.hpp"

namespace smtprig::scenario {

// Errors and warnings as "line:column message", the messages cut at the first semicolon.
std::vector<std::string> complaints(const Loaded& loaded);

// `inside` stands between <scenario …> and </scenario>; line 2 is its first one.
std::string document(std::string_view inside);
Loaded load(std::string_view inside, const Sources& sources = {});

std::vector<std::string> texts(const Decision& decision);

class Scene {
  public:
    // The scenario must load.
    explicit Scene(const Loaded& loaded, std::uint64_t seed = 1);

    struct Client {
        std::uint64_t ordinal = 1;
        std::shared_ptr<SessionState> state;
        std::string ip = "127.0.0.1";
        std::string user;
        bool tls = false;
    };
    Client connect(std::string ip = "127.0.0.1");
    void leave(Client& client) { engine_.end(*client.state, now); }

    Decision at(Client& client, Happening happening);
    Decision mail(Client& client, std::string_view from, std::string_view line = {});
    Decision rcpt(Client& client, std::string_view from, std::string_view to);
    // Mail data whose header is given.
    Decision dot(Client& client, std::string_view from, std::vector<std::string> to,
                 std::string_view message);

    std::int64_t now = 0;  // microseconds
    std::string server_reply = "250 2.1.5 OK\r\n";
    bool refused_for_form = false;
    Engine& engine() { return engine_; }

  private:
    Moment moment(const Client& client, Happening happening) const;
    Engine engine_;
    std::uint64_t sessions_ = 0;
};

}  // namespace smtprig::scenario

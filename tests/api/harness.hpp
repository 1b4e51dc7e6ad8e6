// The API over a memory store that a test fills, without a socket.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "fixture/api/problem.hpp"
#include "fixture/api/routes.hpp"

namespace smtprig::api {

// Lanes that have names and nothing else.
class NoLanes : public LaneHost {
  public:
    std::optional<LaneView> make(const LaneRequest& request,
                                 std::vector<scenario::Diagnostic>& diagnostics) override {
        if (request.scenario == "broken") {
            diagnostics.push_back(scenario::Diagnostic{});
            diagnostics.back().line = 7;
            return std::nullopt;
        }
        asked = request;
        LaneView view;
        view.name = request.name.empty() ? "lane-1" : request.name;
        view.removable = true;
        lanes.push_back(view);
        return view;
    }
    bool remove(const std::string& name) override {
        for (auto lane = lanes.begin(); lane != lanes.end(); ++lane) {
            if (lane->name != name) continue;
            lanes.erase(lane);
            return true;
        }
        return false;
    }
    std::vector<LaneView> list() const override { return lanes; }
    const scenario::Sources& sources() const override { return from; }

    std::vector<LaneView> lanes{LaneView{"default", "", std::nullopt, {}, false}};
    LaneRequest asked;
    scenario::Sources from;
};

class Api : public testing::Test {
  protected:
    static Request request(const std::string& method, const std::string& target,
                           const std::string& body = "") {
        return Request{method, target, {{"Host", "localhost:8025"}}, body};
    }
    Answer ask(const std::string& method, const std::string& target, const std::string& body = "") {
        return answer(request(method, target, body), context);
    }
    Response get(const std::string& target) { return std::get<Response>(ask("GET", target)); }
    Response post(const std::string& target, const std::string& body) {
        return std::get<Response>(ask("POST", target, body));
    }
    std::unique_ptr<Pending> pending(const std::string& body) {
        Answer given = ask("POST", "/rig/v1/wait", body);
        if (auto* const response = std::get_if<Response>(&given)) {
            ADD_FAILURE() << response->body;
            return nullptr;
        }
        return std::move(std::get<std::unique_ptr<Pending>>(given));
    }

    std::shared_ptr<transcript::Log> open(const std::string& id,
                                          const std::string& lane = "default") {
        auto log = std::make_shared<transcript::Log>(id, lane, "127.0.0.1:50000", "127.0.0.1:1025",
                                                     0, nullptr);
        store->opened(log);
        log->event(transcript::Kind::connected, 0);
        return log;
    }
    void close(const std::shared_ptr<transcript::Log>& log) {
        log->close();
        store->closed(log);
    }
    void keep(const std::shared_ptr<transcript::Log>& log, int number, const std::string& to,
              const std::string& wire) {
        auto data = std::make_shared<smtp::MailData>();
        data->wire = wire;
        data->complete = true;
        transcript::Message message;
        message.session = log->id();
        message.id = message.session + '-' + std::to_string(number);
        message.lane = log->lane();
        message.envelope.reverse_path = "a@client.example";
        message.envelope.forward_paths.push_back(smtp::ForwardPath{to, to, {}});
        message.data = data;
        store->keep(message);
    }
    // One finished session with one message.
    void mail(const std::string& id, const std::string& to,
              const std::string& wire = "Subject: Hello\r\n\r\nText\r\n",
              const std::string& lane = "default") {
        const auto log = open(id, lane);
        keep(log, 1, to, wire);
        close(log);
    }

    std::unique_ptr<store::ReadableStore> store = store::memory_store(1 << 20);
    NoLanes lanes;
    Context context{*store, lanes, {}, "1.2.3"};
};

}  // namespace smtprig::api

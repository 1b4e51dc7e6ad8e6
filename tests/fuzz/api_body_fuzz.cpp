// Bodies and targets of requests: whatever they hold, the answer is one response with a status that
// is meant for the client, and never a fault.
#include "fixture/api/routes.hpp"
#include "tests/fuzz/check.hpp"

namespace {

using namespace smtprig;

class NoLanes : public api::LaneHost {
  public:
    std::optional<api::LaneView> make(const api::LaneRequest&,
                                      std::vector<scenario::Diagnostic>&) override {
        return std::nullopt;
    }
    bool remove(const std::string&) override { return false; }
    std::vector<api::LaneView> list() const override { return {}; }
    const scenario::Sources& sources() const override { return sources_; }

  private:
    scenario::Sources sources_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto store = store::memory_store(1 << 20);
    NoLanes lanes;
    api::Context context{*store, lanes, {}, "fuzz"};
    const std::string input(reinterpret_cast<const char*>(data), size);
    // The first line is the target of a GET, all of it the body of each POST.
    const std::string target = '/' + input.substr(0, input.find('\n'));
    for (const char* const prefix : {"", "/rig/v1/messages?", "/rig/v1/events?"}) {
        const api::Request request{
            "GET", prefix + (*prefix != 0 ? target.substr(1) : target), {{"Host", "a"}}, ""};
        const api::Answer answer = api::answer(request, context);
        if (const auto* const response = std::get_if<api::Response>(&answer))
            fuzz::check(response->status >= 200 && response->status < 500);
    }
    for (const api::Route& route : api::routes()) {
        if (route.method != "POST") continue;
        const api::Request request{"POST", std::string(route.path), {{"Host", input}}, input};
        const api::Request local{"POST", std::string(route.path), {{"Host", "a"}}, input};
        api::answer(request, context);
        api::Answer answer = api::answer(local, context);
        if (const auto* const response = std::get_if<api::Response>(&answer))
            fuzz::check(response->status >= 200 && response->status < 500);
        else if (auto* const pending = std::get_if<std::unique_ptr<api::Pending>>(&answer))
            (*pending)->look(api::Clock::now());
    }
    return 0;
}

// A wire to a conversation in the same thread, under a manual clock: a whole run of the suite takes
// a moment, and nothing ever waits.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conformance/check/runner.hpp"
#include "conformance/probe/wire.hpp"
#include "fixture/scenario/engine.hpp"
#include "fixture/scenario/model.hpp"
#include "fixture/smtp/settings.hpp"
#include "tests/server/harness.hpp"

namespace smtprig::conformance {

// The fixture as it is for one run; sessions share the engine of its scenario.
struct Fixture {
    smtp::Settings settings;
    std::shared_ptr<const scenario::Scenario> scenario;  // null: the conforming server
    std::string flaw;                                    // see flaws.hpp
};

// `serve --strict --trace` with one domain that it serves, server.example, where the mailboxes
// no-such-* do not exist. With a scenario file, that on top of it.
Fixture strict_fixture(smtp::TlsMode tls, const std::string& scenario_file = "");

class PipeConnector : public probe::Connector {
  public:
    explicit PipeConnector(Fixture fixture);

    probe::Connected connect(probe::Microseconds timeout) override;
    std::int64_t wall_clock() const override { return 1'796'000'000'000'000; }

    int connections = 0;

  private:
    Fixture fixture_;
    std::shared_ptr<scenario::Engine> engine_;
    std::vector<std::weak_ptr<server::Talk>> open_;
};

// What a run against that server is told.
RunSettings settings_for(smtp::TlsMode tls, Profile profile = Profile::mx);

// Preflight and all checks of the suite.
struct SuiteRun {
    Preflight preflight;
    Report report;
};
SuiteRun run_suite(PipeConnector& connector, const RunSettings& settings);

const Result* find_result(const Report& report, std::string_view id);

}  // namespace smtprig::conformance

#include "tests/conformance/pipe.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "conformance/check/selection.hpp"
#include "conformance/suites.hpp"
#include "fixture/scenario/loader.hpp"
#include "tests/conformance/flaws.hpp"

namespace smtprig::conformance {
namespace {

using probe::Arrival;
using probe::Microseconds;

class PipeWire : public probe::Wire {
  public:
    PipeWire(std::shared_ptr<server::Talk> talk, const std::string& flaw, bool deaf)
        : shared_(std::move(talk)), talk_(*shared_), flaw_(flaw), deaf_(deaf) {}

    Microseconds now() const override { return now_; }

    void send(std::string_view octets) override {
        now_ += 10;
        for (const std::string& piece : flaw_.arriving(octets)) talk_.send(piece);
    }

    Arrival receive(std::string& to, Microseconds deadline) override {
        now_ += 10;
        flaw_.read_begins();
        if (deaf_ || flaw_.holds()) {
            now_ = std::max(now_, deadline);
            return Arrival::deadline;
        }
        if (take(to)) return Arrival::octets;
        if (talk_.over() || talk_.closed()) return Arrival::closed;
        if (flaw_.gives_up() && deadline - now_ >= 60'000'000) return Arrival::closed;
        if (deadline > now_) {
            talk_.pass((deadline - now_ + 999) / 1000);
            now_ = deadline;
        }
        if (take(to)) return Arrival::octets;
        return talk_.over() ? Arrival::closed : Arrival::deadline;
    }

    // The handshake itself is tested over sockets; here it succeeds unless plaintext came first,
    // which no TLS library would take for a ClientHello.
    probe::TlsOutcome start_tls(Microseconds) override {
        probe::TlsOutcome outcome;
        if (!talk_.waits_for_tls()) {
            outcome.reason = "The server does not wait for a handshake.";
            return outcome;
        }
        heard_ = talk_.heard().size();
        talk_.tls();
        const std::string kept = flaw_.take_kept();
        if (!kept.empty()) talk_.send(kept);
        extra_ = flaw_.said_under_tls();
        outcome.established = true;
        outcome.version = "TLSv1.3";
        outcome.verify = "ok";
        return outcome;
    }

    void close(probe::HowToClose how) override {
        if (how == probe::HowToClose::rst)
            talk_.rst();
        else
            talk_.fin();
    }
    std::string client_name() const override { return "192.0.2.1:50000"; }
    std::string server_name() const override { return "127.0.0.1:1025"; }

  private:
    bool take(std::string& to) {
        // What the server waited for passed on this clock too.
        for (; waits_ < talk_.waits().size(); ++waits_) now_ += talk_.waits()[waits_];
        to += std::exchange(extra_, "");
        if (heard_ == talk_.heard().size()) return !to.empty();
        to += flaw_.heard(talk_.heard().substr(heard_));
        heard_ = talk_.heard().size();
        return true;
    }

    std::shared_ptr<server::Talk> shared_;
    server::Talk& talk_;
    Flaw flaw_;
    bool deaf_;
    std::size_t heard_ = 0;
    std::size_t waits_ = 0;
    std::string extra_;
    Microseconds now_ = 0;
};

std::shared_ptr<const scenario::Scenario> loaded(const std::string& file) {
    const scenario::Loaded result =
        scenario::load_file(std::string(SMTPRIG_SOURCE_DIR) + "/tests/mutants/" + file, {});
    if (result.good()) return result.scenario;
    std::string all;
    for (const scenario::Diagnostic& diagnostic : result.diagnostics) all += to_text(diagnostic);
    throw std::runtime_error(all);
}

}  // namespace

Fixture strict_fixture(smtp::TlsMode tls, const std::string& scenario_file) {
    Fixture fixture;
    fixture.scenario = loaded(scenario_file.empty() ? "base.xml" : scenario_file);
    fixture.settings = fixture.scenario->settings;
    fixture.settings.tls = tls;
    fixture.settings.trace = true;
    return fixture;
}

PipeConnector::PipeConnector(Fixture fixture) : fixture_(std::move(fixture)) {
    if (fixture_.scenario) engine_ = std::make_shared<scenario::Engine>(fixture_.scenario, 1);
}

probe::Connected PipeConnector::connect(Microseconds) {
    ++connections;
    server::Scene scene;
    scene.settings = fixture_.settings;
    scene.engine = engine_;
    bool deaf = false;
    for (const std::weak_ptr<server::Talk>& weak : open_)
        if (const auto other = weak.lock(); other && !other->over())
            deaf = deaf || Flaw(fixture_.flaw).excludes(other->conversation().wants_bulk());
    auto talk = std::make_shared<server::Talk>(scene);
    open_.clear();
    open_.push_back(talk);
    probe::Connected connected;
    connected.wire = std::make_unique<PipeWire>(std::move(talk), fixture_.flaw, deaf);
    return connected;
}

RunSettings settings_for(smtp::TlsMode tls, Profile profile) {
    RunSettings settings;
    settings.target = "pipe";
    settings.profile = profile;
    settings.tls = tls == smtp::TlsMode::implicit ? Tls::implicit : Tls::none;
    settings.recipient = "recipient@server.example";
    settings.second_recipient = "second@server.example";
    settings.foreign = "somebody@foreign.example";
    settings.safety = 4;
    settings.run_long = true;
    return settings;
}

SuiteRun run_suite(PipeConnector& connector, const RunSettings& settings) {
    SuiteRun run;
    run.preflight = preflight(settings, connector);
    RunOptions options;
    options.most_mail = 1000;
    run.report =
        run_all(selected(suite(), {}), settings, run.preflight, connector, options, nullptr);
    return run;
}

const Result* find_result(const Report& report, std::string_view id) {
    for (const Result& result : report.results)
        if (result.check->id == id) return &result;
    return nullptr;
}

}  // namespace smtprig::conformance

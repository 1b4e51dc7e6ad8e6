// Runs checks against a target: who is asked at all, several at once, bounded in mail and in
// connections, and with a circuit breaker where the server has had enough.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conformance/check/check.hpp"
#include "conformance/check/preflight.hpp"

namespace smtprig::conformance {

// What a baseline says about a verdict that is not a pass.
enum class Overlay : std::uint8_t {
    none,
    xfail,    // as the baseline has it
    xpass,    // the baseline has something else, and it passes now
    changed,  // neither a pass nor what the baseline has
};

struct Result {
    const Check* check = nullptr;
    Judgement judgement;
    Overlay overlay = Overlay::none;
    std::string known_because;                     // the reason that the baseline gives
    std::vector<transcript::Session> transcripts;  // one a connection
    std::size_t shown = 0;  // the one that shows what is judged; the others only led there
    // A rule about every reply: during which check the reply came that is judged.
    std::string seen_in;
    Microseconds took = 0;  // on the clock of the wires
    int attempts = 0;       // 0: not run
};

struct Report {
    RunSettings settings;
    Facts facts;
    std::vector<transcript::Session> preflight;
    std::int64_t began = 0;  // microseconds since 1970-01-01 UTC
    Microseconds took = 0;
    std::vector<Result> results;  // in the order of the suite
};

struct RunOptions {
    int jobs = 1;
    int most_mail = 5;     // messages that may be delivered in the whole run
    Microseconds gap = 0;  // between two connections, at least
};

// Told of progress, one call at a time.
class Progress {
  public:
    virtual ~Progress() = default;
    virtual void finished(const Result& result, std::size_t done, std::size_t of) = 0;
};

struct CheckRun {
    Result result;
    std::vector<Exchange> exchanges;
};
// One check with a body, once. Depends on nothing but its arguments and the connector.
CheckRun run_check(const Check& check, const RunSettings& settings, const Facts& facts,
                   probe::Connector& connector);

// Why the check is not run, as a whole sentence that names the option which would change it;
// empty: it is.
std::string reason_to_skip(const Check& check, const RunSettings& settings, const Facts& facts);

// A rule about every reply, over all replies of a run.
Result judge_every_reply(const Check& check, const std::vector<Exchange>& exchanges);

// The preflight has to be done. Checks are started in order; `progress` may be null.
Report run_all(const std::vector<const Check*>& checks, const RunSettings& settings,
               const Preflight& preflight, probe::Connector& connector, const RunOptions& options,
               Progress* progress);

}  // namespace smtprig::conformance

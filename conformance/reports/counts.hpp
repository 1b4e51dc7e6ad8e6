// Counts of a run, by level and by verdict. Never a percentage: a server is not conforming by two
// thirds.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "conformance/check/runner.hpp"

namespace smtprig::conformance {

struct Counts {
    std::array<std::array<std::size_t, verdict_count>, level_count> by_level{};

    std::size_t of(Level level, Verdict verdict) const {
        return by_level[static_cast<std::size_t>(level)][static_cast<std::size_t>(verdict)];
    }
    std::size_t of(Verdict verdict) const;
    // Pass, non-strict or fail.
    std::size_t judged(Level level) const;
    std::size_t judged() const;
};

Counts count(const std::vector<Result>& results);
// Why checks were skipped, and how often, most often first.
std::vector<std::pair<std::string, std::size_t>> skip_reasons(const std::vector<Result>& results);
// Whether it is one that a person has to look at: fail, error, changed, and xpass.
bool is_alarming(const Result& result);
// The session that shows what was judged; null where there is none. A rule about every reply points
// into another result.
const transcript::Session* shown_session(const Report& report, const Result& result);

}  // namespace smtprig::conformance

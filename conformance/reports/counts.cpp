#include "conformance/reports/counts.hpp"

#include <algorithm>

namespace smtprig::conformance {

std::size_t Counts::of(Verdict verdict) const {
    std::size_t sum = 0;
    for (const auto& level : by_level) sum += level[static_cast<std::size_t>(verdict)];
    return sum;
}

std::size_t Counts::judged(Level level) const {
    return of(level, Verdict::pass) + of(level, Verdict::non_strict) + of(level, Verdict::fail);
}

std::size_t Counts::judged() const {
    return of(Verdict::pass) + of(Verdict::non_strict) + of(Verdict::fail);
}

Counts count(const std::vector<Result>& results) {
    Counts counts;
    for (const Result& result : results)
        ++counts.by_level[static_cast<std::size_t>(result.check->level)]
                         [static_cast<std::size_t>(result.judgement.verdict)];
    return counts;
}

std::vector<std::pair<std::string, std::size_t>> skip_reasons(const std::vector<Result>& results) {
    std::vector<std::pair<std::string, std::size_t>> reasons;
    for (const Result& result : results) {
        if (result.judgement.verdict != Verdict::skip) continue;
        const auto found = std::find_if(reasons.begin(), reasons.end(), [&](const auto& reason) {
            return reason.first == result.judgement.reason;
        });
        if (found == reasons.end())
            reasons.emplace_back(result.judgement.reason, 1);
        else
            ++found->second;
    }
    std::stable_sort(reasons.begin(), reasons.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    return reasons;
}

bool is_alarming(const Result& result) {
    if (result.overlay != Overlay::none) return result.overlay != Overlay::xfail;
    return result.judgement.verdict == Verdict::fail || result.judgement.verdict == Verdict::error;
}

const transcript::Session* shown_session(const Report& report, const Result& result) {
    const std::vector<transcript::Session>* sessions = &result.transcripts;
    if (result.seen_in == "preflight") {
        // Each step of the preflight is a probe of its own, so the number tells nothing there.
        return report.preflight.empty() ? nullptr : &report.preflight.front();
    }
    if (!result.seen_in.empty())
        for (const Result& other : report.results)
            if (other.check->id == result.seen_in) sessions = &other.transcripts;
    return result.shown < sessions->size() ? &(*sessions)[result.shown] : nullptr;
}

}  // namespace smtprig::conformance

#include "conformance/check/verdict.hpp"

#include "fixture/smtp/character.hpp"

namespace smtprig::conformance {
namespace {

constexpr std::array<std::string_view, verdict_count> verdicts{
    "pass", "non-strict", "fail", "info", "skip", "inconclusive", "error"};
constexpr std::array<std::string_view, level_count> levels{
    "MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "grammar", "best practice", "information"};
constexpr std::array<std::string_view, 6> impacts{"none", "low",      "medium",
                                                  "high", "critical", "policy"};

std::string plain(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '-' || c == '_' ? ' ' : smtp::to_lower(c);
    return out;
}

template <std::size_t N>
std::optional<std::size_t> index_of(const std::array<std::string_view, N>& words,
                                    std::string_view text) {
    for (std::size_t i = 0; i < N; ++i)
        if (plain(words[i]) == plain(text)) return i;
    return std::nullopt;
}

}  // namespace

std::string_view to_text(Verdict verdict) {
    return verdicts[static_cast<std::size_t>(verdict)];
}

std::string_view to_text(Level level) {
    return levels[static_cast<std::size_t>(level)];
}

std::string_view to_text(Impact impact) {
    return impacts[static_cast<std::size_t>(impact)];
}

std::optional<Verdict> verdict_of(std::string_view text) {
    const auto index = index_of(verdicts, text);
    return index ? std::optional(static_cast<Verdict>(*index)) : std::nullopt;
}

std::optional<Level> level_of(std::string_view text) {
    const auto index = index_of(levels, text);
    return index ? std::optional(static_cast<Level>(*index)) : std::nullopt;
}

Verdict shortfall(Level level) {
    switch (level) {
        case Level::must:
        case Level::must_not:
        case Level::grammar:
            return Verdict::fail;
        case Level::information:
            return Verdict::info;
        default:
            return Verdict::non_strict;
    }
}

}  // namespace smtprig::conformance

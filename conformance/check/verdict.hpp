// The words of a judgement: verdict, level of the requirement, and impact of a failure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace smtprig::conformance {

enum class Verdict : std::uint8_t {
    pass,
    non_strict,    // a SHOULD is missed, or the server is lenient where the text lets it be
    fail,          // a MUST, a MUST NOT or the grammar is broken
    info,          // observed; nothing to judge
    skip,          // not run: the reason says why, and what would run it
    inconclusive,  // run, but the question never arose: policy, limits, a failed precondition
    error,         // the rig or the network failed
};
inline constexpr std::size_t verdict_count = 7;

// What the requirement is filed under. Grammar is a rule of the ABNF or a lower-case rule with the
// same force.
enum class Level : std::uint8_t {
    must,
    must_not,
    should,
    should_not,
    may,
    grammar,
    best_practice,
    information,
};
inline constexpr std::size_t level_count = 8;

// What a failure costs somebody; a second axis, independent of the level.
enum class Impact : std::uint8_t { none, low, medium, high, critical, policy };

std::string_view to_text(Verdict verdict);  // "non-strict"
std::string_view to_text(Level level);      // "MUST NOT"
std::string_view to_text(Impact impact);
std::optional<Verdict> verdict_of(std::string_view text);
std::optional<Level> level_of(std::string_view text);  // "must-not" or "MUST NOT", any case

// What it means when a server does not do as the requirement says: fail for MUST, MUST NOT and
// grammar, non-strict for the others.
Verdict shortfall(Level level);

// How a check ended.
struct Judgement {
    Verdict verdict = Verdict::pass;
    std::string reason;    // a whole sentence, or empty
    std::string expected;  // "the reply 503"
    std::string actual;    // "250 2.1.5 OK"
};

// Thrown by a check to end with a judgement.
struct Stop {
    Judgement judgement;
    bool once_more = false;  // the session was cut short: another try may get further
};

}  // namespace smtprig::conformance

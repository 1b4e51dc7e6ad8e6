// Known deviations of a server: what is in the file does not alarm, and what has changed does.
//
//     # comment
//     rfc5321/4.1.4/new-ehlo-resets  fail  "503 5.5.1*"  # the reason, without which it is no entry
//
// The glob in quotes is optional and stands for what the server said.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conformance/check/runner.hpp"

namespace smtprig::conformance {

struct BaselineEntry {
    std::string id;
    Verdict verdict = Verdict::fail;
    std::string actual;  // glob; empty: any
    std::string reason;
};

struct Baseline {
    std::vector<BaselineEntry> entries;
    // "3: …", whole sentences; the file is of no use where there are any.
    std::vector<std::string> problems;
};

Baseline parse_baseline(std::string_view text);
// Every result that is fail or non-strict. Reasons that `known` has are kept; the others say that
// nobody has looked yet.
std::string baseline_of(const Report& report, const Baseline& known);
void apply(const Baseline& baseline, Report& report);

}  // namespace smtprig::conformance

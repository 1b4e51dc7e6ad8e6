// The report that a person reads: facts, a tree of sections, then everything that is wrong with
// requirement, expected, actual, dialogue, and the command that runs it alone.
#pragma once

#include <string>

#include "conformance/check/runner.hpp"
#include "fixture/transcript/text.hpp"

namespace smtprig::conformance {

struct TerminalOptions {
    transcript::Colour colour = transcript::Colour::none;
    bool every_dialogue = false;  // not only of what is wrong
    bool quiet = false;           // neither facts nor tree
    std::string command;          // what runs a check alone, its id to be put behind
};

std::string facts_table(const RunSettings& settings, const Facts& facts);
std::string terminal_report(const Report& report, const TerminalOptions& options);

}  // namespace smtprig::conformance

// Reports for machines, all from one model. report.schema.json is the schema of the JSON form.
#pragma once

#include <string>

#include "conformance/check/runner.hpp"

namespace smtprig::conformance {

inline constexpr int report_version = 1;

// One object; transcripts are arrays of the events of fixture/transcript/schema.json.
std::string json_report(const Report& report, const std::string& tool_version);
// The run without its results as the first line, then one line a result.
std::string json_lines_report(const Report& report, const std::string& tool_version);
enum class Strictness : std::uint8_t { usual, strict };  // strict: non-strict fails too
std::string junit_report(const Report& report, Strictness strictness);
std::string markdown_report(const Report& report);

}  // namespace smtprig::conformance

// The statements of RFC 5321 that have a word of RFC 2119: normative.tsv as it is.
#pragma once

#include <string_view>

namespace smtprig::conformance {

// Lines of section, words, statement in our words, and ids of checks with spaces between them or
// "- " and a reason. The first line names the fields.
std::string_view normative_statements();

}  // namespace smtprig::conformance

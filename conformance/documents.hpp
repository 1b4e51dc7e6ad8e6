// What is made from the suite: the page of all checks, the page that maps each normative statement
// of RFC 5321 to its checks, and what is said of one check.
#pragma once

#include <string>

#include "conformance/check/check.hpp"

namespace smtprig::conformance {

std::string explanation(const Check& check);
std::string checks_markdown();
// Throws where normative.tsv names a check that there is not.
std::string coverage_markdown();

}  // namespace smtprig::conformance

// What the well-behaved client does to each scenario of the library.
#pragma once

#include <string>
#include <vector>

#include "tests/scenario/good_client.hpp"

namespace smtprig::scenario {

// One play for most scenarios: a message with two recipients, with no TLS and no AUTH. Those that
// need something else have rows of their own.
std::vector<Play> plays_of(const std::string& scenario);

}  // namespace smtprig::scenario

// The sections of RFC 2920 that have checks, in order.
#pragma once

#include <vector>

#include "conformance/check/check.hpp"

namespace smtprig::conformance {

void add_rfc2920(std::vector<Section>& sections);

}  // namespace smtprig::conformance

// The sections of RFC 3207 that have checks, in order.
#pragma once

#include <vector>

#include "conformance/check/check.hpp"

namespace smtprig::conformance {

void add_rfc3207(std::vector<Section>& sections);

}  // namespace smtprig::conformance

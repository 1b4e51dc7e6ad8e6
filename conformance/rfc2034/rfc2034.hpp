// The sections of RFC 2034 that have checks, in order.
#pragma once

#include <vector>

#include "conformance/check/check.hpp"

namespace smtprig::conformance {

void add_rfc2034(std::vector<Section>& sections);

}  // namespace smtprig::conformance

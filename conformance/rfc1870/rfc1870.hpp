// The sections of RFC 1870 that have checks, in order.
#pragma once

#include <vector>

#include "conformance/check/check.hpp"

namespace smtprig::conformance {

void add_rfc1870(std::vector<Section>& sections);

}  // namespace smtprig::conformance

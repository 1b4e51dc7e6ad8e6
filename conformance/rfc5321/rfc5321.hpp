// The sections of RFC 5321 that have checks, in order.
#pragma once

#include <vector>

#include "conformance/check/check.hpp"

namespace smtprig::conformance {

void add_rfc5321(std::vector<Section>& sections);

}  // namespace smtprig::conformance

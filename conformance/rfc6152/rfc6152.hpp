// The sections of RFC 6152 that have checks, in order.
#pragma once

#include <vector>

#include "conformance/check/check.hpp"

namespace smtprig::conformance {

void add_rfc6152(std::vector<Section>& sections);

}  // namespace smtprig::conformance

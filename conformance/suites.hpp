// All sections of all documents, in the order of reports.
#pragma once

#include <vector>

#include "conformance/check/check.hpp"

namespace smtprig::conformance {

const std::vector<Section>& suite();

}  // namespace smtprig::conformance

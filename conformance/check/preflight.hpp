// What has to be known before any check is judged: whether the server is there at all, what it
// offers, whether it takes the sender and the recipients of the run, and how much it stands.
#pragma once

#include <vector>

#include "conformance/check/check.hpp"
#include "conformance/probe/client.hpp"

namespace smtprig::conformance {

struct Preflight {
    Facts facts;
    std::vector<transcript::Session> transcripts;
    std::vector<Exchange> exchanges;
    int connections = 0;
};

// At most six connections. Where Facts::abort is set afterwards, no check makes sense.
Preflight preflight(const RunSettings& settings, probe::Connector& connector);

}  // namespace smtprig::conformance

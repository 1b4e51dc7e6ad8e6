#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/mail.hpp"
#include "tests/bench/target.hpp"

namespace smtprig::bench {

/// Whether a session carries one message or as many as there are.
enum class Sessions { OneMessageEach, Reused };
/// Whether MAIL, RCPT and DATA are sent in one group (RFC 2920 section 3.1).
enum class Pipelining { Off, On };

struct LoadPlan {
    std::size_t messages = 10'000;
    std::size_t clients = 20;
    std::size_t recipients = 1;
    std::size_t size = 1024;  ///< octets of mail data, before transparency
    Sessions sessions = Sessions::OneMessageEach;
    Pipelining pipelining = Pipelining::Off;
    LeadingDots dots = LeadingDots::None;
    int silence_ms = 30'000;  ///< the run is given up when nothing arrives for so long
};

struct LoadOutcome {
    std::size_t accepted = 0;  ///< messages whose end of mail data got a 2yz reply
    std::size_t sessions = 0;  ///< sessions that got a greeting
    std::size_t errors = 0;
    std::string first_error;
    double seconds = 0;
    std::uint64_t octets = 0;  ///< mail data of accepted messages as on the wire
    /// One figure a message: from before connect() until 221 was read where a session carries one
    /// message, otherwise from MAIL until the reply to the end of mail data.
    std::vector<std::uint64_t> latencies_ns;
};

/// Sends the messages of `plan` to `target` from one thread and checks the class of every reply.
/// What the server does wrong is counted in the outcome; after 100 errors the run stops. Throws
/// std::system_error when epoll fails and std::invalid_argument for an impossible size.
LoadOutcome run_load(const Target& target, const LoadPlan& plan);

}  // namespace smtprig::bench

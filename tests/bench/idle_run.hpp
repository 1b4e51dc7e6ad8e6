#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/load_run.hpp"
#include "tests/bench/target.hpp"

namespace smtprig::bench {

struct IdlePlan {
    std::size_t sessions = 10'000;
    /// Messages, each over a new session and one after the other, that measure what a new client
    /// waits: before the sessions are opened and again while they are held. 0: none.
    std::size_t probes = 200;
    /// The server's process, whose resident memory is read; 0: none.
    pid_t server = 0;
    int silence_ms = 30'000;
};

struct IdleOutcome {
    std::size_t opened = 0;  ///< sessions whose EHLO was answered
    std::size_t held = 0;    ///< of these, sessions that still answered NOOP at the end
    std::size_t errors = 0;
    std::string first_error;
    double seconds = 0;  ///< from the first connect() until the last EHLO was answered
    std::uint64_t resident_before = 0;  ///< octets, 0 when it was not asked for
    std::uint64_t resident_held = 0;
    std::vector<std::uint64_t> unloaded_ns;
    std::vector<std::uint64_t> loaded_ns;
};

/// Opens the sessions, EHLO included, at most 100 at once, and holds them. Raises the soft limit
/// on open files. Throws std::runtime_error when the hard limit is too low or the memory of the
/// server's process cannot be read.
IdleOutcome run_idle(const Target& target, const IdlePlan& plan);

}  // namespace smtprig::bench

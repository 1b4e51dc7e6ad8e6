#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace smtprig::bench {

struct ColdStartOutcome {
    std::vector<std::uint64_t> start_ns;  ///< from before the process is made until 220 is read
    std::size_t errors = 0;
    std::string first_error;
};

/// Starts `command` `runs` times, one after the other, and measures how long it takes until a
/// client that tries again without a pause has read the greeting. In the arguments `{port}` stands
/// for a free TCP port of 127.0.0.1 on which the server must listen, `{ready}` for the file into
/// which it writes its ready line; one of the two must occur. Each server gets SIGTERM and, two
/// seconds later, SIGKILL. Throws std::invalid_argument when neither occurs.
ColdStartOutcome run_cold_start(const std::vector<std::string>& command, std::size_t runs);

}  // namespace smtprig::bench

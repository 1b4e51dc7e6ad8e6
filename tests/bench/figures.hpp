#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace smtprig::bench {

/// The monotonic clock, in nanoseconds.
std::uint64_t now_ns();

/// CPU time that this process has used, in seconds: shows whether the load generator itself is
/// what limits a rate.
double own_cpu_seconds();

/// `{"count":…,"p50":…,"p90":…,"p99":…}` in microseconds; the percentiles are null when nothing
/// was measured.
std::string latencies_json(std::vector<std::uint64_t> nanoseconds);

/// `text` as a JSON string, or null when it is empty. Octets outside ASCII become `?`: it is
/// only ever a sentence or a reply line.
std::string text_json(std::string_view text);

}  // namespace smtprig::bench

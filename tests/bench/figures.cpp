#include "tests/bench/figures.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace smtprig::bench {
namespace {

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

std::uint64_t now_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U +
           static_cast<std::uint64_t>(time.tv_nsec);
}

double own_cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

std::string latencies_json(std::vector<std::uint64_t> nanoseconds) {
    if (nanoseconds.empty()) return R"({"count":0,"p50":null,"p90":null,"p99":null})";
    std::sort(nanoseconds.begin(), nanoseconds.end());
    const auto percentile = [&nanoseconds](std::size_t percent) {
        return static_cast<double>(nanoseconds[(nanoseconds.size() - 1) * percent / 100]) / 1e3;
    };
    char text[160];
    std::snprintf(text, sizeof text, R"({"count":%zu,"p50":%.1f,"p90":%.1f,"p99":%.1f})",
                  nanoseconds.size(), percentile(50), percentile(90), percentile(99));
    return text;
}

std::string text_json(std::string_view text) {
    if (text.empty()) return "null";
    std::string json = "\"";
    for (const char octet : text) {
        if (octet == '"' || octet == '\\') json.push_back('\\');
        json.push_back(octet >= ' ' && octet <= '~' ? octet : '?');
    }
    json.push_back('"');
    return json;
}

}  // namespace smtprig::bench

#include "fixture/transcript/numbers.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <limits>

namespace smtprig::transcript {
namespace {

std::string time_of(std::int64_t microseconds) {
    std::string out;
    append_time(out, microseconds);
    return out;
}

std::string seconds_of(std::int64_t microseconds, int digits = 2) {
    std::string out;
    append_seconds(out, microseconds, digits);
    return out;
}

TEST(Numbers, ShowSecondsWithSixDecimals) {
    EXPECT_EQ(seconds_of(120314), "00.120314");
    EXPECT_EQ(seconds_of(2000000, 1), "2.000000");
    EXPECT_EQ(seconds_of(123000001), "123.000001");
    EXPECT_EQ(seconds_of(-1), "-00.000001");
    EXPECT_EQ(seconds_of(std::numeric_limits<std::int64_t>::min()), "-9223372036854.775808");
}

TEST(Numbers, GroupDigitsByThree) {
    for (const auto& [value, text] : std::vector<std::pair<std::uint64_t, std::string>>{
             {0, "0"}, {999, "999"}, {1000, "1,000"}, {12345678, "12,345,678"}}) {
        std::string out;
        append_grouped(out, value);
        EXPECT_EQ(out, text);
    }
}

TEST(Numbers, ShowTimesInTheFormOfRfc3339) {
    EXPECT_EQ(time_of(0), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(time_of(1795561200120314), "2026-11-24T23:00:00.120314Z");
    EXPECT_EQ(time_of(-1), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(time_of(951782400000000), "2000-02-29T00:00:00.000000Z");
    EXPECT_EQ(time_of(std::numeric_limits<std::int64_t>::max()), "9999-12-31T23:59:59.999999Z");
    EXPECT_EQ(time_of(std::numeric_limits<std::int64_t>::min()), "0000-01-01T00:00:00.000000Z");
}

TEST(Numbers, AgreeWithTheSystemOnEveryDayOfFourCenturies) {
    for (std::int64_t day = -1000; day < 146097; ++day) {
        const std::time_t time = day * 86400 + 3661;
        std::tm parts{};
        gmtime_r(&time, &parts);
        char text[40];
        std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000000Z", &parts);
        ASSERT_EQ(time_of(time * 1000000), text);
        ASSERT_EQ(read_time(text), time * 1000000);
    }
}

TEST(Numbers, ReadOnlyTimesOfTheirOwnForm) {
    EXPECT_EQ(read_time("2026-11-24T23:00:00.120314Z"), 1795561200120314);
    EXPECT_EQ(read_time("0000-01-01T00:00:00.000000Z"), -62167219200000000);
    EXPECT_EQ(read_time("9999-12-31T23:59:59.999999Z"), 253402300799999999);
    for (const char* text : {"", "2026-11-24T23:00:00Z", "2026-02-29T00:00:00.000000Z",
                             "2026-13-01T00:00:00.000000Z", "2026-00-01T00:00:00.000000Z",
                             "2026-01-00T00:00:00.000000Z", "2026-01-01T24:00:00.000000Z",
                             "2026-01-01T00:60:00.000000Z", "2026-01-01 00:00:00.000000Z",
                             "2026-01-01T00:00:00.00000xZ", "2026-01-01T00:00:00.000000+"})
        EXPECT_EQ(read_time(text), std::nullopt) << text;
}

}  // namespace
}  // namespace smtprig::transcript

#include "fixture/smtp/date.hpp"

#include <gtest/gtest.h>

#include <ctime>

namespace smtprig::smtp {
namespace {

TEST(Date, IsWrittenAsRfc5322Wants) {
    EXPECT_EQ(message_date(0), "Thu, 1 Jan 1970 00:00:00 +0000");
    EXPECT_EQ(message_date(951'782'400'000'000), "Tue, 29 Feb 2000 00:00:00 +0000");
    EXPECT_EQ(message_date(4'107'542'399'999'999), "Sun, 28 Feb 2100 23:59:59 +0000");
    EXPECT_EQ(message_date(4'107'542'400'000'000), "Mon, 1 Mar 2100 00:00:00 +0000");
    EXPECT_EQ(message_date(-1), "Wed, 31 Dec 1969 23:59:59 +0000");
}

TEST(Date, IsWrittenAsRfc3339Wants) {
    EXPECT_EQ(timestamp(0), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(timestamp(1'795'561'200'120'314), "2026-11-24T23:00:00.120314Z");
    EXPECT_EQ(timestamp(-1), "1969-12-31T23:59:59.999999Z");
}

TEST(Date, AgreesWithTheCLibraryOnEveryDay) {
    for (std::int64_t day = -40'000; day < 80'000; day += 1) {
        const std::time_t seconds = day * 86'400 + 12'345;
        std::tm parts{};
        ::gmtime_r(&seconds, &parts);
        char text[64];
        // "%d" has a leading zero, which RFC 5322 allows and we do not write.
        std::strftime(text, sizeof text, "%a, %d %b %Y %T +0000", &parts);
        std::string expected = text;
        if (expected[5] == '0') expected.erase(5, 1);
        ASSERT_EQ(message_date(seconds * 1'000'000), expected);
    }
}

}  // namespace
}  // namespace smtprig::smtp

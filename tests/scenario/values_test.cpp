#include "fixture/scenario/values.hpp"

#include <gtest/gtest.h>

#include "fixture/scenario/chance.hpp"

namespace smtprig::scenario {
namespace {

TEST(Values, DurationsNeedAUnit) {
    EXPECT_EQ(parse_duration("5s"), 5'000'000);
    EXPECT_EQ(parse_duration("1.5ms"), 1500);
    EXPECT_EQ(parse_duration("2m"), 120'000'000);
    EXPECT_EQ(parse_duration("0s"), 0);
    for (const char* wrong : {"", "5", "s", "5 s", "5S", "-5s", "5d", "1.s", "9999999h", "5s5s"})
        EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(Values, ASpanIsAWindowFromNowUnlessItIsARange) {
    EXPECT_TRUE(parse_span("30s")->contains(0));
    EXPECT_FALSE(parse_span("30s")->contains(30'000'000));
    EXPECT_FALSE(parse_span("1s..2s")->contains(999'999));
    EXPECT_TRUE(parse_span("1s..2s")->contains(1'000'000));
    EXPECT_TRUE(parse_span("1s..")->contains(1'000'000'000'000));
    for (const char* wrong : {"..5s", "5s..1s", "5s-6s", "5s...6s"})
        EXPECT_FALSE(parse_span(wrong)) << wrong;
}

TEST(Values, NthIsASetOfOccurrences) {
    const auto in = [](const char* text, std::uint64_t number) {
        return Nth::parse(text)->contains(number);
    };
    EXPECT_TRUE(in("1", 1));
    EXPECT_FALSE(in("1", 2));
    EXPECT_TRUE(in("1-2", 2));
    EXPECT_FALSE(in("1-2", 3));
    EXPECT_TRUE(in("3-", 1000));
    EXPECT_FALSE(in("3-", 2));
    EXPECT_TRUE(in("1,4", 4));
    EXPECT_FALSE(in("1,4", 3));
    EXPECT_TRUE(in("*/5", 10));
    EXPECT_FALSE(in("*/5", 11));
    for (const char* wrong :
         {"", "0", "*/0", "2-1", "1,", "a", "1-2-3", "*", "99999999999999999999"})
        EXPECT_FALSE(Nth::parse(wrong)) << wrong;
}

TEST(Values, SizesRatesPercentagesAndTimesAreRead) {
    EXPECT_EQ(parse_size("64K"), 65536u);
    EXPECT_EQ(parse_size("1G"), 1073741824u);
    EXPECT_FALSE(parse_size("64k"));
    EXPECT_EQ(parse_rate("30/1m")->period, 60'000'000);
    EXPECT_EQ(parse_rate("5/s")->count, 5u);
    EXPECT_FALSE(parse_rate("5"));
    EXPECT_DOUBLE_EQ(*parse_percent("0.5%"), 0.005);
    EXPECT_FALSE(parse_percent("101%"));
    EXPECT_FALSE(parse_times("1..")->max);
    EXPECT_EQ(parse_times("1..6")->max, 6u);
    EXPECT_EQ(parse_times("2")->max, 2u);
}

TEST(Values, EscapesAreThoseOfSend) {
    EXPECT_EQ(unescape("a\\r\\n\\x00\\\\\\t\\0"), std::string("a\r\n\0\\\t\0", 7));
    for (const char* wrong : {"\\", "\\q", "\\x1", "\\xzz"}) EXPECT_FALSE(unescape(wrong)) << wrong;
    EXPECT_EQ(parse_hex("0d 0A"), "\r\n");
    EXPECT_FALSE(parse_hex("0d0"));
}

TEST(Values, ConditionsNameStatesAndValues) {
    const auto conditions = parse_conditions("health=down tries!=0");
    ASSERT_TRUE(conditions);
    ASSERT_EQ(conditions->size(), 2u);
    EXPECT_EQ((*conditions)[1].state, "tries");
    EXPECT_FALSE((*conditions)[1].equal);
    for (const char* wrong : {"", "x", "=y", "x=", "x= y"})
        EXPECT_FALSE(parse_conditions(wrong)) << wrong;
}

TEST(Chance, DependsOnEveryPartAndOnNothingElse) {
    const auto hash = [](std::uint64_t seed, const char* one, const char* other) {
        return Hash(seed).text(one).text(other).value();
    };
    EXPECT_EQ(hash(1, "ab", "c"), hash(1, "ab", "c"));
    EXPECT_NE(hash(1, "ab", "c"), hash(2, "ab", "c"));
    EXPECT_NE(hash(1, "ab", "c"), hash(1, "a", "bc"));
}

TEST(Chance, IsSpreadEvenly) {
    int below = 0;
    for (std::uint64_t number = 0; number < 100000; ++number)
        if (unit_interval(Hash(7).text("rule").number(number).value()) < 0.25) ++below;
    EXPECT_NEAR(below, 25000, 500);
}

}  // namespace
}  // namespace smtprig::scenario

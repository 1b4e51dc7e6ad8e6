#include "fixture/scenario/glob.hpp"

#include <gtest/gtest.h>

namespace smtprig::scenario {
namespace {

TEST(Glob, IgnoresCase) {
    EXPECT_TRUE(Glob("User@Example.TEST").matches("uSER@example.test"));
    EXPECT_FALSE(Glob("user@example.test").matches("user@example.tes"));
}

TEST(Glob, MatchesThePrefixTheSuffixAndTheWhole) {
    EXPECT_TRUE(Glob("*").matches(""));
    EXPECT_TRUE(Glob("").matches(""));
    EXPECT_FALSE(Glob("").matches("x"));
    EXPECT_TRUE(Glob("*@slow.example").matches("a@SLOW.example"));
    EXPECT_FALSE(Glob("*@slow.example").matches("a@slow.example.org"));
    EXPECT_TRUE(Glob("bounce*").matches("bounce+1@x"));
    EXPECT_FALSE(Glob("bounce*").matches("xbounce"));
}

TEST(Glob, MatchesStarsAndQuestionMarksAnywhere) {
    EXPECT_TRUE(Glob("*+450@*").matches("user+450@x.example"));
    EXPECT_FALSE(Glob("*+450@*").matches("user+451@x.example"));
    EXPECT_TRUE(Glob("*spam*").matches("my SPAM x"));
    EXPECT_TRUE(Glob("*aab*").matches("aaab"));
    EXPECT_FALSE(Glob("*spam*").matches("spa"));
    EXPECT_TRUE(Glob("a?c").matches("abc"));
    EXPECT_FALSE(Glob("a?c").matches("ac"));
    EXPECT_TRUE(Glob("a*b*c").matches("aXXbYYbZc"));
    EXPECT_FALSE(Glob("a*b*c").matches("aXXcYY"));
    EXPECT_TRUE(Glob("**x").matches("yyx"));
}

TEST(Glob, TakesTextMadeToBeSlow) {
    const std::string text(20000, 'a');
    EXPECT_FALSE(Glob("*a*a*a*a*a*a*a*a*b").matches(text));
}

}  // namespace
}  // namespace smtprig::scenario

#include "fixture/transcript/redaction.hpp"

#include <gtest/gtest.h>

namespace smtprig::transcript {
namespace {

TEST(Redaction, HidesTheInitialResponseOfAuth) {
    EXPECT_EQ(redacted("AUTH PLAIN dGVzdAB0ZXN0AHRlc3Q=\r\n"), "AUTH PLAIN ********\r\n");
    EXPECT_EQ(redacted("AUTH PLAIN dGVzdA=="), "AUTH PLAIN ********");
    EXPECT_EQ(redacted("auth  plain\tdGVz\n"), "auth  plain\t********\n");
    EXPECT_EQ(redacted(" Auth LOGIN a b c \r\n"), " Auth LOGIN ********\r\n");
}

TEST(Redaction, TellsNothingOfTheLengthOfASecret) {
    EXPECT_EQ(redacted("AUTH PLAIN a"), redacted("AUTH PLAIN " + std::string(500, 'a')));
    EXPECT_EQ(redacted("a"), redacted(std::string(500, 'a')));
}

TEST(Redaction, LeavesACommandWithoutASecretAsItIs) {
    for (const char* line :
         {"AUTH PLAIN\r\n", "auth login", "AUTH LOGIN =\r\n", "AUTH PLAIN  \r\n", "", "\r\n"})
        EXPECT_EQ(redacted(line), line);
}

TEST(Redaction, HidesAResponseButNotACancellation) {
    EXPECT_EQ(redacted("dGVzdA==\r\n"), "********\r\n");
    EXPECT_EQ(redacted("not base64 \n"), "********\n");
    EXPECT_EQ(redacted("*\r\n"), "*\r\n");
    EXPECT_EQ(redacted("\r\n"), "\r\n");
    EXPECT_EQ(redacted("**\r\n"), "********\r\n");
    EXPECT_EQ(redacted("AUTH"), "********");
    EXPECT_EQ(redacted("AUTHOR a b\r\n"), "********\r\n");
}

}  // namespace
}  // namespace smtprig::transcript

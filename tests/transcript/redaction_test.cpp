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
    EXPECT_EQ(redacted_response("a"), redacted_response(std::string(500, 'a')));
}

TEST(Redaction, LeavesACommandWithoutASecretAsItIs) {
    for (const char* line :
         {"AUTH PLAIN\r\n", "AUTH\r\n", "AUTH LOGIN =\r\n", "AUTH PLAIN  \r\n", "", "\r\n",
          "AUTHOR a b\r\n", "MAIL FROM:<a@b> AUTH=<>\r\n", "AUT PLAIN a"})
        EXPECT_EQ(redacted(line), line);
}

TEST(Redaction, HidesAResponseButNotACancellation) {
    EXPECT_EQ(redacted_response("dGVzdA==\r\n"), "********\r\n");
    EXPECT_EQ(redacted_response("not base64 \n"), "********\n");
    EXPECT_EQ(redacted_response("AUTH\r\n"), "********\r\n");
    EXPECT_EQ(redacted_response("**\r\n"), "********\r\n");
    EXPECT_EQ(redacted_response("*\r\n"), "*\r\n");
    EXPECT_EQ(redacted_response("\r\n"), "\r\n");
}

}  // namespace
}  // namespace smtprig::transcript

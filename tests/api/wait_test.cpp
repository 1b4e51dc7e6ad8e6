#include <gmock/gmock.h>

#include "tests/api/harness.hpp"

namespace smtprig::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

// The clock of these tests is the argument of look().
Clock::time_point later(int milli) {
    return Clock::now() + milliseconds(milli);
}

TEST_F(Api, AWaitEndsWhenTheConditionHolds) {
    mail("s-1", "other@server.example");
    const auto wait = pending(R"({"forward_path":"b@*","subject":"hel*","count":2})");
    EXPECT_FALSE(wait->look(Clock::now()));
    mail("s-2", "b@server.example");
    EXPECT_FALSE(wait->look(Clock::now()));
    mail("s-3", "b@server.example");
    const auto response = wait->look(Clock::now());
    ASSERT_TRUE(response);
    EXPECT_THAT(response->body, HasSubstr("\"satisfied\":true"));
    EXPECT_THAT(response->body, HasSubstr("\"count\":2"));
    EXPECT_THAT(response->body, HasSubstr("\"nearest\":[]"));
}

TEST_F(Api, AWaitThatHoldsAlreadyAnswersAtOnce) {
    mail("s-1", "b@server.example", "Subject: x\r\nX-Id: 42\r\n\r\nthe code is 1234\r\n");
    EXPECT_TRUE(pending(R"({"headers":{"x-id":"42"},"body_text":"code is"})")->look(Clock::now()));
    EXPECT_FALSE(pending(R"({"body_text":"X-Id"})")->look(Clock::now()));
    EXPECT_FALSE(pending(R"({"after":99})")->look(Clock::now()));
    EXPECT_FALSE(pending(R"({"lane":"other"})")->look(Clock::now()));
    EXPECT_FALSE(pending(R"({"reverse_path":"z@*"})")->look(Clock::now()));
}

TEST_F(Api, AtTheDeadlineTheNearestMissesAreTold) {
    mail("s-1", "c@server.example", "Subject: other\r\n\r\n");
    mail("s-2", "b@server.example", "Subject: other\r\n\r\n");
    const auto wait = pending(R"({"forward_path":"b@*","subject":"hello","within":"10s"})");
    EXPECT_FALSE(wait->look(later(5000)));
    EXPECT_LE(wait->again(), later(10'000));
    const auto response = wait->look(later(10'001));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_THAT(response->body, HasSubstr("\"satisfied\":false"));
    const std::string nearest = response->body.substr(response->body.find("\"nearest\""));
    EXPECT_LT(nearest.find("\"id\":\"s-2-1\""), nearest.find("\"id\":\"s-1-1\""));
    EXPECT_THAT(nearest, HasSubstr(R"("misses":["subject"])"));
    EXPECT_THAT(nearest, HasSubstr(R"("misses":["forward_path","subject"])"));
}

TEST_F(Api, AMessageThatWasDeletedDoesNotCount) {
    const auto wait = pending(R"({"count":2})");
    mail("s-1", "b@server.example");
    EXPECT_FALSE(wait->look(Clock::now()));
    store->delete_messages({"s-1-1"});
    mail("s-2", "b@server.example");
    EXPECT_FALSE(wait->look(Clock::now()));
    mail("s-3", "b@server.example");
    EXPECT_TRUE(wait->look(Clock::now()));
}

TEST_F(Api, QuietMeansNoOpenSessionAndNothingNew) {
    const auto log = open("s-1");
    const auto wait = pending(R"({"quiet_for":"300ms","at_most":0,"within":"1m"})");
    EXPECT_FALSE(wait->look(later(2000)));  // the session is open
    close(log);
    EXPECT_FALSE(wait->look(Clock::now()));
    EXPECT_LE(wait->again(), later(300));
    const auto response = wait->look(later(301));
    ASSERT_TRUE(response);
    EXPECT_THAT(response->body, HasSubstr("\"satisfied\":true"));
    EXPECT_THAT(response->body, HasSubstr("\"count\":0"));
}

TEST_F(Api, QuietIsCountedFromTheBeginOfTheWait) {
    const auto wait = pending(R"({"quiet_for":"300ms"})");
    EXPECT_FALSE(wait->look(Clock::now()));
    EXPECT_TRUE(wait->look(later(301)));
}

TEST_F(Api, MoreThanIsAllowedAnswersAtOnce) {
    const auto wait = pending(R"({"quiet_for":"5m","at_most":0,"within":"10m"})");
    EXPECT_FALSE(wait->look(Clock::now()));
    mail("s-1", "b@server.example");
    const auto response = wait->look(Clock::now());
    ASSERT_TRUE(response);
    EXPECT_THAT(response->body, HasSubstr("\"satisfied\":false"));
    EXPECT_THAT(response->body, HasSubstr("at_most"));
}

TEST_F(Api, AConditionThatCannotFailIsRefused) {
    for (const char* const body :
         {R"({"count":0})", R"({"at_most":3})", R"({"quiet_for":"1s","count":2,"at_most":1})"})
        EXPECT_EQ(post("/rig/v1/wait", body).status, 422) << body;
}

}  // namespace
}  // namespace smtprig::api

// The reply reader, the client and the recording.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/check/runner.hpp"
#include "conformance/check/selection.hpp"
#include "conformance/probe/replay_wire.hpp"
#include "conformance/probe/reply_reader.hpp"
#include "conformance/suites.hpp"
#include "tests/conformance/pipe.hpp"

namespace smtprig::conformance {
namespace {

using probe::Reply;
using probe::ReplyReader;

std::vector<Reply> read(ReplyReader& reader, std::string_view octets) {
    reader.receive(octets);
    std::vector<Reply> replies;
    while (auto reply = reader.next()) replies.push_back(std::move(*reply));
    return replies;
}

TEST(ReplyReader, EndsAReplyAtItsLineWithoutHyphen) {
    ReplyReader reader;
    const auto replies = read(reader, "250-one\r\n250-two\r\n250 three\r\n221 bye\r\n");
    ASSERT_EQ(replies.size(), 2u);
    EXPECT_EQ(replies[0].lines.size(), 3u);
    EXPECT_EQ(replies[0].text(1), "two");
    EXPECT_EQ(replies[1].code, 221);
}

TEST(ReplyReader, TakesALineWithoutCodeForAReplyOfItsOwn) {
    ReplyReader reader;
    const auto replies = read(reader, "hello\r\n\r\n250 ok\r\n");
    ASSERT_EQ(replies.size(), 3u);
    EXPECT_EQ(replies[0].code, 0);
    EXPECT_EQ(replies[0].text(), "hello");
    EXPECT_EQ(replies[2].code, 250);
}

TEST(ReplyReader, KeepsEndingsAsTheyCame) {
    ReplyReader reader;
    const auto replies = read(reader, "250 ok\n");
    ASSERT_EQ(replies.size(), 1u);
    EXPECT_EQ(replies[0].wire(), "250 ok\n");
    EXPECT_EQ(replies[0].text(), "ok");
}

TEST(ReplyReader, GivesUpOnAnEndlessLine) {
    ReplyReader reader;
    EXPECT_TRUE(read(reader, "250 " + std::string(9000, 'x')).empty());
    EXPECT_TRUE(reader.flooded());
}

TEST(ReplyReader, GivesUpOnAnEndlessReply) {
    ReplyReader reader;
    std::string lines;
    for (int i = 0; i < 2000; ++i) lines += "250-x\r\n";
    EXPECT_TRUE(read(reader, lines).empty());
    EXPECT_TRUE(reader.flooded());
}

TEST(ReplyReader, HoldsNoMoreThanItsBound) {
    ReplyReader reader;
    reader.receive(std::string(1024 * 1024, '\n'));
    EXPECT_TRUE(reader.flooded());
    EXPECT_TRUE(reader.rest().empty());
}

// The purity of judges: whatever was recorded is judged the same again, for each check.
TEST(Recording, GivesTheSameVerdicts) {
    PipeConnector connector(strict_fixture(smtp::TlsMode::starttls));
    const RunSettings settings = settings_for(smtp::TlsMode::starttls);
    const SuiteRun run = run_suite(connector, settings);
    probe::Recording first(run.preflight.transcripts);
    const Preflight again = preflight(settings, first);
    EXPECT_EQ(again.facts.greeting, run.preflight.facts.greeting);
    EXPECT_EQ(again.facts.reply_time, run.preflight.facts.reply_time);
    for (const Result& result : run.report.results) {
        if (result.check->passive() || result.transcripts.empty()) continue;
        probe::Recording recording(result.transcripts);
        const CheckRun judged = run_check(*result.check, settings, again.facts, recording);
        EXPECT_EQ(judged.result.judgement.verdict, result.judgement.verdict)
            << result.check->id << ": " << judged.result.judgement.reason;
        EXPECT_EQ(judged.result.judgement.actual, result.judgement.actual) << result.check->id;
    }
}

TEST(Recording, IsAnErrorForACheckThatAsksSomethingElse) {
    PipeConnector connector(strict_fixture(smtp::TlsMode::none));
    const SuiteRun run = run_suite(connector, settings_for(smtp::TlsMode::none));
    const Result* const result = find_result(run.report, "rfc5321/4.1.4/new-ehlo-resets");
    ASSERT_NE(result, nullptr);
    RunSettings other = settings_for(smtp::TlsMode::none);
    other.recipient = "other@server.example";
    probe::Recording recording(result->transcripts);
    const CheckRun judged = run_check(*result->check, other, run.preflight.facts, recording);
    EXPECT_EQ(judged.result.judgement.verdict, Verdict::error);
    EXPECT_THAT(judged.result.judgement.reason, testing::HasSubstr("other@server.example"));
}

}  // namespace
}  // namespace smtprig::conformance

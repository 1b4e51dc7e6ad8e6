// The strict fixture passes every check: the two halves prove each other.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixture/transcript/text.hpp"
#include "tests/conformance/pipe.hpp"

namespace smtprig::conformance {
namespace {

std::string story(const Result& result) {
    std::string text = result.check->id + ": " + std::string(to_text(result.judgement.verdict)) +
                       "\n  " + result.check->requirement +
                       "\n  reason: " + result.judgement.reason +
                       "\n  expected: " + result.judgement.expected +
                       "\n  actual: " + result.judgement.actual + '\n';
    if (!result.seen_in.empty()) text += "  seen in: " + result.seen_in + '\n';
    for (const transcript::Session& session : result.transcripts)
        text += transcript::text(session).substr(0, 3000);
    return text;
}

class StrictFixture : public testing::TestWithParam<std::pair<smtp::TlsMode, Profile>> {};

TEST_P(StrictFixture, PassesEveryCheck) {
    const auto [tls, profile] = GetParam();
    PipeConnector connector(strict_fixture(tls));
    const SuiteRun run = run_suite(connector, settings_for(tls, profile));
    ASSERT_EQ(run.preflight.facts.abort, "");
    for (const Result& result : run.report.results) {
        const Verdict verdict = result.judgement.verdict;
        EXPECT_TRUE(verdict == Verdict::pass || verdict == Verdict::info ||
                    verdict == Verdict::skip)
            << story(result);
    }
}

INSTANTIATE_TEST_SUITE_P(Modes, StrictFixture,
                         testing::Values(std::pair(smtp::TlsMode::none, Profile::mx),
                                         std::pair(smtp::TlsMode::starttls, Profile::mx),
                                         std::pair(smtp::TlsMode::implicit, Profile::mx),
                                         std::pair(smtp::TlsMode::starttls, Profile::msa),
                                         std::pair(smtp::TlsMode::implicit, Profile::msa)));

// What cannot be asked of this server; everything else is.
TEST(StrictFixtureUnderStarttls, IsAskedAllButThese) {
    PipeConnector connector(strict_fixture(smtp::TlsMode::starttls));
    const SuiteRun run = run_suite(connector, settings_for(smtp::TlsMode::starttls));
    std::vector<std::string> skipped;
    for (const Result& result : run.report.results)
        if (result.judgement.verdict == Verdict::skip) skipped.push_back(result.check->id);
    EXPECT_THAT(
        skipped,
        testing::UnorderedElementsAre(
            "rfc5321/3.1/refused-session-waits-for-quit", "rfc5321/3.1/refused-session-answers-503",
            "rfc5321/3.1/refused-session-says-why", "rfc5321/3.5/vrfy-names-the-mailbox",
            "rfc5321/3.5/vrfy-uses-angle-brackets", "rfc5321/3.5/vrfy-shows-no-source-route",
            "rfc5321/3.5/expn-lists-one-mailbox-a-line",
            "rfc5321/4.1.1.5/rset-keeps-authentication",
            "rfc5321/4.5.3.1/line-limit-grows-with-extensions",
            "rfc2920/3.1/pipelining-that-is-not-offered",
            "rfc1870/4/message-above-the-limit-gets-552", "rfc2034/4/one-code-on-all-lines"));
}

}  // namespace
}  // namespace smtprig::conformance

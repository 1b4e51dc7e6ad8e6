#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/check/selection.hpp"
#include "conformance/documents.hpp"
#include "conformance/reports/baseline.hpp"
#include "conformance/reports/counts.hpp"
#include "conformance/reports/files.hpp"
#include "conformance/reports/terminal.hpp"
#include "conformance/suites.hpp"

namespace smtprig::conformance {
namespace {

using testing::HasSubstr;
using testing::Not;

Report report_with(Verdict verdict, std::string actual) {
    Report report;
    report.settings.target = "127.0.0.1:25";
    Result& result = report.results.emplace_back();
    result.check = find_check(suite(), "rfc5321/4.1.4/new-ehlo-resets");
    result.judgement = {verdict, "", "the reply 503", std::move(actual)};
    transcript::Log log("a", "default", "127.0.0.1:1", "127.0.0.1:25", 0, nullptr);
    log.event(transcript::Kind::connected, 0);
    log.wire(transcript::Kind::server_line, 5, {transcript::Side::server, false, 1},
             "250 <\x1b[2J&\r\n");
    result.transcripts.push_back(log.take());
    return report;
}

TEST(TerminalReport, ShowsWhatIsWrongWithItsDialogueAndCommand) {
    TerminalOptions options;
    options.command = "smtprig conform run 127.0.0.1:25";
    const std::string text = terminal_report(report_with(Verdict::fail, "250 OK"), options);
    EXPECT_THAT(text, HasSubstr("Expected: the reply 503\n  Actual:   250 OK\n"));
    EXPECT_THAT(text, HasSubstr("A second EHLO is accepted"));
    EXPECT_THAT(text, HasSubstr("S: 250 <\\x1B[2J&"));
    EXPECT_THAT(text,
                HasSubstr("smtprig conform run 127.0.0.1:25 rfc5321/4.1.4/new-ehlo-resets\n"));
    EXPECT_THAT(text, HasSubstr("MUST 0/1"));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(JUnitReport, NamesSuitesAndCasesAndCounts) {
    const std::string text =
        junit_report(report_with(Verdict::fail, "250 <a&b>"), Strictness::usual);
    EXPECT_THAT(text, HasSubstr("<testsuite name=\"rfc5321/4.1.4\" tests=\"1\" failures=\"1\""));
    EXPECT_THAT(text, HasSubstr("name=\"rfc5321/4.1.4/new-ehlo-resets\""));
    EXPECT_THAT(text, HasSubstr("250 &lt;a&amp;b&gt;"));
}

TEST(JUnitReport, TakesNonStrictForAFailureWhenToldSo) {
    const Report report = report_with(Verdict::non_strict, "250");
    EXPECT_THAT(junit_report(report, Strictness::usual), HasSubstr("failures=\"0\""));
    EXPECT_THAT(junit_report(report, Strictness::strict), HasSubstr("failures=\"1\""));
}

TEST(MarkdownReport, KeepsTextOfTheServerInItsCell) {
    EXPECT_THAT(markdown_report(report_with(Verdict::fail, "250 a|b")), HasSubstr("250 a\\|b"));
}

TEST(JsonLinesReport, HasOneLineForTheRunAndOneForEachResult) {
    const std::string text = json_lines_report(report_with(Verdict::pass, ""), "0");
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST(Baseline, NeedsAReason) {
    EXPECT_THAT(parse_baseline("rfc5321/4.1.4/new-ehlo-resets fail\n").problems,
                testing::ElementsAre(HasSubstr("1: There is no reason")));
    EXPECT_THAT(parse_baseline("# only a comment\n\nx maybe # because\n").problems,
                testing::ElementsAre("3: \"maybe\" is no verdict."));
}

TEST(Baseline, TellsWhatIsKnownWhatIsGoneAndWhatHasChanged) {
    const Baseline baseline =
        parse_baseline("rfc5321/4.1.4/new-ehlo-resets  fail  \"250 *\"  # known since 2020\n");
    ASSERT_TRUE(baseline.problems.empty());
    const auto overlay = [&](Verdict verdict, const std::string& actual) {
        Report report = report_with(verdict, actual);
        apply(baseline, report);
        return report.results.front().overlay;
    };
    EXPECT_EQ(overlay(Verdict::fail, "250 OK"), Overlay::xfail);
    EXPECT_EQ(overlay(Verdict::fail, "451 Later"), Overlay::changed);
    EXPECT_EQ(overlay(Verdict::pass, ""), Overlay::xpass);
    EXPECT_EQ(overlay(Verdict::inconclusive, ""), Overlay::none);
}

TEST(Baseline, KeepsReasonsWhenItIsWrittenAnew) {
    const Report report = report_with(Verdict::fail, "250 OK");
    const std::string fresh = baseline_of(report, {});
    EXPECT_THAT(fresh, HasSubstr("rfc5321/4.1.4/new-ehlo-resets  fail  # unreviewed\n"));
    const Baseline known = parse_baseline("rfc5321/4.1.4/new-ehlo-resets fail # the reason\n");
    EXPECT_THAT(baseline_of(report, known), HasSubstr("# the reason\n"));
}

TEST(Counts, AreByLevelAndVerdict) {
    const Counts counts = count(report_with(Verdict::fail, "").results);
    EXPECT_EQ(counts.of(Level::must, Verdict::fail), 1u);
    EXPECT_EQ(counts.judged(), 1u);
}

// Every statement of RFC 5321 that asks something of a server's dialogue leads to a check.
TEST(Coverage, NamesChecksThatThereAre) {
    EXPECT_THAT(coverage_markdown(), HasSubstr("355 statements"));
}

}  // namespace
}  // namespace smtprig::conformance

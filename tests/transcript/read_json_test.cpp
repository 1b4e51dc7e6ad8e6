#include "fixture/transcript/reader/read_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fixture/transcript/facts.hpp"
#include "fixture/transcript/json.hpp"
#include "fixture/transcript/text.hpp"
#include "tests/transcript/sample.hpp"

namespace smtprig::transcript {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> problems_of(const Transcripts& read) {
    std::vector<std::string> problems;
    for (const Problem& problem : read.problems)
        problems.push_back(std::to_string(problem.line) + ": " + problem.sentence);
    return problems;
}

std::string unfolded(const Session& session) {
    TextOptions options;
    options.mail_data = MailDataLines::unfolded;
    return text(session, options);
}

// The message in `wire` without the periods that transparency removes.
std::string content_of(const smtp::MailData& data) {
    std::string content(data.wire);
    for (std::size_t i = data.removed_periods.size(); i-- > 0;)
        content.erase(data.removed_periods[i], 1);
    return content;
}

TEST(ReadJson, GivesBackTheSessionThatWasWritten) {
    const Session session = sample::everything();
    JsonOptions options;
    options.mail_data = MailDataOctets::in_line;
    const Transcripts read = read_json(json(session, options));

    EXPECT_THAT(problems_of(read), IsEmpty());
    ASSERT_EQ(read.sessions.size(), 1U);
    const Session& again = read.sessions[0];
    EXPECT_EQ(json(again, options), json(session, options));
    EXPECT_EQ(unfolded(again), unfolded(session));
    EXPECT_EQ(again.id, session.id);
    EXPECT_EQ(again.lane, session.lane);
    EXPECT_EQ(again.client, session.client);
    EXPECT_EQ(again.server, session.server);
    EXPECT_EQ(again.began, session.began);
    EXPECT_EQ(again.open, session.open);
    EXPECT_EQ(again.octets, session.octets);
    EXPECT_THAT(complaints(again), IsEmpty());
}

TEST(ReadJson, MakesMailDataAsOnTheWireFromTheFileOfTheMessage) {
    const Session session = sample::everything();
    std::map<std::string, std::string> files;
    JsonOptions options;
    options.file = [&](const Session& of, std::uint32_t index) {
        const std::string file = std::to_string(index) + ".eml";
        files[file] = content_of(*of.mail_data[index]);
        return file;
    };
    const std::string lines = json(session, options);
    const Transcripts read =
        read_json(lines, [&](const std::string& file) { return std::optional(files.at(file)); });

    EXPECT_THAT(problems_of(read), IsEmpty());
    ASSERT_EQ(read.sessions.size(), 1U);
    EXPECT_EQ(read.sessions[0].mail_data[0]->wire, session.mail_data[0]->wire);
    EXPECT_EQ(json(read.sessions[0], options), lines);
    EXPECT_EQ(unfolded(read.sessions[0]), unfolded(session));
}

std::string lines_of_mail_data() {
    Log log = sample::log();
    log.mail_data(0, sample::client, sample::mail_data("a\r\n..\r\n"), 7);
    JsonOptions options;
    options.file = [](const Session&, std::uint32_t) { return std::string("m.eml"); };
    return json(log.snapshot(), options);
}

TEST(ReadJson, KeepsTheEventWhenTheFileOfTheMessageIsMissingOrAnother) {
    const auto read_with = [](std::optional<std::string> content) {
        const Transcripts read =
            read_json(lines_of_mail_data(), [&](const std::string&) { return content; });
        EXPECT_EQ(text(read.sessions.at(0)), "00.000000  C: [7 octets of mail data, 0 kept]\n");
        EXPECT_EQ(read.sessions[0].mail_data[0]->content_size(), 0U);
        return problems_of(read);
    };
    EXPECT_THAT(read_with(std::nullopt), ElementsAre("1: The file m.eml cannot be read."));
    EXPECT_THAT(read_with("a"),
                ElementsAre("1: The file m.eml is not of the size that the line tells."));
}

TEST(ReadJson, TakesMailDataWithoutOctetsWhenNoFileIsAskedFor) {
    const Transcripts read = read_json(lines_of_mail_data());
    EXPECT_THAT(problems_of(read), IsEmpty());
    EXPECT_EQ(text(read.sessions.at(0)), "00.000000  C: [7 octets of mail data, 0 kept]\n");
}

std::string two_lines() {
    Log log = sample::log();
    log.event(Kind::connected, 0);
    log.wire(Kind::client_line, 1, sample::client, "NOOP\r\n");
    return json(log.snapshot());
}

TEST(ReadJson, KeepsEverythingInFrontOfALineThatWasNotWrittenToItsEnd) {
    const std::string lines = two_lines();
    const std::size_t second = lines.find('\n') + 1;
    for (std::size_t size = second + 1; size + 1 < lines.size(); ++size) {
        const Transcripts read = read_json(std::string_view(lines).substr(0, size));
        EXPECT_THAT(problems_of(read), ElementsAre("2: The last line was not written to its end."));
        ASSERT_EQ(read.sessions.size(), 1U);
        EXPECT_EQ(read.sessions[0].events.size(), 1U);
        EXPECT_TRUE(read.sessions[0].open);
    }
}

TEST(ReadJson, TakesALastLineThatOnlyLacksItsEnding) {
    const std::string lines = two_lines();
    const Transcripts read = read_json(std::string_view(lines).substr(0, lines.size() - 1));
    EXPECT_THAT(problems_of(read), IsEmpty());
    EXPECT_EQ(read.sessions.at(0).events.size(), 2U);
}

std::string with(std::string line, const std::string& from, const std::string& to) {
    const std::size_t begin = line.find(from);
    EXPECT_NE(begin, std::string::npos) << from;
    return line.replace(begin, from.size(), to);
}

TEST(ReadJson, SaysWhatIsWrongWithALineAndReadsOn) {
    Log log = sample::log();
    log.wire(Kind::client_line, 1, sample::client, "NOOP\r\n");
    const std::string good = json(log.snapshot());
    const auto problem_with = [&](const std::string& bad) {
        const Transcripts read = read_json(bad + good);
        EXPECT_EQ(read.sessions.size(), 1U);
        EXPECT_EQ(read.problems.size(), 1U);
        return read.problems.empty() ? std::string() : read.problems[0].sentence;
    };
    EXPECT_THAT(problem_with("{\n"), ::testing::StartsWith("This is not JSON: "));
    EXPECT_EQ(problem_with("[1]\n"), "This is not a JSON object.");
    EXPECT_EQ(problem_with("{}\n"), "Its field v is missing.");
    EXPECT_EQ(problem_with(with(good, "\"v\":1", "\"v\":2")),
              "Version 2 is not known; this program reads version 1.");
    EXPECT_EQ(problem_with(with(good, "client_line", "client_lines")),
              "No kind of event is called \"client_lines\".");
    EXPECT_EQ(problem_with(with(good, "\"n\":0", "\"n\":-1")),
              "Its field n is not a natural number.");
    EXPECT_EQ(problem_with(with(good, "\"us\":1", "\"us\":1.5")),
              "Its field us is not an integer of 64 bits.");
    EXPECT_EQ(problem_with(with(good, "\"us\":1", "\"us\":-9223372036854775808")),
              "Its us is out of range.");
    EXPECT_EQ(problem_with(with(good, "2026-11", "2026-13")),
              "Its field time is not a time like 2026-11-24T23:00:00.120314Z.");
    EXPECT_EQ(problem_with(with(good, "\"tls\":false", "\"tls\":0")),
              "Its field tls is neither true nor false.");
    EXPECT_EQ(problem_with(with(good, "\"segment\":1", "\"segment\":4294967296")),
              "Its field segment is too large.");
    EXPECT_EQ(problem_with(with(good, "crlf", "cr")), "Its ending is neither crlf, lf nor none.");
    EXPECT_EQ(problem_with(with(good, "\"text\":\"NOOP\"", "\"b64\":\"NOOP=\"")),
              "Its field b64 is not base64.");
    EXPECT_EQ(problem_with(with(good, "\"text\":\"NOOP\"", "\"text\":null")),
              "Its field text is not a string.");
}

TEST(ReadJson, SaysThatEventsAreMissing) {
    Log log = sample::log();
    for (int i = 0; i < 3; ++i) log.wire(Kind::client_line, i, sample::client, "NOOP\r\n");
    std::string first, third;
    append_json(first, log.snapshot(), 0);
    append_json(third, log.snapshot(), 2);

    const Transcripts read = read_json(first + third);
    EXPECT_THAT(problems_of(read),
                ElementsAre("2: Event 2 of session 12 stands where 1 was expected."));
    EXPECT_EQ(read.sessions.at(0).events.size(), 2U);
    EXPECT_THAT(problems_of(read_json(third)),
                ElementsAre("1: Session 12 begins with event 2: what was before is missing."));
}

TEST(ReadJson, TellsMixedSessionsApart) {
    std::string lines;
    LiveJson live([&](std::string_view line) { lines += line; });
    Log a("a", "default", "unix", "unix:/s", 0, &live);
    Log b("b", "other", "unix", "unix:/t", 5, &live);
    a.event(Kind::connected, 0);
    b.event(Kind::connected, 0);
    a.wire(Kind::client_line, 1, sample::client, "A\r\n");
    b.wire(Kind::client_line, 1, sample::client, "B\r\n");
    a.event(Kind::closed, 2);

    const Transcripts read = read_json(lines);
    EXPECT_THAT(problems_of(read), IsEmpty());
    ASSERT_EQ(read.sessions.size(), 2U);
    EXPECT_EQ(json(read.sessions[0]), json(a.snapshot()));
    EXPECT_EQ(json(read.sessions[1]), json(b.snapshot()));
    EXPECT_FALSE(read.sessions[0].open);
    EXPECT_TRUE(read.sessions[1].open);
}

TEST(ReadJson, BeginsAnotherSessionWhenAnIdComesAgain) {
    const Transcripts read = read_json(two_lines() + two_lines());
    EXPECT_THAT(problems_of(read), IsEmpty());
    ASSERT_EQ(read.sessions.size(), 2U);
    EXPECT_EQ(json(read.sessions[1]), two_lines());
}

TEST(ReadJson, StandsTimesOfAnySize) {
    for (const char* us : {"9223372036854775807", "-9223372036854775808"}) {
        const Transcripts read =
            read_json(with(two_lines(), "\"us\":1", "\"us\":" + std::string(us)));
        EXPECT_EQ(read.sessions.at(0).events.size(), 1U + (us[0] != '-'));
        const Transcripts again = read_json(json(read.sessions[0]));
        EXPECT_EQ(json(again.sessions.at(0)), json(read.sessions[0]));
        EXPECT_EQ(text(again.sessions[0]), text(read.sessions[0]));
    }
}

TEST(ReadJson, IgnoresFieldsThatItDoesNotKnow) {
    const std::string lines = with(two_lines(), "\"n\":0", "\"n\":0,\"later\":[1]");
    EXPECT_THAT(problems_of(read_json(lines)), IsEmpty());
    EXPECT_EQ(json(read_json(lines).sessions.at(0)), two_lines());
}

TEST(ReadJson, RefusesPeriodsThatDoNotStandInTheMailData) {
    Log log = sample::log();
    log.mail_data(0, sample::client, sample::mail_data("..a..b"), 6);
    JsonOptions options;
    options.mail_data = MailDataOctets::in_line;
    const std::string line = json(log.snapshot(), options);
    for (const char* periods : {"[2]", "[99]", "[1,0]", "[0,0]"}) {
        const Transcripts read = read_json(with(line, "[0]", periods));
        EXPECT_THAT(problems_of(read),
                    ElementsAre("1: Its octets do not fit its size and removed_periods."))
            << periods;
        EXPECT_THAT(read.sessions, IsEmpty());
    }
}

}  // namespace
}  // namespace smtprig::transcript

// The rules of the harness, held for every check by looking at what it says to the strict fixture.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "conformance/check/selection.hpp"
#include "conformance/suites.hpp"
#include "tests/conformance/pipe.hpp"

namespace smtprig::conformance {
namespace {

struct Spent {
    int errors = 0;
    int unknown = 0;
    int non_mail = 0;  // commands that belong to no transaction
    int messages = 0;
    bool burst = false;
};

Spent spent_in(const transcript::Session& session) {
    Spent spent;
    bool mail_data = false;
    for (const transcript::Event& event : session.events) {
        const std::string_view octets = session.octets_of(event);
        if (event.kind == transcript::Kind::server_line && octets.size() > 3 && octets[3] == ' ') {
            if (octets[0] == '5') ++spent.errors;
            if (octets.substr(0, 3) == "500") ++spent.unknown;
            if (octets.substr(0, 3) == "354") mail_data = true;
        }
        if (event.kind != transcript::Kind::client_line) continue;
        if (mail_data) {
            if (octets == ".\r\n") {
                mail_data = false;
                ++spent.messages;
            }
            continue;
        }
        const std::string_view verb = octets.substr(0, 4);
        if (verb != "MAIL" && verb != "RCPT" && verb != "DATA" && verb != "QUIT") ++spent.non_mail;
    }
    return spent;
}

// Checks that are about many commands on one connection.
const std::set<std::string> about_many{"rfc2920/3.2/burst-loses-no-input",
                                       "rfc5321/4.3/many-transactions-are-reset",
                                       "rfc5321/4.5.3.1/too-many-recipients-get-452"};

TEST(Rules, AtMostTwoErrorsAndEightOtherCommandsAConnection) {
    PipeConnector connector(strict_fixture(smtp::TlsMode::starttls));
    const SuiteRun run = run_suite(connector, settings_for(smtp::TlsMode::starttls));
    for (const Result& result : run.report.results) {
        if (about_many.count(result.check->id) != 0) continue;
        for (const transcript::Session& session : result.transcripts) {
            const Spent spent = spent_in(session);
            EXPECT_LE(spent.errors, 2) << result.check->id;
            EXPECT_LE(spent.non_mail, 8) << result.check->id;
        }
    }
}

TEST(Rules, NoMoreMessagesThanTheCheckSays) {
    PipeConnector connector(strict_fixture(smtp::TlsMode::none));
    const SuiteRun run = run_suite(connector, settings_for(smtp::TlsMode::none));
    for (const Result& result : run.report.results) {
        int messages = 0;
        for (const transcript::Session& session : result.transcripts)
            messages += spent_in(session).messages;
        EXPECT_LE(messages, result.check->messages) << result.check->id;
    }
}

TEST(Rules, NoMoreMailThanAllowed) {
    PipeConnector connector(strict_fixture(smtp::TlsMode::none));
    const RunSettings settings = settings_for(smtp::TlsMode::none);
    const Preflight before = preflight(settings, connector);
    RunOptions options;
    options.most_mail = 3;
    const Report report =
        run_all(selected(suite(), {}), settings, before, connector, options, nullptr);
    int messages = 0;
    for (const Result& result : report.results)
        for (const transcript::Session& session : result.transcripts)
            messages += spent_in(session).messages;
    EXPECT_LE(messages, 3);
}

TEST(Rules, SafetyZeroOnlyGreets) {
    PipeConnector connector(strict_fixture(smtp::TlsMode::none));
    RunSettings settings = settings_for(smtp::TlsMode::none);
    settings.safety = 0;
    const SuiteRun run = run_suite(connector, settings);
    for (const Result& result : run.report.results)
        for (const transcript::Session& session : result.transcripts)
            for (const transcript::Event& event : session.events)
                EXPECT_NE(session.octets_of(event).substr(0, 4), "MAIL") << result.check->id;
}

// The breaker: a server that refuses connections is left alone.
class Refusing : public probe::Connector {
  public:
    probe::Connected connect(probe::Microseconds) override {
        ++tries;
        probe::Connected connected;
        connected.problem = "The server cannot be reached: Connection refused.";
        return connected;
    }
    std::int64_t wall_clock() const override { return 0; }
    int tries = 0;
};

TEST(Rules, TwoRefusedConnectionsEndTheRun) {
    Refusing connector;
    Preflight before;
    before.facts.reachable = before.facts.recipient_accepted = true;
    before.facts.greeting_code = 220;
    const Report report = run_all(selected(suite(), {}), settings_for(smtp::TlsMode::none), before,
                                  connector, {}, nullptr);
    EXPECT_LE(connector.tries, 2);
    for (const Result& result : report.results)
        EXPECT_TRUE(result.judgement.verdict == Verdict::inconclusive ||
                    result.judgement.verdict == Verdict::skip)
            << result.check->id;
}

TEST(Suite, HasAnIdOnceAndASentenceForEachCheck) {
    std::set<std::string> ids;
    for (const Section& section : suite())
        for (const Check& check : section.checks()) {
            EXPECT_TRUE(ids.insert(check.id).second) << check.id;
            EXPECT_EQ(check.requirement.back(), '.') << check.id;
            EXPECT_FALSE(check.row_id.empty()) << check.id;
        }
}

TEST(Selection, TakesPrefixesGlobsAndExclusions) {
    const auto ids = [](std::vector<std::string> patterns) {
        std::vector<std::string> all;
        for (const Check* check : selected(suite(), {std::move(patterns), {}, {}}))
            all.push_back(check->id);
        return all;
    };
    EXPECT_THAT(ids({"rfc5321/4.1.5"}),
                testing::ElementsAre("rfc5321/4.1.5/unknown-x-command-gets-500"));
    EXPECT_THAT(ids({"*/noop-*", "-rfc2920"}),
                testing::ElementsAre("rfc5321/4.1.1.9/noop-argument-is-ignored",
                                     "rfc5321/4.1.1.9/noop-keeps-the-transaction",
                                     "rfc5321/4.1.4/noop-before-ehlo"));
    EXPECT_TRUE(ids({"rfc5321/nothing"}).empty());
}

}  // namespace
}  // namespace smtprig::conformance

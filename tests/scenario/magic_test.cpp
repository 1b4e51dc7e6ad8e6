// Magic forward-paths: each row of scenarios/MAGIC.md does what it says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "fixture/scenario/loader.hpp"
#include "fixture/scenario/model.hpp"
#include "tests/server/harness.hpp"

namespace smtprig::scenario {
namespace {

using server::Scene;
using server::Talk;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

Sources library() {
    Sources sources;
    sources.library = SMTPRIG_SOURCE_DIR "/scenarios";
    return sources;
}

Scene magic(const std::string& name = "magic/magic", const Sources& sources = library()) {
    const Loaded loaded = load_file(name, sources);
    std::string all;
    for (const Diagnostic& diagnostic : loaded.diagnostics) all += to_text(diagnostic);
    if (!loaded.good()) throw std::runtime_error(all);
    Scene scene;
    scene.settings = loaded.scenario->settings;
    scene.engine = std::make_shared<Engine>(loaded.scenario, 1);
    return scene;
}

struct Outcome {
    std::string rcpt, dot;  // what the server said
    std::vector<std::int64_t> waits;
    std::size_t stored = 0;
    std::optional<CloseHow> closed;
};

Outcome send(const Scene& scene, const std::string& to) {
    Talk talk(scene);
    talk.line("EHLO client.example");
    talk.line("MAIL FROM:<a@client.example>");
    Outcome outcome;
    outcome.rcpt = talk.line("RCPT TO:<" + to + ">");
    if (outcome.rcpt.compare(0, 1, "2") == 0) {
        talk.line("DATA");
        outcome.dot = talk.send("Message-ID: <1@client.example>\r\n\r\nText\r\n.\r\n");
    }
    outcome.waits = talk.waits();
    outcome.stored = talk.messages().size();
    outcome.closed = talk.closed_how();
    if (!talk.over()) talk.fin();
    EXPECT_EQ(talk.faults(), "");
    return outcome;
}

// The first column of the table.
std::vector<std::string> documented() {
    std::ifstream page(SMTPRIG_SOURCE_DIR "/scenarios/MAGIC.md");
    std::vector<std::string> paths;
    for (std::string line; std::getline(page, line);)
        if (line.compare(0, 3, "| `") == 0) paths.push_back(line.substr(3, line.find('`', 3) - 3));
    return paths;
}

using Row = std::function<void(const Outcome&)>;

std::map<std::string, Row> rows() {
    const auto refused = [](const char* reply) {
        return [reply](const Outcome& outcome) { EXPECT_THAT(outcome.rcpt, StartsWith(reply)); };
    };
    const auto refused_at_dot = [](const char* reply) {
        return [reply](const Outcome& outcome) {
            EXPECT_THAT(outcome.dot, StartsWith(reply));
            EXPECT_EQ(outcome.stored, 0u);
        };
    };
    const auto gone = [](CloseHow how, std::size_t stored, bool at_dot) {
        return [=](const Outcome& outcome) {
            EXPECT_EQ(outcome.closed, how);
            EXPECT_EQ(outcome.stored, stored);
            EXPECT_EQ(at_dot ? outcome.dot : outcome.rcpt, "");
            EXPECT_EQ(outcome.rcpt.empty(), !at_dot);
        };
    };
    const auto hangs = [](bool at_dot) {
        return [=](const Outcome& outcome) {
            EXPECT_THAT(outcome.waits, ElementsAre(900'000'000));
            EXPECT_EQ(outcome.closed, CloseHow::fin);
            EXPECT_EQ(outcome.rcpt.empty(), !at_dot);
        };
    };
    return {
        {"550@example.test", refused("550 <550@example.test>: ")},
        {"450-4.2.0@example.test", refused("450 4.2.0 <450-4.2.0@example.test>: ")},
        {"552-5.2.2@example.test", refused("552 5.2.2 ")},
        {"421@example.test",
         [](const Outcome& outcome) {
             EXPECT_THAT(outcome.rcpt, StartsWith("421 "));
             EXPECT_EQ(outcome.closed, CloseHow::fin);
         }},
        {"251@example.test",
         [](const Outcome& outcome) {
             EXPECT_THAT(outcome.rcpt, StartsWith("251 "));
             EXPECT_EQ(outcome.stored, 1u);
         }},
        {"greylist@example.test", refused("450 4.2.0 ")},
        {"delay-30s@example.test",
         [](const Outcome& outcome) {
             EXPECT_THAT(outcome.waits, ElementsAre(30'000'000));
             EXPECT_THAT(outcome.rcpt, StartsWith("250 "));
         }},
        {"close@example.test", gone(CloseHow::fin, 0, false)},
        {"rst@example.test", gone(CloseHow::rst, 0, false)},
        {"hang@example.test", hangs(false)},
        {"malformed@example.test", refused("2x0 ")},
        {"dot-550@example.test", refused_at_dot("550 <dot-550@example.test>: ")},
        {"dot-451-4.3.0@example.test", refused_at_dot("451 4.3.0 ")},
        {"delay-dot-30s@example.test",
         [](const Outcome& outcome) {
             EXPECT_THAT(outcome.waits, ElementsAre(30'000'000));
             EXPECT_EQ(outcome.stored, 1u);
         }},
        {"drop-after-dot@example.test", gone(CloseHow::fin, 0, true)},
        {"lost-after-dot@example.test", gone(CloseHow::rst, 1, true)},
        {"hang-after-dot@example.test", hangs(true)},
        {"discard@example.test",
         [](const Outcome& outcome) {
             EXPECT_THAT(outcome.dot, StartsWith("250 "));
             EXPECT_EQ(outcome.stored, 0u);
         }},
    };
}

TEST(MagicForwardPaths, DoWhatTheirPageSays) {
    const auto table = rows();
    std::vector<std::string> tested;
    for (const std::string& path : documented()) {
        SCOPED_TRACE(path);
        const auto row = table.find(path);
        ASSERT_NE(row, table.end()) << "the page has a row that no test has";
        row->second(send(magic(), path));
        tested.push_back(path);
    }
    EXPECT_EQ(tested.size(), table.size());
}

TEST(MagicForwardPaths, OthersAreServedAsEver) {
    for (const char* path : {"somebody@example.test", "delay-soon@example.test", "650@example.test",
                             "55@example.test", "450-x@example.test", "dot-250@example.test"}) {
        const Outcome outcome = send(magic(), path);
        EXPECT_THAT(outcome.rcpt, StartsWith("250 ")) << path;
        EXPECT_EQ(outcome.stored, 1u) << path;
        EXPECT_THAT(outcome.waits, testing::IsEmpty()) << path;
    }
}

TEST(MagicForwardPaths, CannotHoldTheServerForLongerThanItsBound) {
    EXPECT_THAT(send(magic(), "delay-9h@example.test").waits, ElementsAre(900'000'000));
}

TEST(MagicForwardPaths, GreylistTakesTheSecondAttempt) {
    const Scene scene = magic();
    EXPECT_THAT(send(scene, "greylist@example.test").rcpt, StartsWith("450 "));
    EXPECT_THAT(send(scene, "greylist@example.test").rcpt, StartsWith("250 "));
    EXPECT_THAT(send(scene, "greylist@other.test").rcpt, StartsWith("450 "));
}

TEST(MagicForwardPaths, StandBehindTheRulesOfAScenario) {
    Sources sources = library();
    sources.beside = {"magic/forward-paths"};
    const Scene scene = magic("rcpt/greylisting", sources);
    EXPECT_THAT(send(scene, "550@example.test").rcpt, HasSubstr("Greylisted"));
    const Scene other = magic("dot/dot-late", sources);
    EXPECT_THAT(send(other, "550@example.test").rcpt, StartsWith("550 "));
    EXPECT_TRUE(load_file("magic/magic", sources).good()) << "once is enough";
}

}  // namespace
}  // namespace smtprig::scenario

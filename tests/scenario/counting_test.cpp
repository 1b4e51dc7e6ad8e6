#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "fixture/scenario/counters.hpp"
#include "tests/scenario/scene.hpp"

namespace smtprig::scenario {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t second = 1'000'000;

std::string on(std::string_view attributes) {
    return "<on " + std::string(attributes) + "><reply>450 no</reply></on>";
}

TEST(Counting, NthCountsEachKeyOfItsScopeAlone) {
    const auto decided = [](std::string_view per) {
        Scene scene(load(on("event=\"rcpt\" nth=\"1\" per=\"" + std::string(per) + "\"")));
        auto one = scene.connect();
        auto two = scene.connect("192.0.2.9");
        std::string out;
        const auto ask = [&](Scene::Client& client, const char* from, const char* to) {
            out += scene.rcpt(client, from, to).decided ? 'x' : '.';
        };
        ask(one, "a@x", "b@y");
        ask(one, "a@x", "b@y");
        ask(two, "a@x", "b@y");
        ask(one, "c@x", "b@y");
        ask(one, "a@x", "d@y");
        return out;
    };
    EXPECT_EQ(decided("run"), "x....");
    EXPECT_EQ(decided("connection"), "x.x..");
    EXPECT_EQ(decided("client"), "x.x..");
    EXPECT_EQ(decided("sender"), "x..x.");
    EXPECT_EQ(decided("recipient"), "x...x");
    EXPECT_EQ(decided("triplet"), "x.xxx");
    EXPECT_EQ(decided("message"), "x..xx");
}

TEST(Counting, AMessageIsItsMessageIdOrElseItsEnvelope) {
    Scene scene(load(on("event=\"dot\" nth=\"1\" per=\"message\"")));
    auto client = scene.connect();
    const auto first = [&](const char* from, const char* message) {
        return scene.dot(client, from, {"b@y"}, message).decided;
    };
    EXPECT_TRUE(first("a@x", "Message-ID: <1@x>\r\n\r\n"));
    EXPECT_FALSE(first("c@x", "message-id:\r\n <1@x>\r\n\r\n"));
    EXPECT_TRUE(first("a@x", "Message-ID: <2@x>\r\n\r\n"));
    EXPECT_TRUE(first("a@x", "Subject: none\r\n\r\nMessage-ID: <1@x>\r\n"));
    EXPECT_FALSE(first("a@x", "\r\n"));
}

TEST(Counting, AKeyExistsOnceAClientHasNamedIt) {
    Scene scene(load(on("event=\"rcpt\" nth=\"1\" per=\"user\"")));
    auto client = scene.connect();
    EXPECT_FALSE(scene.rcpt(client, "a@x", "b@y").decided);
    client.user = "app";
    EXPECT_TRUE(scene.rcpt(client, "a@x", "b@y").decided);
    EXPECT_FALSE(scene.rcpt(client, "a@x", "b@y").decided);
}

TEST(Counting, EqualRulesDoNotShareACounter) {
    Scene scene(
        load("<on event=\"rcpt\" per=\"run\" nth=\"1\"><delay for=\"1s\"/></on>"
             "<on event=\"rcpt\" per=\"run\" nth=\"1\"><delay for=\"1s\"/></on>"));
    auto client = scene.connect();
    EXPECT_EQ(scene.rcpt(client, "a@x", "b@y").fired.size(), 2u);
    EXPECT_EQ(scene.rcpt(client, "a@x", "b@y").fired.size(), 0u);
}

TEST(Counting, OnlyMatchingEventsCount) {
    Scene scene(load(on("event=\"rcpt\" to=\"b@*\" per=\"run\" nth=\"2\"")));
    auto client = scene.connect();
    EXPECT_FALSE(scene.rcpt(client, "a@x", "b@y").decided);
    EXPECT_FALSE(scene.rcpt(client, "a@x", "c@y").decided);
    EXPECT_TRUE(scene.rcpt(client, "a@x", "b@y").decided);
}

TEST(Counting, OverRateLetsThroughWhatTheRateAllows) {
    Scene scene(load(on("event=\"rcpt\" per=\"client\" over-rate=\"2/10s\"")));
    auto client = scene.connect();
    auto other = scene.connect("192.0.2.9");
    const auto over = [&](Scene::Client& who) { return scene.rcpt(who, "a@x", "b@y").decided; };
    EXPECT_FALSE(over(client));
    EXPECT_FALSE(over(client));
    EXPECT_TRUE(over(client));
    EXPECT_FALSE(over(other));
    scene.now = 4 * second;
    EXPECT_TRUE(over(client));
    scene.now = 5 * second;
    EXPECT_FALSE(over(client));
    EXPECT_TRUE(over(client));
    scene.now = 60 * second;
    EXPECT_FALSE(over(client));
    EXPECT_FALSE(over(client));
    EXPECT_TRUE(over(client));
}

TEST(Counting, OverOpenCountsSessionsUntilTheyEnd) {
    Scene scene(load(on("event=\"connect\" per=\"client\" over-open=\"2\"")));
    auto one = scene.connect();
    auto two = scene.connect();
    auto three = scene.connect();
    EXPECT_FALSE(scene.at(one, Happening::connect).decided);
    EXPECT_FALSE(scene.at(two, Happening::connect).decided);
    EXPECT_FALSE(scene.at(two, Happening::connect).decided);
    EXPECT_TRUE(scene.at(three, Happening::connect).decided);
    scene.leave(three);
    scene.leave(one);
    auto four = scene.connect();
    EXPECT_FALSE(scene.at(four, Happening::connect).decided);
}

TEST(Counting, ASequenceGoesThroughItsStepsAndEndsAsItSays) {
    const auto codes = [](std::string_view then) {
        Scene scene(load("<on event=\"rcpt\"><sequence per=\"recipient\" then=\"" +
                         std::string(then) +
                         "\"><step times=\"2\"><reply>450 a</reply></step><step/><step><reply>550 "
                         "b</reply></step>"
                         "</sequence></on>"));
        auto client = scene.connect();
        std::string out;
        for (int index = 0; index < 6; ++index) {
            const Decision decision = scene.rcpt(client, "a@x", "b@y");
            out += decision.decided ? std::to_string(decision.effects[0].code) + " " : "- ";
        }
        return out;
    };
    EXPECT_EQ(codes("last"), "450 450 - 550 550 550 ");
    EXPECT_EQ(codes("loop"), "450 450 - 550 450 450 ");
    EXPECT_EQ(codes("default"), "450 450 - 550 - - ");
}

TEST(Counting, RuleCountIsTheOccurrenceOfTheKey) {
    Scene scene(load("<on event=\"rcpt\" per=\"recipient\"><reply>450 ${rule.count}</reply></on>"));
    auto client = scene.connect();
    scene.rcpt(client, "a@x", "b@y");
    EXPECT_THAT(texts(scene.rcpt(client, "a@x", "b@y")), ElementsAre("send 450 2\\r\\n (450)"));
    EXPECT_THAT(texts(scene.rcpt(client, "a@x", "c@y")), ElementsAre("send 450 1\\r\\n (450)"));
}

// The mails whose RCPT is refused by chance.
std::set<int> refused(std::uint64_t seed, const std::vector<int>& order, int clients) {
    Scene scene(load(on("event=\"rcpt\" chance=\"30%\"")), seed);
    std::vector<Scene::Client> all;
    for (int index = 0; index < clients; ++index) all.push_back(scene.connect());
    std::set<int> out;
    for (std::size_t index = 0; index < order.size(); ++index) {
        const std::string to = "r" + std::to_string(order[index]) + "@y";
        if (scene.rcpt(all[index % all.size()], "a@x", to).decided) out.insert(order[index]);
    }
    return out;
}

TEST(Counting, FromRcptOnChanceFollowsTheMailAndNotTheTiming) {
    std::vector<int> order;
    for (int index = 0; index < 200; ++index) order.push_back(index);
    const std::set<int> once = refused(7, order, 1);
    EXPECT_GT(once.size(), 30u);
    EXPECT_LT(once.size(), 90u);
    std::vector<int> backwards(order.rbegin(), order.rend());
    EXPECT_EQ(refused(7, backwards, 5), once);
    EXPECT_NE(refused(8, order, 1), once);
}

TEST(Counting, ChanceIsNeverAtNoughtAndAlwaysAtAHundred) {
    Scene never(load(on("event=\"rcpt\" chance=\"0%\"")));
    Scene always(load(on("event=\"rcpt\" chance=\"100%\"")));
    auto one = never.connect();
    auto two = always.connect();
    for (int index = 0; index < 1000; ++index) {
        EXPECT_FALSE(never.rcpt(one, "a@x", "b@y").decided);
        EXPECT_TRUE(always.rcpt(two, "a@x", "b@y").decided);
    }
}

TEST(Counting, EveryDrawIsTold) {
    Scene scene(load("<on id=\"r\" event=\"rcpt\" chance=\"50%\"><close/></on>"));
    auto client = scene.connect();
    const Decision decision = scene.rcpt(client, "a@x", "b@y");
    ASSERT_EQ(decision.draws.size(), 1u);
    EXPECT_EQ(decision.draws[0].rule, "r");
    EXPECT_EQ(decision.draws[0].key, "a@x b@y");
    EXPECT_EQ(decision.draws[0].occurrence, 1u);
    EXPECT_EQ(decision.draws[0].limit, 0.5);
    EXPECT_EQ(decision.draws[0].fired, decision.draws[0].drawn < 0.5);
    EXPECT_EQ(decision.decided, decision.draws[0].fired);
}

TEST(Counting, AChoiceFollowsItsWeights) {
    Scene scene(
        load("<on event=\"rcpt\"><choose><option weight=\"3\"><reply>450 a</reply></option>"
             "<option weight=\"1\"/></choose></on>"));
    auto client = scene.connect();
    int chosen = 0;
    for (int index = 0; index < 2000; ++index)
        if (scene.rcpt(client, "a@x", "r" + std::to_string(index) + "@y").decided) ++chosen;
    EXPECT_NEAR(chosen, 1500, 100);
}

TEST(Counting, KeysAreBoundedInNumberAndLength) {
    Scene scene(load(on("id=\"r\" event=\"rcpt\" per=\"recipient\" nth=\"1\"")));
    auto client = scene.connect();
    for (std::size_t index = 0; index < key_limit; ++index)
        ASSERT_TRUE(scene.rcpt(client, "a@x", std::to_string(index) + "@y").decided);
    const Decision decision = scene.rcpt(client, "a@x", "one-more@y");
    EXPECT_FALSE(decision.decided);
    ASSERT_EQ(decision.overflows.size(), 1u);
    EXPECT_EQ(decision.overflows[0].rule, "r");
    EXPECT_THAT(scene.rcpt(client, "a@x", "1@y").overflows, IsEmpty());

    Scene lengthy(load(on("event=\"rcpt\" per=\"recipient\" nth=\"1\"")));
    auto other = lengthy.connect();
    const std::string name(5000, 'n');
    const Decision first = lengthy.rcpt(other, "a@x", name + "1@y");
    EXPECT_TRUE(first.decided);
    EXPECT_LE(first.fired[0].key.size(), 128u);
    EXPECT_TRUE(lengthy.rcpt(other, "a@x", name + "2@y").decided);
    EXPECT_FALSE(lengthy.rcpt(other, "a@x", name + "1@y").decided);
}

// Exactly one of many racing sessions is the first.
TEST(Counting, DecisionAndCounterAreOneStep) {
    constexpr int threads = 4;
    constexpr int rounds = 2000;
    const Loaded loaded = load(
        "<state name=\"s\" start=\"a\" per=\"run\"/>"
        "<on event=\"rcpt\" if=\"s=a\"><set state=\"s\" to=\"b\"/><reply>450 first</reply></on>"
        "<on event=\"rcpt\" per=\"run\" nth=\"*/10\"><reply>451 tenth</reply></on>");
    ASSERT_TRUE(loaded.good());
    Engine engine(loaded.scenario, 1);
    std::vector<int> firsts(threads);
    std::vector<int> tenths(threads);
    std::vector<std::thread> running;
    for (int index = 0; index < threads; ++index)
        running.emplace_back([&engine, &firsts, &tenths, index] {
            SessionView view;
            view.ordinal = static_cast<std::uint64_t>(index) + 1;
            const auto state = engine.begin(view, 0);
            for (int round = 0; round < rounds; ++round) {
                Moment moment;
                moment.happening = Happening::rcpt;
                moment.session = view;
                moment.from = "a@x";
                moment.to = "b@y";
                const Decision decision = engine.decide(moment, *state);
                if (!decision.decided) continue;
                const auto slot = static_cast<std::size_t>(index);
                ++(decision.effects[0].code == 450 ? firsts : tenths)[slot];
            }
        });
    for (std::thread& one : running) one.join();
    int first = 0;
    int tenth = 0;
    for (const int count : firsts) first += count;
    for (const int count : tenths) tenth += count;
    EXPECT_EQ(first, 1);
    // The first one was decided before the second rule was asked.
    EXPECT_EQ(tenth, (threads * rounds - 1) / 10);
}

}  // namespace
}  // namespace smtprig::scenario

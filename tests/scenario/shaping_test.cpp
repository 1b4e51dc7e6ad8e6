#include "fixture/scenario/actions/shaping.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bitset>

#include "tests/scenario/scene.hpp"

namespace smtprig::scenario {
namespace {

using testing::ElementsAre;

Decision decide(const std::string& action, std::uint64_t seed = 1) {
    Scene scene(load("<on event=\"rcpt\">" + action + "</on>"), seed);
    auto client = scene.connect();
    return scene.rcpt(client, "a@x", "b@y");
}

std::string said(const Decision& decision) {
    std::string all;
    for (const Effect& effect : decision.effects) all += effect.octets;
    return all;
}

std::int64_t waited(const Decision& decision) {
    std::int64_t all = 0;
    for (const Effect& effect : decision.effects) all += effect.time;
    return all;
}

TEST(Shaping, CutsIntoPiecesOfASize) {
    EXPECT_THAT(texts(decide("<reply split=\"3\" gap=\"50ms\">450 no</reply>")),
                ElementsAre("send 450 alone", "wait 50000", "send  no alone", "wait 50000",
                            "send \\r\\n (450) alone"));
}

TEST(Shaping, CutsAtGivenPlacesAndTheRestIsOnePiece) {
    EXPECT_THAT(texts(decide("<reply split=\"1,2\" gap=\"1ms\">450 no</reply>")),
                ElementsAre("send 4 alone", "wait 1000", "send 50 alone", "wait 1000",
                            "send  no\\r\\n (450) alone"));
}

TEST(Shaping, CutsBetweenLinesAndInsideLineEndings) {
    EXPECT_THAT(texts(decide("<reply split=\"lines\" gap=\"1ms\">450-a\n450 b</reply>")),
                ElementsAre("send 450-a\\r\\n alone", "wait 1000", "send 450 b\\r\\n (450) alone"));
    EXPECT_THAT(texts(decide("<reply split=\"crlf\" gap=\"1ms\">450 a</reply>")),
                ElementsAre("send 450 a\\r alone", "wait 1000", "send \\n (450) alone"));
}

TEST(Shaping, SpreadsOverATimeThatAddsUp) {
    const Decision decision = decide("<reply over=\"15s\">450 no</reply>");
    EXPECT_EQ(said(decision), "450 no\r\n");
    EXPECT_EQ(waited(decision), 15'000'000);
    EXPECT_EQ(decision.effects.size(), 15u);
    EXPECT_EQ(decision.effects.back().code, 450);
    EXPECT_EQ(waited(decide("<reply over=\"25ms\">450 no</reply>")), 25'000);
}

TEST(Shaping, AnEmptyReplyIsTheServersOwnOne) {
    EXPECT_THAT(texts(decide("<reply split=\"4\" gap=\"1ms\"/>")),
                ElementsAre("send 250  alone", "wait 1000", "send 2.1. alone", "wait 1000",
                            "send 5 OK alone", "wait 1000", "send \\r\\n (250) alone"));
    EXPECT_THAT(texts(decide("<reply hold=\"yes\"/>")),
                ElementsAre("send 250 2.1.5 OK\\r\\n (250) held"));
}

TEST(Shaping, AReplyThatIsCutShortMovesNothing) {
    EXPECT_THAT(texts(decide("<reply keep-bytes=\"5\">450 no</reply><close how=\"rst\"/>")),
                ElementsAre("send 450 n", "close rst"));
    EXPECT_THAT(texts(decide("<reply keep-bytes=\"5\" then=\"proceed\">450 no</reply>")),
                ElementsAre("send 450 n (proceed)"));
    EXPECT_THAT(texts(decide("<reply keep-bytes=\"500\">450 no</reply>")),
                ElementsAre("send 450 no\\r\\n (450)"));
}

TEST(Shaping, FlipsAsManyBitsAsItSaysAndTheSameOnesForASeed) {
    const std::string plain = "450 no\r\n";
    const auto flipped = [&plain](const std::string& octets) {
        std::size_t bits = 0;
        for (std::size_t at = 0; at < plain.size(); ++at)
            bits += std::bitset<8>(static_cast<unsigned char>(plain[at] ^ octets[at])).count();
        return bits;
    };
    const std::string action = "<reply flip-bits=\"3\">450 no</reply>";
    EXPECT_EQ(flipped(said(decide(action))), 3u);
    EXPECT_EQ(said(decide(action, 5)), said(decide(action, 5)));
    EXPECT_NE(said(decide(action, 5)), said(decide(action, 6)));
}

TEST(Shaping, AGapInARangeIsDrawnAnew) {
    const Decision decision = decide("<reply split=\"1\" gap=\"30ms..120ms\">450 no</reply>");
    std::set<std::int64_t> gaps;
    for (const Effect& effect : decision.effects)
        if (effect.kind == Effect::Kind::wait) {
            EXPECT_GE(effect.time, 30'000);
            EXPECT_LE(effect.time, 120'000);
            gaps.insert(effect.time);
        }
    EXPECT_GT(gaps.size(), 3u);
}

std::vector<std::int64_t> delays(const std::string& attributes) {
    Scene scene(load("<on event=\"rcpt\"><delay " + attributes + "/></on>"));
    auto client = scene.connect();
    std::vector<std::int64_t> out;
    for (int index = 0; index < 2001; ++index)
        out.push_back(waited(scene.rcpt(client, "a@x", "r" + std::to_string(index) + "@y")));
    std::sort(out.begin(), out.end());
    return out;
}

TEST(Delay, FollowsItsDistribution) {
    const auto uniform = delays("dist=\"uniform\" min=\"10ms\" max=\"30ms\"");
    EXPECT_GE(uniform.front(), 10'000);
    EXPECT_LE(uniform.back(), 30'000);
    EXPECT_NEAR(static_cast<double>(uniform[1000]), 20'000, 1000);
    const auto lognormal = delays("dist=\"lognormal\" median=\"40ms\" sigma=\"0.7\" max=\"8s\"");
    EXPECT_NEAR(static_cast<double>(lognormal[1000]), 40'000, 3000);
    EXPECT_LE(lognormal.back(), 8'000'000);
    const auto normal = delays("dist=\"normal\" mean=\"50ms\" deviation=\"10ms\" max=\"200ms\"");
    EXPECT_NEAR(static_cast<double>(normal[1000]), 50'000, 1500);
    const auto exponential = delays("dist=\"exponential\" mean=\"10ms\" max=\"1s\"");
    EXPECT_NEAR(static_cast<double>(exponential[1000]), 6931, 700);
    const auto pareto = delays("dist=\"pareto\" min=\"10ms\" shape=\"2\" max=\"1s\"");
    EXPECT_GE(pareto.front(), 10'000);
    EXPECT_NEAR(static_cast<double>(pareto[1000]), 14'142, 700);
}

// Clamping would pile up a tenth of them at the bound.
TEST(Delay, DrawsAgainWhatIsBeyondTheBound) {
    const auto normal = delays("dist=\"normal\" mean=\"50ms\" deviation=\"10ms\" max=\"60ms\"");
    EXPECT_LE(normal.back(), 60'000);
    EXPECT_LT(std::count(normal.begin(), normal.end(), 60'000), 20);
}

TEST(Delay, NeedsTheParametersOfItsDistribution) {
    EXPECT_FALSE(
        load("<on event=\"rcpt\"><delay dist=\"lognormal\" median=\"1s\" sigma=\"1\"/></on>")
            .good());
    EXPECT_FALSE(load("<on event=\"rcpt\"><delay dist=\"normal\" max=\"1s\"/></on>").good());
    EXPECT_FALSE(load("<on event=\"rcpt\"><delay/></on>").good());
    EXPECT_FALSE(load("<on event=\"rcpt\"><delay for=\"25h\"/></on>").good());
}

}  // namespace
}  // namespace smtprig::scenario

#include "tests/verdict/play.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smtprig::verdict {
namespace {

using testing::HasSubstr;

const char* const greylisting = R"(
  <on id="greylisted" event="rcpt" per="triplet" within="30s"><reply>450 4.2.0 later</reply></on>
  <expect within="5m">
    <must-retry after="greylisted" within="30s..3m" attempts="1..6"
                same="sender recipient message-id"/>
    <must event="accepted" per="message-id" times="1"/>
  </expect>)";

TEST(Judge, PassesAClientThatWaitsAndComesBack) {
    Play play(greylisting);
    EXPECT_THAT(play.deliver("a@client.example", "b@example.test", "1@client"), HasSubstr("450"));
    play.pass(31_s);
    EXPECT_THAT(play.deliver("a@client.example", "b@example.test", "1@client"), HasSubstr("250"));
    play.pass(1_s);
    EXPECT_EQ(play.ruling(), "open");
    play.pass(1_s);
    EXPECT_EQ(play.ruling(), "pass") << play.sentences();
    EXPECT_EQ(play.watch->verdict().at, 33_s);
}

TEST(Judge, FailsAClientThatComesBackTooEarly) {
    Play play(greylisting);
    play.deliver("a@client.example", "b@example.test", "1@client");
    play.pass(5_s);
    play.deliver("a@client.example", "b@example.test", "1@client");
    EXPECT_EQ(play.ruling(), "fail");
    EXPECT_THAT(play.sentences(), HasSubstr("was sent again after 5s, which is earlier than 30s"));
    EXPECT_EQ(play.judgement(0).session, "test-2");
}

TEST(Judge, FailsAClientThatGivesUpAtTheMomentWhenItsTimeIsOver) {
    Play play(greylisting);
    play.deliver("a@client.example", "b@example.test", "1@client");
    play.pass(179_s);
    EXPECT_EQ(play.ruling(), "open");
    EXPECT_EQ(play.watch->next(), 180_s);
    play.pass(60_s);
    EXPECT_EQ(play.ruling(), "fail");
    EXPECT_EQ(play.watch->verdict().at, 180_s);
    EXPECT_THAT(play.sentences(),
                HasSubstr("mail to <b@example.test> was not sent again within 3m"));
}

TEST(Judge, FailsAMessageThatIsSentTwice) {
    Play play(greylisting);
    play.deliver("a@client.example", "b@example.test", "1@client");
    play.pass(31_s);
    play.deliver("a@client.example", "b@example.test", "1@client");
    play.deliver("a@client.example", "b@example.test", "1@client");
    EXPECT_EQ(play.ruling(), "fail");
    EXPECT_THAT(play.sentences(), HasSubstr("accepted was seen 2 times for message <1@client>"));
}

TEST(Judge, IsInconclusiveWhereNobodyCame) {
    Play play(greylisting);
    play.pass(299_s);
    EXPECT_EQ(play.ruling(), "open");
    play.pass(1_s);
    EXPECT_EQ(play.ruling(), "inconclusive");
    EXPECT_THAT(play.sentences(), HasSubstr("rule \"greylisted\" never fired"));
}

TEST(Judge, IsInconclusiveWhereTheRuleNeverFired) {
    Play play(R"(
      <on id="refused" event="rcpt" to="nobody@*"><reply>550 5.1.1 no</reply></on>
      <expect within="1m"><must event="quit"/><must-give-up after="refused" for="10s"/></expect>)");
    play.deliver("a@client.example", "b@example.test", "1@client");
    play.pass(30_s);
    EXPECT_EQ(play.ruling(), "open");
    play.pass(30_s);
    EXPECT_EQ(play.ruling(), "inconclusive");
    EXPECT_EQ(play.judgement(0).ruling, Ruling::pass);
    EXPECT_EQ(play.judgement(1).ruling, Ruling::inconclusive);
}

TEST(Judge, IsInconclusiveAtTheEndOfTheRun) {
    Play play(greylisting);
    play.deliver("a@client.example", "b@example.test", "1@client");
    play.watch->finish(play.now + 1_s);
    EXPECT_EQ(play.ruling(), "inconclusive");
}

const char* const lost = R"(
  <on id="lost" event="dot" per="message-id" nth="1"><accept/><delay for="2s"/><close how="rst"/></on>
  <expect within="3m">
    <must-retry after="lost" within="1s..2m" same="message-id body"/>
    <must event="accepted" per="message-id" times="2"/>
  </expect>)";

TEST(Judge, PassesAClientThatSendsALostMessageAgain) {
    Play play(lost);
    EXPECT_EQ(play.deliver("a@client.example", "b@example.test", "1@client"), "");
    play.pass(5_s);
    EXPECT_THAT(play.deliver("a@client.example", "b@example.test", "1@client"), HasSubstr("250"));
    play.pass(2_s);
    EXPECT_EQ(play.ruling(), "pass") << play.sentences();
}

TEST(Judge, TellsTheNearestMissOfARetry) {
    Play play(lost);
    play.deliver("a@client.example", "b@example.test", "1@client");
    play.pass(5_s);
    play.deliver("a@client.example", "b@example.test", "2@client");
    play.pass(120_s);
    EXPECT_EQ(play.ruling(), "fail");
    EXPECT_THAT(play.judgement(0).hint, HasSubstr("with message-id <2@client> and the same body"));
    EXPECT_EQ(play.judgement(0).session, "test-1");
}

TEST(Judge, FailsARetryWhoseBodyIsAnother) {
    Play play(lost);
    play.deliver("a@client.example", "b@example.test", "1@client", "one");
    play.pass(5_s);
    play.deliver("a@client.example", "b@example.test", "1@client", "another");
    EXPECT_EQ(play.ruling(), "fail");
    EXPECT_THAT(play.sentences(), HasSubstr("with another body"));
}

const char* const mixed = R"(
  <on id="unknown" event="rcpt" to="nobody@example.test"><reply>550 5.1.1 no</reply></on>
  <expect within="10m">
    <must-give-up after="unknown" for="5m"/>
    <must event="accepted" per="recipient" times="1"/>
  </expect>)";

TEST(Judge, AsksNothingMoreOfAForwardPathThatWasRefusedForGood) {
    Play play(mixed);
    {
        Play::Client client = play.connect();
        client.line("EHLO client.example");
        client.line("MAIL FROM:<a@client.example>");
        client.line("RCPT TO:<nobody@example.test>");
        client.line("RCPT TO:<b@example.test>");
        client.line("RCPT TO:<c@example.test>");
        client.line("DATA");
        client.send("Message-ID: <1@client>\r\n\r\ntext\r\n.\r\n");
        client.line("QUIT");
    }
    play.pass(299_s);
    EXPECT_EQ(play.ruling(), "open");
    play.pass(1_s);
    EXPECT_EQ(play.ruling(), "pass") << play.sentences();
}

TEST(Judge, FailsAClientThatDoesNotGiveUp) {
    Play play(mixed);
    play.deliver("a@client.example", "nobody@example.test", "1@client");
    play.pass(60_s);
    play.deliver("a@client.example", "NOBODY@example.test", "1@client");
    EXPECT_EQ(play.ruling(), "fail");
    EXPECT_THAT(play.sentences(), HasSubstr("was sent again after 1m"));
}

TEST(Judge, WaitsForAForwardPathThatWasPutOff) {
    Play play(R"(
      <on event="rcpt" per="recipient" nth="1"><reply>451 4.3.0 later</reply></on>
      <expect within="10m"><must event="accepted" per="recipient" times="1"/></expect>)");
    play.deliver("a@client.example", "b@example.test", "1@client");
    play.pass(300_s);
    EXPECT_EQ(play.ruling(), "open");
    play.deliver("a@client.example", "b@example.test", "1@client");
    play.pass(2_s);
    EXPECT_EQ(play.ruling(), "pass");
}

TEST(Judge, FailsMustNotAtTheEvent) {
    Play play(R"(<server><capability name="AUTH" value="PLAIN"/></server>
      <expect within="1m"><must-not event="auth" tls="no" because="in the clear"/></expect>)");
    Play::Client client = play.connect();
    client.line("EHLO client.example");
    EXPECT_EQ(play.ruling(), "open");
    client.line("AUTH PLAIN AGEAYQ==");
    EXPECT_EQ(play.ruling(), "fail");
    EXPECT_THAT(play.sentences(), HasSubstr("auth was seen"));
}

TEST(Judge, PassesMustNotOnlyOnceAClientHasCome) {
    Play play(R"(<expect within="1m"><must-not event="auth"/></expect>)");
    play.pass(10_s);
    EXPECT_EQ(play.ruling(), "open");
    Play::Client client = play.connect();
    play.pass(10_s);
    EXPECT_EQ(play.ruling(), "open") << "a session is open";
    client.line("QUIT");
    play.pass(2_s);
    EXPECT_EQ(play.ruling(), "pass");
}

TEST(Judge, SettleIsCountedFromTheLastThingThatCame) {
    Play play(R"(<expect within="5m" settle="10s"><must event="quit"/></expect>)");
    play.connect().line("QUIT");
    play.pass(9_s);
    play.connect().line("QUIT");
    play.pass(9_s);
    EXPECT_EQ(play.ruling(), "open");
    play.pass(1_s);
    EXPECT_EQ(play.ruling(), "pass");
}

TEST(Judge, CountsATimeOfAConnectionFromItsStart) {
    Play play(R"(<expect within="1m"><must event="gone" within="0s..10s"/></expect>)");
    play.pass(20_s);
    Play::Client client = play.connect();
    play.pass(9_s);
    EXPECT_EQ(play.ruling(), "open");
    play.pass(1_s);
    EXPECT_EQ(play.ruling(), "fail");
    EXPECT_THAT(play.sentences(), HasSubstr("gone was not seen for session 1 within 10s"));
}

TEST(Judge, DecidesAConnectionWhenItEnds) {
    Play play(R"(<expect within="1m"><must event="quit" per="connection"/></expect>)");
    play.connect().line("QUIT");
    EXPECT_EQ(play.ruling(), "open");
    play.connect().fin();
    EXPECT_EQ(play.ruling(), "fail");
}

TEST(Judge, DoesNotAskAClientForWhatTheServerPrevented) {
    Play play(R"(
      <on event="connect" per="run" nth="1"><reply>421 4.3.2 no</reply><close/></on>
      <expect within="1m"><must event="quit" per="connection"/></expect>)");
    play.connect();
    play.pass(10_s);
    EXPECT_EQ(play.ruling(), "open");
    play.connect().line("QUIT");
    play.pass(2_s);
    EXPECT_EQ(play.ruling(), "pass") << play.sentences();
}

TEST(Judge, FindsEventsInOrderWithOthersBetween) {
    const std::string expected = R"(<expect within="1m"><in-order per="connection">
      <see event="ehlo"/><see event="mail"/><see event="quit"/></in-order></expect>)";
    Play good(expected);
    good.deliver("a@client.example", "b@example.test", "1@client");
    good.pass(2_s);
    EXPECT_EQ(good.ruling(), "pass");

    Play bad(expected);
    Play::Client client = bad.connect();
    client.line("EHLO client.example");
    client.line("QUIT");
    EXPECT_EQ(bad.ruling(), "fail");
    EXPECT_THAT(bad.sentences(), HasSubstr("mail was not seen behind ehlo"));
}

TEST(Judge, WaitsThatDoNotGrowFail) {
    const std::string expected = R"(
      <on id="busy" event="rcpt" per="recipient" nth="1-3"><reply>451 4.3.0 later</reply></on>
      <expect within="1h"><must-retry after="busy" within="1s..10m" backoff="growing"/></expect>)";
    Play growing(expected), constant(expected);
    for (const std::int64_t wait : {0_s, 10_s, 20_s, 40_s}) {
        growing.pass(wait);
        growing.deliver("a@client.example", "b@example.test", "1@client");
    }
    growing.pass(2_s);
    EXPECT_EQ(growing.ruling(), "pass") << growing.sentences();
    for (const std::int64_t wait : {0_s, 10_s, 10_s}) {
        constant.pass(wait);
        constant.deliver("a@client.example", "b@example.test", "1@client");
    }
    EXPECT_EQ(constant.ruling(), "fail");
    EXPECT_THAT(constant.sentences(), HasSubstr("the waits do not grow"));
}

TEST(Judge, MoreAttemptsThanAllowedFail) {
    Play play(R"(
      <on id="busy" event="rcpt"><reply>451 4.3.0 later</reply></on>
      <expect within="1h"><must-retry after="busy" within="1s..10m" attempts="1..2"/></expect>)");
    for (int turn = 0; turn < 3; ++turn) {
        play.deliver("a@client.example", "b@example.test", "1@client");
        EXPECT_EQ(play.ruling(), "open");
        play.pass(10_s);
    }
    play.deliver("a@client.example", "b@example.test", "1@client");
    EXPECT_EQ(play.ruling(), "fail");
    EXPECT_THAT(play.sentences(), HasSubstr("2 is the most"));
}

TEST(Judge, AWarningDoesNotFail) {
    Play play(R"(<expect within="1m">
      <must event="accepted" per="message-id" times="1" severity="warn"/>
      <must event="quit"/></expect>)");
    play.deliver("a@client.example", "b@example.test", "1@client");
    play.deliver("a@client.example", "b@example.test", "1@client");
    play.pass(2_s);
    EXPECT_EQ(play.ruling(), "pass");
    EXPECT_TRUE(play.judgement(0).warned);
    EXPECT_THAT(play.judgement(0).sentence, HasSubstr("was seen 2 times"));
}

TEST(Judge, AsksOnlyWhatTheRoleOwes) {
    const std::string expected = R"(
      <on id="busy" event="rcpt" per="run" nth="1"><reply>451 4.3.0 later</reply></on>
      <expect within="1h"><must-retry after="busy" within="1s..1m" role="queue"/>
      <must event="quit"/></expect>)";
    Play queue(expected, scenario::Role::queue), one_shot(expected, scenario::Role::one_shot);
    for (Play* const play : {&queue, &one_shot}) {
        play->deliver("a@client.example", "b@example.test", "1@client");
        play->pass(120_s);
    }
    EXPECT_EQ(queue.ruling(), "fail");
    EXPECT_EQ(one_shot.ruling(), "pass");
    EXPECT_EQ(one_shot.judgement(0).ruling, Ruling::not_asked);
}

TEST(Judge, CountsWithinATimeAfterARule) {
    const std::string expected = R"(
      <on id="busy" event="rcpt" per="run" nth="1"><reply>421 4.3.0 closing</reply></on>
      <expect within="1h"><must-not event="connect" after="busy" within="0s..10s"/></expect>)";
    Play hasty(expected), patient(expected);
    hasty.deliver("a@client.example", "b@example.test", "1@client");
    patient.deliver("a@client.example", "b@example.test", "1@client");
    hasty.pass(1_s);
    patient.now += 11_s;
    hasty.connect();
    patient.connect();
    EXPECT_EQ(hasty.ruling(), "fail");
    EXPECT_NE(patient.ruling(), "fail");
}

TEST(Judge, TimeScaleShortensWhatIsExpected) {
    Play play(greylisting, scenario::Role::queue, 1, 0.01);
    play.deliver("a@client.example", "b@example.test", "1@client");
    play.pass(400'000);
    play.deliver("a@client.example", "b@example.test", "1@client");
    play.pass(20'000);
    EXPECT_EQ(play.ruling(), "pass") << play.sentences();
}

TEST(ClientClose, IsAFinWithoutQuitOrWhileAReplyIsOwed) {
    const std::string expected = R"(<expect within="1m"><must-not event="client-close"/></expect>)";
    Play without(expected);
    without.connect().fin();
    EXPECT_EQ(without.ruling(), "fail");

    Play with(expected);
    Play::Client client = with.connect();
    client.line("QUIT");
    client.fin();
    EXPECT_NE(with.ruling(), "fail");

    Play behind(expected);
    Play::Client hasty = behind.connect();
    hasty.send("EHLO client.example\r\nQUIT\r\n");
    hasty.fin();
    EXPECT_NE(behind.ruling(), "fail");
}

TEST(ClientClose, IsNoRst) {
    Play play(R"(<expect within="1m"><must-not event="client-close"/>
                 <must event="client-reset"/></expect>)");
    play.connect().rst();
    play.pass(2_s);
    EXPECT_EQ(play.ruling(), "pass") << play.sentences();
}

TEST(Gone, IsQuitOrAClose) {
    for (const bool quit : {true, false}) {
        Play play(R"(<expect within="1m"><must event="gone" times="1"/></expect>)");
        Play::Client client = play.connect();
        if (quit) client.line("QUIT");
        client.fin();
        play.pass(2_s);
        EXPECT_EQ(play.ruling(), "pass") << play.sentences();
    }
}

TEST(ServerClose, IsToldWhereTheServerWentFirst) {
    Play play(R"(<on event="mail"><close/></on>
                 <expect within="1m"><must event="server-close"/></expect>)");
    Play::Client client = play.connect();
    client.line("EHLO client.example");
    client.line("MAIL FROM:<a@client.example>");
    play.pass(2_s);
    EXPECT_EQ(play.ruling(), "pass") << play.sentences();
}

TEST(Watch, TellsOnceThatItIsDecided) {
    int told = 0;
    const auto loaded = scenario::load_text(
        "<scenario name=\"t\" xmlns=\"urn:smtp-scenario:1\"><expect within=\"1m\">"
        "<must event=\"quit\"/></expect></scenario>",
        "t.xml", {});
    ASSERT_TRUE(loaded.good());
    Watch watch(loaded.scenario, scenario::Role::queue, [&told] { ++told; });
    watch.advance(30_s);
    EXPECT_EQ(told, 0);
    watch.advance(60_s);
    watch.finish(70_s);
    EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace smtprig::verdict

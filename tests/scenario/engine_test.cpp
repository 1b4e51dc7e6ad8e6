#include "fixture/scenario/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/scenario/scene.hpp"

namespace smtprig::scenario {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t second = 1'000'000;

std::string example(const std::string& file) {
    return SMTPRIG_SOURCE_DIR "/tests/scenario/examples/" + file;
}

TEST(Engine, AnEmptyScenarioListensToNothing) {
    Scene scene(load(""));
    for (std::size_t index = 0; index < happening_count; ++index)
        EXPECT_FALSE(scene.engine().listens(static_cast<Happening>(index)));
    auto client = scene.connect();
    const Decision decision = scene.rcpt(client, "a@x", "b@y");
    EXPECT_FALSE(decision.decided);
    EXPECT_THAT(decision.effects, IsEmpty());
}

TEST(Engine, TheFirstDecisiveRuleWinsAndOthersAddToIt) {
    Scene scene(
        load("<on event=\"rcpt\" to=\"b@*\"><reply>450 first</reply></on>"
             "<on event=\"rcpt\"><delay for=\"1s\"/></on>"
             "<on event=\"rcpt\"><reply>550 second</reply></on>"));
    auto client = scene.connect();
    const Decision first = scene.rcpt(client, "a@x", "b@y");
    EXPECT_TRUE(first.decided);
    EXPECT_THAT(texts(first), ElementsAre("wait 1000000", "send 450 first\\r\\n (450)"));
    EXPECT_EQ(first.fired.size(), 2u);
    EXPECT_THAT(texts(scene.rcpt(client, "a@x", "c@y")),
                ElementsAre("wait 1000000", "send 550 second\\r\\n (550)"));
}

TEST(Engine, ARuleThatOnlyAddsLeavesTheReplyToTheServer) {
    Scene scene(load("<on event=\"rcpt\"><delay for=\"1s\"/></on>"));
    auto client = scene.connect();
    const Decision decision = scene.rcpt(client, "a@x", "b@y");
    EXPECT_FALSE(decision.decided);
    EXPECT_THAT(texts(decision), ElementsAre("wait 1000000", "server_reply"));
}

TEST(Engine, RulesOnACommandAreNotAskedAboutOneThatIsRefusedForItsForm) {
    Scene scene(
        load("<on event=\"rcpt\"><reply>450 no</reply></on><on event=\"command\"><delay "
             "for=\"1s\"/></on>"));
    auto client = scene.connect();
    scene.refused_for_form = true;
    EXPECT_THAT(texts(scene.rcpt(client, "a@x", "b@y")),
                ElementsAre("wait 1000000", "server_reply"));
    EXPECT_THAT(texts(scene.at(client, Happening::dot)), IsEmpty());
}

TEST(Engine, EveryActionOnEveryCommandBecomesItsEffect) {
    const std::vector<Happening> at{
        Happening::connect, Happening::ehlo,          Happening::auth,     Happening::mail,
        Happening::data,    Happening::dot,           Happening::quit,     Happening::noop,
        Happening::rset,    Happening::vrfy,          Happening::starttls, Happening::body,
        Happening::idle,    Happening::auth_response, Happening::unknown};
    const std::vector<std::pair<std::string, std::vector<std::string>>> actions{
        {"<reply>421 bye</reply>", {"send 421 bye\\r\\n (421)"}},
        {"<send>250 no\\r</send>", {"send 250 no\\r"}},
        {"<send then=\"proceed\">x\\n</send>", {"send x\\n (proceed)"}},
        {"<send as=\"hex\" repeat=\"2\">41 42</send>", {"send ABAB"}},
        {"<send as=\"base64\" layer=\"below-tls\">QUI=</send>", {"send AB below-tls"}},
        {"<close/>", {"close fin"}},
        {"<close how=\"rst\" after=\"50ms\"/>", {"wait 50000", "close rst"}},
        {"<close after-bytes=\"40K\"/>", {"close fin after 40960", "server_reply"}},
        {"<hang/>", {"hang 0"}},
        {"<hang for=\"5s\" reading=\"no\"/>", {"hang 5000000 deaf"}},
        {"<window bytes=\"1K\"/>", {"window 1024", "server_reply"}},
        {"<accept/>", {"accept", "server_reply"}},
        {"<discard/>", {"discard", "server_reply"}},
        {"<accept/><delay for=\"2s\"/><close how=\"rst\"/>",
         {"accept", "wait 2000000", "close rst"}},
        {"<reply>220 go</reply><tls-fault at=\"client-hello\" how=\"alert\" "
         "alert=\"bad_certificate\"/>",
         {"tls_fault client-hello alert bad_certificate", "send 220 go\\r\\n (220)"}},
    };
    for (const Happening happening : at)
        for (const auto& [action, effects] : actions) {
            Scene scene(
                load("<on event=\"" + std::string(name(happening)) + "\">" + action + "</on>"));
            auto client = scene.connect();
            EXPECT_EQ(texts(scene.at(client, happening)), effects)
                << name(happening) << ' ' << action;
        }
}

TEST(Engine, AReplyHoldsValuesOfTheEvent) {
    Scene scene(
        load("<on event=\"rcpt\"><reply>\n"
             "      450-${to.path} ${to.local} ${to.domain} ${to.tag} from ${from.path}\n"
             "      450 ${hostname} ${client.ip}:${client.port} ${helo}\n"
             "    </reply></on>"));
    auto client = scene.connect("192.0.2.7");
    EXPECT_THAT(texts(scene.rcpt(client, "a@x", "b+tag@y")),
                ElementsAre("send 450-<b+tag@y> b+tag y tag from <a@x>\\r\\n"
                            "450 mx.example.test 192.0.2.7:50123 client.example\\r\\n (450)"));
}

TEST(Engine, AClientCannotMakeAReplyIllegal) {
    Scene scene(load("<on event=\"rcpt\"><reply>450 ${to}</reply></on>"));
    auto client = scene.connect();
    const Decision injected = scene.rcpt(client, "a@x", "b\r\n250 ok\x01\xff");
    EXPECT_THAT(texts(injected), ElementsAre("send 450 b250 ok??\\r\\n (450)"));
    const Decision lengthy = scene.rcpt(client, "a@x", std::string(2000, 'b'));
    ASSERT_EQ(lengthy.effects.size(), 1u);
    EXPECT_EQ(lengthy.effects[0].octets.size(), 512u);
}

TEST(Engine, WhereAndMatchersMustAllHold) {
    Scene scene(
        load("<on event=\"rcpt\" from=\"*@slow.example\" client=\"192.0.2.*\">"
             "<where field=\"to.domain\" is=\"x.example\" not=\"yes\"/>"
             "<where field=\"to.local\" matches=\"^[a-c]+$\"/>"
             "<where field=\"to\" contains=\"B\"/><close/></on>"));
    auto client = scene.connect("192.0.2.7");
    auto other = scene.connect("198.51.100.1");
    const auto fires = [&scene](Scene::Client& who, const char* from, const char* to) {
        return scene.rcpt(who, from, to).decided;
    };
    EXPECT_TRUE(fires(client, "a@slow.example", "abc@y.example"));
    EXPECT_FALSE(fires(other, "a@slow.example", "abc@y.example"));
    EXPECT_FALSE(fires(client, "a@fast.example", "abc@y.example"));
    EXPECT_FALSE(fires(client, "a@slow.example", "abc@X.example"));
    EXPECT_FALSE(fires(client, "a@slow.example", "abd@y.example"));
    EXPECT_FALSE(fires(client, "a@slow.example", "ac@y.example"));
}

TEST(Engine, HeadersAndBodyAreLookedAtBehindTheDot) {
    Scene scene(
        load("<on event=\"dot\"><where field=\"header.Subject\" is=\"one two\"/>"
             "<where field=\"body\" contains=\"virus\"/><reply>552 no</reply></on>"));
    auto client = scene.connect();
    const auto fires = [&](const char* message) {
        return scene.dot(client, "a@x", {"b@y"}, message).decided;
    };
    EXPECT_TRUE(fires("From: a\r\nsubject:  one\r\n two\r\n\r\na VIRUS here\r\n"));
    EXPECT_FALSE(fires("Subject: one two\r\n\r\nnothing\r\n"));
    EXPECT_FALSE(fires("X: y\r\n\r\nSubject: one two\r\nvirus\r\n"));
}

TEST(Engine, FromDataOnOneForwardPathOfManyIsEnough) {
    Scene scene(load("<on event=\"dot\" to=\"*+552@*\"><reply>552 no</reply></on>"));
    auto client = scene.connect();
    EXPECT_TRUE(scene.dot(client, "a@x", {"b@y", "c+552@y"}, "\r\n").decided);
    EXPECT_FALSE(scene.dot(client, "a@x", {"b@y", "c@y"}, "\r\n").decided);
}

TEST(Engine, LargerThanLooksAtTheDeclaredAndAtTheRealSize) {
    Scene scene(
        load("<on event=\"mail\" larger-than=\"1K\"><reply>552 no</reply></on>"
             "<on event=\"dot\" larger-than=\"1K\"><reply>552 no</reply></on>"));
    auto client = scene.connect();
    EXPECT_TRUE(scene.mail(client, "a@x", "MAIL FROM:<a@x> SIZE=1025").decided);
    EXPECT_FALSE(scene.mail(client, "a@x", "MAIL FROM:<a@x> SIZE=1024").decided);
    EXPECT_FALSE(scene.mail(client, "a@x").decided);
    EXPECT_TRUE(scene.dot(client, "a@x", {"b@y"}, std::string(1025, 'x')).decided);
    EXPECT_FALSE(scene.dot(client, "a@x", {"b@y"}, std::string(1024, 'x')).decided);
}

TEST(Engine, StatesChangeWithTheDecisionAndGoBackByThemselves) {
    Scene scene(
        load("<state name=\"health\" start=\"up\" per=\"run\"/>"
             "<on event=\"connect\" if=\"health=down\"><reply>421 down</reply><close/></on>"
             "<on event=\"connect\" per=\"run\" nth=\"2\"><set state=\"health\" to=\"down\" "
             "for=\"90s\"/></on>"));
    auto client = scene.connect();
    EXPECT_THAT(texts(scene.at(client, Happening::connect)), IsEmpty());
    EXPECT_THAT(texts(scene.at(client, Happening::connect)), IsEmpty());
    EXPECT_THAT(texts(scene.at(client, Happening::connect)),
                ElementsAre("send 421 down\\r\\n (421)", "close fin"));
    scene.now = 89 * second;
    EXPECT_TRUE(scene.at(client, Happening::connect).decided);
    scene.now = 90 * second;
    EXPECT_FALSE(scene.at(client, Happening::connect).decided);
}

TEST(Engine, CapturesAreVariablesOfTheSession) {
    Scene scene(
        load("<on event=\"mail\"><capture as=\"user\" field=\"from\" matches=\"^([^@]+)@\"/></on>"
             "<on event=\"rcpt\"><reply>450 ${user}</reply></on>"));
    auto client = scene.connect();
    auto other = scene.connect();
    scene.mail(client, "alice@x");
    scene.mail(other, "bob@x");
    EXPECT_THAT(texts(scene.rcpt(client, "alice@x", "b@y")),
                ElementsAre("send 450 alice\\r\\n (450)"));
    EXPECT_THAT(texts(scene.rcpt(other, "bob@x", "b@y")), ElementsAre("send 450 bob\\r\\n (450)"));
}

TEST(Engine, NotesAreTextsOfTheDecision) {
    Scene scene(load("<on event=\"rcpt\"><note>it is\n   ${to}</note></on>"));
    auto client = scene.connect();
    const Decision decision = scene.rcpt(client, "a@x", "b@y");
    EXPECT_THAT(decision.notes, ElementsAre("it is b@y"));
    EXPECT_FALSE(decision.decided);
}

TEST(Engine, DefinedActionsAreApplied) {
    Scene scene(
        load("<on event=\"rcpt\"><apply name=\"slow-no\"/></on>"
             "<define name=\"slow-no\"><delay for=\"1s\"/><reply>450 ${to}</reply></define>"));
    auto client = scene.connect();
    EXPECT_THAT(texts(scene.rcpt(client, "a@x", "b@y")),
                ElementsAre("wait 1000000", "send 450 b@y\\r\\n (450)"));
}

TEST(Engine, CountsHowOftenEachRuleFired) {
    Scene scene(load(
        "<on id=\"a\" event=\"rcpt\" to=\"b@y\"><close/></on>\n<on event=\"mail\"><close/></on>"));
    auto client = scene.connect();
    scene.rcpt(client, "a@x", "b@y");
    scene.rcpt(client, "a@x", "b@y");
    scene.rcpt(client, "a@x", "c@y");
    const auto counts = scene.engine().counts();
    ASSERT_EQ(counts.size(), 2u);
    EXPECT_EQ(counts[0].rule, "a");
    EXPECT_EQ(counts[0].fired, 2u);
    EXPECT_EQ(counts[1].rule, "line 3");
    EXPECT_EQ(counts[1].fired, 0u);
}

TEST(Example, GreylistingPutsEachTripletOffForThirtySeconds) {
    Scene scene(load_file(example("1-greylisting.xml"), {}));
    auto client = scene.connect();
    const Decision first = scene.rcpt(client, "a@x", "b@y");
    EXPECT_THAT(texts(first),
                ElementsAre("send 450 4.2.0 <b@y>: Recipient address rejected: Greylisted, see "
                            "https://postgrey.schweikert.ch/help\\r\\n (450)"));
    EXPECT_EQ(first.fired[0].rule, "greylisted");
    EXPECT_EQ(first.fired[0].line, 7u);
    scene.now = 29 * second;
    auto again = scene.connect();
    EXPECT_TRUE(scene.rcpt(again, "A@X", "B@y").decided);
    EXPECT_TRUE(scene.rcpt(again, "a@x", "other@y").decided);
    scene.now = 30 * second;
    EXPECT_FALSE(scene.rcpt(again, "a@x", "b@y").decided);
    EXPECT_TRUE(scene.rcpt(again, "new@x", "b@y").decided);
    auto elsewhere = scene.connect("192.0.2.9");
    EXPECT_TRUE(scene.rcpt(elsewhere, "a@x", "b@y").decided);
}

TEST(Example, LostAfterDotStoresTheMessageAndResetsOnce) {
    Scene scene(load_file(example("2-lost-after-dot.xml"), {}));
    auto client = scene.connect();
    const char* message = "Message-ID: <a1@app>\r\n\r\nx\r\n";
    EXPECT_THAT(texts(scene.dot(client, "a@x", {"b@y"}, message)),
                ElementsAre("accept", "wait 2000000", "close rst"));
    EXPECT_THAT(texts(scene.dot(client, "a@x", {"b@y"}, message)), IsEmpty());
    EXPECT_TRUE(scene.dot(client, "a@x", {"b@y"}, "message-id:<a2@app>\r\n\r\n").decided);
    EXPECT_FALSE(scene.dot(client, "a@x", {"b@y"}, "Subject: none\r\n\r\n").decided);
}

TEST(Example, MixedRecipientsDecidesEachAlone) {
    Scene scene(load_file(example("7-mixed-recipients.xml"), {}));
    auto client = scene.connect();
    const auto code = [&](const char* to) {
        const Decision decision = scene.rcpt(client, "a@x", to);
        return decision.decided ? decision.effects[0].code : 250;
    };
    EXPECT_EQ(code("nobody@example.test"), 550);
    EXPECT_EQ(code("full@example.test"), 452);
    EXPECT_EQ(code("friend@example.test"), 250);
    EXPECT_EQ(code("friend@elsewhere.test"), 554);
    EXPECT_EQ(code("full@example.test"), 452);
    EXPECT_EQ(code("full@example.test"), 250);
    EXPECT_EQ(code("nobody@EXAMPLE.test"), 550);
}

TEST(Example, StarttlsTricksComeOneForEachConnection) {
    Scene scene(load_file(example("5-starttls-attacks.xml"), {}));
    std::vector<std::string> first;
    for (int index = 0; index < 7; ++index) {
        auto client = scene.connect();
        first.push_back(texts(scene.at(client, Happening::starttls)).front());
    }
    EXPECT_THAT(first,
                ElementsAre("send 454 4.7.0 TLS not available due to local problem\\r\\n (454)",
                            "send 502 5.5.1 Error: command not implemented\\r\\n (502)",
                            "send 220 2.0.0 Ready to start TLS\\r\\n250-mx.example.test\\r\\n"
                            "250 AUTH LOGIN\\r\\n (proceed)",
                            "tls_fault client-hello alert handshake_failure",
                            "tls_fault server-hello close", "tls_fault client-hello plaintext",
                            "tls_fault client-hello plaintext"));
}

}  // namespace
}  // namespace smtprig::scenario

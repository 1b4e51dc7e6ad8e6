// What the client names in its commands: the code of a reply, the time of a delay, constants with
// variables in them; and what lists say of a scenario.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixture/scenario/outline.hpp"
#include "fixture/smtp/settings.hpp"
#include "tests/scenario/scene.hpp"

namespace smtprig::scenario {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> rcpt(Scene& scene, std::string_view to) {
    auto client = scene.connect();
    return texts(scene.rcpt(client, "a@client.example", to));
}

constexpr std::string_view code_from_client =
    "<on event=\"rcpt\"><where field=\"to.local\" contains=\"x\"/>"
    "<capture as=\"code\" field=\"to.local\" matches=\"^(.*)x\"/>"
    "<reply>${code} 4.2.0 as you like\n</reply></on>";

TEST(CapturedCode, IsTheCodeOfTheReply) {
    Scene scene(load(code_from_client));
    EXPECT_THAT(rcpt(scene, "450x@d.example"),
                ElementsAre("send 450 4.2.0 as you like\\r\\n (450)"));
    EXPECT_THAT(rcpt(scene, "251x@d.example"),
                ElementsAre("send 251 4.2.0 as you like\\r\\n (251)"));
}

TEST(CapturedCode, ThatIsNoneLeavesTheReplyOfTheServer) {
    for (const char* to :
         {"x@d.example", "650x@d.example", "45x@d.example", "199x@d.example", "4500x@d.example"}) {
        Scene scene(load(code_from_client));
        EXPECT_THAT(rcpt(scene, to), ElementsAre("send 250 2.1.5 OK\\r\\n (250)")) << to;
    }
}

TEST(CapturedCode, IsTheSameInAllLines) {
    EXPECT_THAT(complaints(load("<on event=\"rcpt\"><capture as=\"c\" field=\"to\"/>"
                                "<reply>${c}-one\n${c} two</reply></on>")),
                IsEmpty());
    EXPECT_THAT(complaints(load("<on event=\"rcpt\"><capture as=\"c\" field=\"to\"/>"
                                "<reply>${c}-one\n550 two</reply></on>")),
                ElementsAre(HasSubstr("all lines of a reply have the same code")));
    EXPECT_THAT(complaints(load("<on event=\"rcpt\"><capture as=\"c\" field=\"to\"/>"
                                "<reply>${c}x two</reply></on>")),
                ElementsAre(HasSubstr("this is no legal reply")));
}

constexpr std::string_view time_from_client =
    "<on event=\"rcpt\"><capture as=\"time\" field=\"to.local\"/>"
    "<delay captured=\"time\" max=\"1m\"/></on>";

TEST(CapturedDelay, IsAsLongAsTheClientSays) {
    Scene scene(load(time_from_client));
    EXPECT_THAT(rcpt(scene, "30s@d.example"), ElementsAre("wait 30000000", "server_reply"));
    EXPECT_THAT(rcpt(scene, "9h@d.example"), ElementsAre("wait 60000000", "server_reply"));
}

TEST(CapturedDelay, ThatIsNoDurationIsNone) {
    Scene scene(load(time_from_client));
    EXPECT_THAT(rcpt(scene, "soon@d.example"), testing::Not(testing::Contains(HasSubstr("wait"))));
}

TEST(CapturedDelay, NeedsABoundAndACapture) {
    EXPECT_THAT(complaints(load("<on event=\"rcpt\"><capture as=\"t\" field=\"to\"/>"
                                "<delay captured=\"t\"/></on>")),
                ElementsAre(HasSubstr("captured= needs max=")));
    EXPECT_THAT(complaints(load("<on event=\"rcpt\"><capture as=\"time\" field=\"to\"/>"
                                "<delay captured=\"tine\" max=\"1m\"/></on>")),
                ElementsAre(HasSubstr("did you mean \"time\"?")));
    EXPECT_THAT(complaints(load("<on event=\"rcpt\"><delay for=\"1s\" captured=\"t\"/></on>")),
                ElementsAre(HasSubstr("needs either for=, dist= or captured=")));
}

TEST(Constants, MayHoldVariablesForTheTextsWhereTheyStand) {
    Scene scene(
        load("<let name=\"reply\" value=\"450 4.2.0 ${to.path} later\"/>"
             "<on event=\"rcpt\"><reply>${reply}</reply></on>"));
    EXPECT_THAT(rcpt(scene, "b@d.example"),
                ElementsAre("send 450 4.2.0 <b@d.example> later\\r\\n (450)"));
}

TEST(Constants, WithVariablesHaveNoPlaceInAnAttributeOrWhereTheyAreNotKnown) {
    EXPECT_THAT(complaints(load("<let name=\"a\" value=\"${to}\"/>"
                                "<on event=\"rcpt\" from=\"${a}\"><close/></on>")),
                ElementsAre(HasSubstr("belongs to an event")));
    EXPECT_THAT(complaints(load("<let name=\"a\" value=\"450 ${to}\"/>"
                                "<on event=\"mail\"><reply>${a}</reply></on>")),
                ElementsAre(HasSubstr("${to} has no value at mail")));
    EXPECT_THAT(complaints(load("<let name=\"a\" value=\"${two}\"/>")),
                ElementsAre(HasSubstr("unknown constant ${two}")));
}

TEST(Constants, WithLineBreaksMakeAMultilineReply) {
    Sources sources;
    sources.set["reply"] = "450-one\n450 two";
    Scene scene(
        load("<let name=\"reply\" value=\"450 x\"/>"
             "<on event=\"rcpt\"><reply>${reply}</reply></on>",
             sources));
    EXPECT_THAT(rcpt(scene, "b@d.example"), ElementsAre("send 450-one\\r\\n450 two\\r\\n (450)"));
}

TEST(Wording, OfTooManyRecipientsMayBe552) {
    const Loaded loaded = load(
        "<server><wording of=\"too-many-recipients\">552 too many recipients</wording></server>");
    EXPECT_THAT(complaints(loaded), IsEmpty());
    EXPECT_THAT(complaints(load("<server><wording of=\"too-many-recipients\">553 no</wording>"
                                "</server>")),
                ElementsAre(HasSubstr("words cannot change what the server decides")));
}

TEST(Outline, HasThePhasesAndCodesOfTheRules) {
    const Loaded loaded = load(
        "<server profile=\"postfix\"/>"
        "<on event=\"rcpt\" to=\"a@*\"><reply>450 a</reply></on>"
        "<on event=\"dot\"><choose><option weight=\"1\"><reply>554 b</reply></option>"
        "<option weight=\"1\"/></choose></on>"
        "<on event=\"rcpt\"><sequence per=\"run\" then=\"loop\"><step><reply>550-c\n550 d</reply>"
        "</step><step/></sequence></on>"
        "<on event=\"connect\"><send>220 x\\r\\n</send></on>"
        "<on event=\"ehlo\"><send>nothing\\r\\n</send></on>");
    ASSERT_TRUE(loaded.good());
    const Outline outline = outline_of(*loaded.scenario);
    EXPECT_THAT(outline.phases, ElementsAre("connect", "dot", "ehlo", "rcpt"));
    EXPECT_THAT(outline.codes, ElementsAre(220, 450, 550, 554));
}

}  // namespace
}  // namespace smtprig::scenario

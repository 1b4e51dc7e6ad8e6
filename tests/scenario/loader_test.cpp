#include "fixture/scenario/loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/scenario/scene.hpp"

namespace smtprig::scenario {
namespace {

namespace files = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

std::string only_complaint(std::string_view inside) {
    const auto all = complaints(load(inside));
    return all.size() == 1 ? all.front() : "there are " + std::to_string(all.size());
}

std::string rule(std::string_view attributes, std::string_view actions) {
    return "<on " + std::string(attributes) + ">" + std::string(actions) + "</on>";
}

TEST(Loader, TellsAllMistakesAtOnceWithTheirPlaces) {
    const Loaded loaded = load(
        "  <on event=\"rctp\" nth=\"1\">\n"
        "    <reply code=\"450\">450 4.2.0 later</reply>\n"
        "    <dealy for=\"5s\"/>\n"
        "    <delay for=\"5\"/>\n"
        "  </on>");
    EXPECT_FALSE(loaded.good());
    EXPECT_THAT(complaints(loaded),
                ElementsAre("2:13 unknown event \"rctp\"; did you mean \"rcpt\"?",
                            StartsWith("2:20 nth needs per="),
                            "3:12 <reply> has no attribute \"code\"; write the line itself: "
                            "<reply>450 4.2.0 try later</reply>",
                            "4:5 unknown element <dealy>; did you mean <delay>?",
                            StartsWith("5:16 \"5\" is not a duration; write 5s or 5ms")));
}

TEST(Loader, ShowsTheLineWithACaret) {
    const Loaded loaded = load("  <on event=\"rctp\"><close/></on>");
    ASSERT_EQ(loaded.diagnostics.size(), 1u);
    EXPECT_EQ(to_text(loaded.diagnostics[0]),
              "test.xml:2:13: error: unknown event \"rctp\"; did you mean \"rcpt\"?\n"
              "    2 |   <on event=\"rctp\"><close/></on>\n"
              "      |             ^~~~~~\n");
}

TEST(Loader, RefusesAReplyThatIsNotLegal) {
    const auto reply = [](std::string_view text) {
        return only_complaint(rule("event=\"rcpt\"", "<reply>" + std::string(text) + "</reply>"));
    };
    EXPECT_THAT(reply("45 later"),
                HasSubstr("this is no legal reply: expected a reply code of three digits"));
    EXPECT_THAT(reply("650 later"), HasSubstr("a first digit from 2 to 5"));
    EXPECT_THAT(reply("450later"), HasSubstr("no legal reply"));
    EXPECT_THAT(reply("450-later"), HasSubstr("a space behind the reply code of the last line"));
    EXPECT_THAT(reply("450 one\n450 two"), HasSubstr("\"-\" is expected"));
    EXPECT_THAT(reply("450-one\n451 two"),
                HasSubstr("all lines of a reply have the same code, 450"));
    EXPECT_THAT(reply("450 sp\xC3\xA4ter"), HasSubstr("printable ASCII"));
    EXPECT_THAT(reply("450 " + std::string(600, 'x')),
                HasSubstr("the reply line is 606 octets; RFC 5321 section 4.5.3.1.5 allows 512"));
    EXPECT_THAT(reply("450 5.1.1 no"),
                HasSubstr("the enhanced status code 5.1.1 is not that of 450"));
    EXPECT_THAT(reply("450 ${too.path}"),
                HasSubstr("unknown variable ${too.path}; did you mean \"to.path\"?"));
}

TEST(Loader, PointsAtTheLineOfAReply) {
    EXPECT_THAT(
        only_complaint("<on event=\"rcpt\"><reply>\n    450-one\n    45 two\n</reply></on>"),
        StartsWith("4:5 "));
}

TEST(Loader, NotesACodeThatIsNotListedForTheEvent) {
    const Loaded loaded = load(rule("event=\"rcpt\"", "<reply>554 5.7.1 no</reply>"));
    EXPECT_TRUE(loaded.good());
    ASSERT_EQ(loaded.diagnostics.size(), 1u);
    EXPECT_EQ(loaded.diagnostics[0].gravity, Gravity::note);
    EXPECT_EQ(loaded.diagnostics[0].message, "RFC 5321 section 4.3.2 does not list 554 for rcpt");
}

TEST(Loader, ScopesAndVariablesMustBeKnownAtTheEvent) {
    EXPECT_THAT(only_complaint(rule("event=\"connect\"", "<reply>421 ${to}</reply>")),
                HasSubstr("${to} has no value at connect"));
    EXPECT_THAT(only_complaint(rule("event=\"connect\" per=\"recipient\" nth=\"1\"", "<close/>")),
                HasSubstr("per=\"recipient\" is not known at connect"));
    EXPECT_THAT(only_complaint(
                    rule("event=\"rcpt\"", "<where field=\"header.Subject\" is=\"x\"/><close/>")),
                HasSubstr("\"header.Subject\" has no value at rcpt"));
    EXPECT_THAT(only_complaint(rule("event=\"mail\" to=\"a@b\"", "<close/>")),
                HasSubstr("to= matches nothing at mail"));
}

TEST(Loader, CountersNeedAScope) {
    for (const char* counter :
         {"nth=\"1\"", "within=\"5s\"", "over-rate=\"3/1m\"", "over-open=\"2\""})
        EXPECT_THAT(only_complaint(rule("event=\"rcpt\" " + std::string(counter), "<close/>")),
                    HasSubstr(" needs per="))
            << counter;
    EXPECT_THAT(only_complaint(rule("event=\"rcpt\"",
                                    "<sequence per=\"run\"><step><close/></step></sequence>")),
                HasSubstr("<sequence> needs then=\"…\": last, loop and default"));
}

TEST(Loader, FindsARuleThatIsNeverAsked) {
    EXPECT_THAT(
        only_complaint(
            "<on event=\"rcpt\"><close/></on>\n<on event=\"rcpt\" to=\"a@b\"><close/></on>"),
        HasSubstr("3:1 this rule is never asked: the rule in line 2 decides at every rcpt"));
    EXPECT_THAT(
        complaints(
            load("<on event=\"rcpt\"><close/></on>\n<on event=\"rcpt\"><delay for=\"1s\"/></on>")),
        IsEmpty());
    EXPECT_THAT(
        complaints(load(
            "<on event=\"rcpt\" chance=\"5%\"><close/></on>\n<on event=\"rcpt\"><close/></on>")),
        IsEmpty());
}

TEST(Loader, WarnsOfActionsBehindTheEnd) {
    EXPECT_THAT(only_complaint(rule("event=\"rcpt\"", "<close/><delay for=\"1s\"/>")),
                HasSubstr("nothing behind this point can happen"));
}

TEST(Loader, WarnsOfASplitWithoutAGap) {
    const Loaded loaded = load(rule("event=\"rcpt\"", "<reply split=\"1\"/>"));
    EXPECT_TRUE(loaded.good());
    EXPECT_THAT(complaints(loaded), ElementsAre(HasSubstr("split without gap=")));
}

TEST(Loader, KnowsWhichRulesStatesAndDefinitionsThereAre) {
    EXPECT_THAT(
        only_complaint("<on id=\"later\" event=\"rcpt\"><close/></on>"
                       "<expect within=\"1m\"><must-give-up after=\"latr\" for=\"1s\"/></expect>"),
        HasSubstr("there is no rule with id=\"latr\"; did you mean \"later\"?"));
    EXPECT_THAT(only_complaint(rule("event=\"rcpt\" if=\"helth=up\"", "<close/>") +
                               "<state name=\"health\" start=\"up\" per=\"run\"/>"),
                HasSubstr("there is no <state name=\"helth\">; did you mean \"health\"?"));
    EXPECT_THAT(only_complaint(rule("event=\"rcpt\" if=\"health=dwn\"",
                                    "<set state=\"health\" to=\"down\"/>") +
                               "<state name=\"health\" start=\"up\" per=\"run\"/>"),
                HasSubstr("the state \"health\" never becomes \"dwn\"; did you mean \"down\"?"));
    EXPECT_THAT(only_complaint(rule("event=\"rcpt\"", "<apply name=\"slwo\"/>") +
                               "<define name=\"slow\"><delay for=\"1s\"/></define>"),
                HasSubstr("there is no <define name=\"slwo\">; did you mean \"slow\"?"));
    EXPECT_THAT(complaints(load("<define name=\"a\"><apply name=\"b\"/></define><define "
                                "name=\"b\"><apply name=\"a\"/></define>")),
                testing::Contains(HasSubstr("applies itself")));
    EXPECT_THAT(only_complaint("<on id=\"x\" event=\"rcpt\" to=\"a\"><close/></on><on id=\"x\" "
                               "event=\"mail\"><close/></on>"),
                HasSubstr("there are two rules \"x\""));
}

TEST(Loader, ConstantsStandInAttributesAndTexts) {
    const Loaded loaded =
        load("<let name=\"wait\" value=\"2s\"/><let name=\"code\" value=\"450\"/>" +
             rule("event=\"rcpt\"", "<delay for=\"${wait}\"/><reply>${code} $${x}</reply>"));
    EXPECT_THAT(complaints(loaded), IsEmpty());
    Scene scene(loaded);
    auto client = scene.connect();
    EXPECT_THAT(texts(scene.rcpt(client, "a@x", "b@y")),
                ElementsAre("wait 2000000", "send 450 ${x}\\r\\n (450)"));
    EXPECT_THAT(only_complaint("<let name=\"wait\" value=\"2s\"/>" +
                               rule("event=\"rcpt\"", "<delay for=\"${wiat}\"/>")),
                HasSubstr("unknown constant ${wiat}; did you mean \"wait\"?"));
    EXPECT_THAT(only_complaint(rule("event=\"rcpt\"", "<delay for=\"${to}\"/>")),
                HasSubstr("${to} belongs to an event"));
}

TEST(Loader, ConstantsAreSetFromOutside) {
    Sources sources;
    sources.set["wait"] = "3s";
    const std::string inside =
        "<let name=\"wait\" value=\"2s\"/>" + rule("event=\"rcpt\"", "<delay for=\"${wait}\"/>");
    Scene scene(load(inside, sources));
    auto client = scene.connect();
    EXPECT_THAT(texts(scene.rcpt(client, "a@x", "b@y")),
                ElementsAre("wait 3000000", "server_reply"));
    sources.set = {{"wiat", "3s"}};
    EXPECT_THAT(
        complaints(load(inside, sources)),
        ElementsAre(HasSubstr(
            "--set wiat: the scenario has no <let name=\"wiat\">; did you mean \"wait\"?")));
}

TEST(Loader, TimeScaleChangesEveryDuration) {
    Sources sources;
    sources.time_scale = 0.01;
    Scene scene(load(rule("event=\"rcpt\"", "<delay for=\"2s\"/>"), sources));
    auto client = scene.connect();
    EXPECT_THAT(texts(scene.rcpt(client, "a@x", "b@y")), ElementsAre("wait 20000", "server_reply"));
}

TEST(Loader, RefusesTextThatIsNotWellFormedWithItsPlace) {
    const Loaded loaded = load_text("<scenario>\n<on></scenario>", "x.xml", {});
    EXPECT_THAT(complaints(loaded), ElementsAre("2:5 </on> is expected, not </scenario>"));
    EXPECT_THAT(complaints(load_text("<!DOCTYPE a><a/>", "x.xml", {})),
                ElementsAre(HasSubstr("document type")));
}

TEST(Loader, NeedsTheNamespace) {
    EXPECT_THAT(complaints(load_text("<scenario name=\"x\"/>", "x.xml", {})),
                ElementsAre("1:1 <scenario> needs xmlns=\"urn:smtp-scenario:1\""));
}

class LoaderFiles : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = files::temp_directory_path() / ("smtprig-loader-" + std::to_string(::getpid()));
        files::create_directories(folder_ / "inner");
    }
    void TearDown() override { files::remove_all(folder_); }

    void write(const std::string& name, const std::string& text) {
        std::ofstream(folder_ / name, std::ios::binary) << text;
    }
    Loaded open(const std::string& name) { return load_file((folder_ / name).string(), {}); }
    static std::string fragment(std::string_view inside) {
        return "<fragment name=\"f\" xmlns=\"urn:smtp-scenario:1\">\n" + std::string(inside) +
               "\n</fragment>";
    }
    files::path folder_;
};

TEST_F(LoaderFiles, TakesAFragmentInBehindTheLocalRules) {
    write("a.xml",
          document("<on event=\"rcpt\"><reply>450 local</reply></on><use file=\"inner/f.xml\"/>"));
    write(
        "inner/f.xml",
        fragment(
            "<on event=\"rcpt\"><reply>451 fragment</reply></on><on event=\"mail\"><close/></on>"));
    const Loaded loaded = open("a.xml");
    EXPECT_THAT(complaints(loaded), IsEmpty());
    Scene scene(loaded);
    auto client = scene.connect();
    EXPECT_THAT(texts(scene.rcpt(client, "a@x", "b@y")), ElementsAre("send 450 local\\r\\n (450)"));
    EXPECT_THAT(texts(scene.mail(client, "a@x")), ElementsAre("close fin"));
}

TEST_F(LoaderFiles, WithoutRemovesARuleOfAFragment) {
    write("a.xml", document("<use file=\"f.xml\"><without rule=\"gone\"/></use>"));
    write("f.xml", fragment("<on id=\"gone\" event=\"rcpt\"><close/></on>"));
    const Loaded loaded = open("a.xml");
    EXPECT_THAT(complaints(loaded), IsEmpty());
    EXPECT_TRUE(loaded.scenario->rules.empty());
}

TEST_F(LoaderFiles, ALocalRuleTakesThePlaceOfOneWithItsId) {
    write("a.xml", document("<on id=\"x\" event=\"mail\"><close/></on><use file=\"f.xml\"/>"));
    write("f.xml", fragment("<on id=\"x\" event=\"rcpt\"><close/></on>"));
    const Loaded loaded = open("a.xml");
    ASSERT_TRUE(loaded.good());
    ASSERT_EQ(loaded.scenario->rules.size(), 1u);
    EXPECT_EQ(loaded.scenario->rules[0].match.happening, Happening::mail);
}

TEST_F(LoaderFiles, ShowsWhereAMistakeWasIncludedFrom) {
    write("a.xml", document("  <use file=\"f.xml\"/>"));
    write("f.xml", fragment("<on event=\"rctp\"><close/></on>"));
    const Loaded loaded = open("a.xml");
    ASSERT_EQ(loaded.diagnostics.size(), 1u);
    EXPECT_THAT(loaded.diagnostics[0].included_from,
                ElementsAre((folder_ / "a.xml").string() + ":2:3"));
}

TEST_F(LoaderFiles, ShowsACycleOfUse) {
    write("a.xml", document("<use file=\"f.xml\"/>"));
    write("f.xml", fragment("<use file=\"g.xml\"/>"));
    write("g.xml", fragment("<use file=\"f.xml\"/>"));
    const std::string f = (folder_ / "f.xml").string();
    const std::string g = (folder_ / "g.xml").string();
    EXPECT_THAT(
        complaints(open("a.xml")),
        ElementsAre(HasSubstr("this goes round in a circle: " + f + " → " + g + " → " + f)));
}

TEST_F(LoaderFiles, ReadsNothingOutsideTheFolder) {
    write("f.xml", fragment(""));
    files::create_symlink(folder_ / "f.xml", folder_ / "inner" / "link.xml");
    for (const std::string& file : std::vector<std::string>{
             "../f.xml", (folder_ / "f.xml").string(), "link.xml", "x/../../f.xml"}) {
        write("inner/a.xml", document("<use file=\"" + file + "\"/>"));
        EXPECT_THAT(complaints(open("inner/a.xml")),
                    ElementsAre(HasSubstr("leads out of the folder")))
            << file;
    }
}

TEST_F(LoaderFiles, SaysThatAFileIsMissing) {
    EXPECT_THAT(complaints(open("none.xml")), ElementsAre(HasSubstr("there is no file")));
    EXPECT_THAT(
        complaints(load_file("greylistng", {})),
        ElementsAre(
            "0:0 the library has no scenario \"greylistng\"; did you mean \"greylisting\"?"));
}

TEST_F(LoaderFiles, AnArbitraryNumberOfUsesIsRefused) {
    std::string inside;
    for (int index = 0; index < 200; ++index) inside += "<use file=\"f.xml\"/>";
    write("a.xml", document(inside));
    write("f.xml", fragment(""));
    EXPECT_THAT(complaints(open("a.xml")),
                testing::Contains(HasSubstr("more than 100 files are used")));
}

}  // namespace
}  // namespace smtprig::scenario

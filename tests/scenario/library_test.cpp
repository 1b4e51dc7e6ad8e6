#include "fixture/scenario/library.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/scenario/scene.hpp"

namespace smtprig::scenario {
namespace {

namespace files = std::filesystem;

TEST(Library, EveryScenarioAndProfileLoadsWithoutAComplaint) {
    const auto entries = list_library({});
    EXPECT_GE(entries.size(), 6u);
    for (const Entry& entry : entries) {
        const Loaded loaded = load_file(entry.path, {});
        EXPECT_TRUE(loaded.good()) << entry.path;
        EXPECT_THAT(complaints(loaded), testing::IsEmpty()) << entry.path;
        EXPECT_FALSE(entry.about.empty()) << entry.path;
    }
    for (const std::string& name : library_names({})) {
        if (name.compare(0, 9, "profiles/") != 0) continue;
        const Loaded loaded = load("<use profile=\"" + name.substr(9) + "\"/>");
        EXPECT_THAT(complaints(loaded), testing::IsEmpty()) << name;
    }
}

TEST(Library, TheFolderIsTheEmbeddedOne) {
    Sources sources;
    sources.library = SMTPRIG_SOURCE_DIR "/scenarios";
    EXPECT_EQ(library_names(sources), library_names({}));
    EXPECT_TRUE(load_file("greylisting", sources).good());
}

TEST(Library, FindsAScenarioByItsNameOrItsPath) {
    EXPECT_EQ(load_file("greylisting", {}).scenario->name, "greylisting");
    EXPECT_EQ(load_file("rcpt/greylisting", {}).scenario->name, "greylisting");
    EXPECT_FALSE(load_file("postfix", {}).good());
}

TEST(Library, TheExamplesLoad) {
    std::size_t count = 0;
    for (const auto& entry :
         files::directory_iterator(SMTPRIG_SOURCE_DIR "/tests/scenario/examples")) {
        ++count;
        const Loaded loaded = load_file(entry.path().string(), {});
        EXPECT_TRUE(loaded.good()) << entry.path();
        EXPECT_THAT(complaints(loaded), testing::IsEmpty()) << entry.path();
    }
    EXPECT_EQ(count, 9u);
}

TEST(Library, ForEachMakesARunOfEachWord) {
    const std::string path = SMTPRIG_SOURCE_DIR "/tests/scenario/examples/4-certificates.xml";
    const Loaded first = load_file(path, {});
    ASSERT_TRUE(first.good());
    ASSERT_EQ(first.runs.size(), 10u);
    EXPECT_EQ(first.runs[2], "certificates[wrong-host]");
    EXPECT_EQ(first.scenario->tls.certificate, "expired");
    const Loaded chosen = load_file(path + "[wrong-host]", {});
    ASSERT_TRUE(chosen.good());
    EXPECT_EQ(chosen.scenario->tls.certificate, "wrong-host");
    EXPECT_EQ(chosen.scenario->name, "certificates[wrong-host]");
    EXPECT_FALSE(load_file(path + "[nothing]", {}).good());
}

std::vector<std::string> keywords(const Scenario& scenario) {
    std::vector<std::string> out;
    for (const smtp::Capability& one : scenario.settings.capabilities)
        out.push_back(one.keyword + (one.value ? " " + *one.value : ""));
    return out;
}

TEST(Library, AProfileListsWhatTheServerOffersAndAScenarioChangesIt) {
    const Loaded loaded = load(
        "<server profile=\"postfix-submission\" hostname=\"mx.example.test\" max-recipients=\"7\">"
        "<capability name=\"AUTH\" value=\"PLAIN\" when=\"tls\"/><without "
        "capability=\"VRFY\"/></server>");
    ASSERT_TRUE(loaded.good());
    const smtp::Settings& settings = loaded.scenario->settings;
    EXPECT_EQ(settings.offered, smtp::Offered::listed);
    EXPECT_EQ(settings.hostname, "mx.example.test");
    EXPECT_EQ(settings.limits.recipients, 7u);
    EXPECT_EQ(settings.limits.message, 10240000u);
    EXPECT_THAT(keywords(*loaded.scenario),
                testing::ElementsAre("PIPELINING", "SIZE", "STARTTLS", "ENHANCEDSTATUSCODES",
                                     "8BITMIME", "SMTPUTF8", "AUTH PLAIN"));
    EXPECT_EQ(settings.wording[static_cast<std::size_t>(smtp::Situation::mail_accepted)],
              "250 2.1.0 Ok");
}

TEST(Library, WithoutAProfileTheServerOffersAllAndCapabilitiesChangeIt) {
    const Loaded loaded = load(
        "<server><capability name=\"size\" value=\"1000\"/><without "
        "capability=\"pipelining\"/></server>");
    ASSERT_TRUE(loaded.good());
    EXPECT_EQ(loaded.scenario->settings.offered, smtp::Offered::all);
    EXPECT_THAT(keywords(*loaded.scenario), testing::ElementsAre("SIZE 1000"));
    EXPECT_THAT(loaded.scenario->settings.withheld, testing::ElementsAre("PIPELINING"));
}

TEST(Library, WordsCannotChangeWhatTheServerDecides) {
    EXPECT_THAT(
        complaints(load("<server><wording of=\"mail-accepted\">450 no</wording></server>")),
        testing::ElementsAre(testing::HasSubstr("words cannot change what the server decides")));
    EXPECT_THAT(complaints(load("<server><wording of=\"mail-acepted\">250 ok</wording></server>")),
                testing::ElementsAre(testing::HasSubstr("did you mean \"mail-accepted\"?")));
}

TEST(Library, StrictIsAPosture) {
    EXPECT_EQ(load("<server strict=\"yes\"/>").scenario->settings.posture, smtp::Posture::strict());
    EXPECT_EQ(load("<server/>").scenario->settings.posture, smtp::Posture::tolerant());
}

}  // namespace
}  // namespace smtprig::scenario

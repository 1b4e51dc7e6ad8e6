// Every shipped scenario takes a session: its words are legal and its transcript is sound.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixture/scenario/library.hpp"
#include "fixture/scenario/loader.hpp"
#include "fixture/scenario/model.hpp"
#include "fixture/smtp/reply.hpp"
#include "tests/server/harness.hpp"

namespace smtprig::server {
namespace {

using testing::HasSubstr;

scenario::Sources library() {
    scenario::Sources sources;
    sources.library = SMTPRIG_SOURCE_DIR "/scenarios";
    return sources;
}

std::shared_ptr<Rules> rules_of(const scenario::Loaded& loaded, const Scene& scene) {
    auto rules = std::make_shared<Rules>(loaded.scenario->settings,
                                         std::make_shared<scenario::Engine>(loaded.scenario, 1));
    rules->session_bound = scene.session_bound;
    rules->show_secrets = scene.show_secrets;
    return rules;
}

void expect_replies(std::string_view heard) {
    while (!heard.empty()) {
        std::size_t end = 0;
        bool last = false;
        while (!last) {
            const std::size_t line = end;
            end = heard.find("\r\n", line);
            ASSERT_NE(end, std::string_view::npos) << heard;
            end += 2;
            last = heard[line + 3] == ' ';
        }
        EXPECT_TRUE(smtp::parse_reply(heard.substr(0, end))) << heard.substr(0, end);
        heard.remove_prefix(end);
    }
}

TEST(Library, EveryScenarioTakesASession) {
    const auto entries = scenario::list_library(library());
    ASSERT_FALSE(entries.empty());
    for (const scenario::Entry& entry : entries) {
        const auto loaded = scenario::load_file(entry.name, library());
        ASSERT_TRUE(loaded.good()) << entry.name;
        const Scene scene;
        Talk talk(scene, rules_of(loaded, scene));
        talk.send("EHLO client.example\r\n");
        talk.send("NOOP\r\nFOO\r\nVRFY a\r\nHELP\r\nDATA\r\nRCPT TO:<b@c.example>\r\n");
        talk.send("MAIL FROM:<a@client.example> XFOO=1\r\n");
        talk.send("MAIL FROM:<a@client.example>\r\nMAIL FROM:<a@client.example>\r\n");
        talk.send("RCPT TO:<b@example.test>\r\nRCPT TO:<" + std::string(65, 'x') +
                  "@c.example>\r\n");
        talk.send("DATA\r\n");
        talk.send("Message-ID: <1@client.example>\r\n\r\nText\r\n.\r\n");
        talk.send("QUIT\r\n");
        if (!talk.over()) talk.rst();
        const std::string text = scenario::find_source(entry.path, library()).source->text;
        // Only <send> may say anything illegal, and only keep-bytes= cuts what is legal.
        if (text.find("<send") == std::string::npos &&
            text.find("keep-bytes") == std::string::npos)
            expect_replies(talk.heard());
        EXPECT_EQ(talk.faults(), "") << entry.name;
        EXPECT_EQ(talk.count("internal error"), 0) << entry.name;
    }
}

TEST(Library, GreylistingOfTheLibraryPutsOffTheFirstAttempt) {
    const auto loaded = scenario::load_file("rcpt/greylisting", library());
    ASSERT_TRUE(loaded.good());
    const Scene scene;
    const auto rules = rules_of(loaded, scene);
    {
        Talk first(scene, rules);
        first.line("EHLO client.example");
        first.line("MAIL FROM:<a@client.example>");
        EXPECT_THAT(first.line("RCPT TO:<b@example.test>"), HasSubstr("450 4.2.0 "));
        first.pass(40'000);
        EXPECT_THAT(first.line("RCPT TO:<b@example.test>"), HasSubstr("250 2.1.5 "));
        first.line("QUIT");
        EXPECT_EQ(first.faults(), "");
    }
}

}  // namespace
}  // namespace smtprig::server

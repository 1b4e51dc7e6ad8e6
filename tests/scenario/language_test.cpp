#include "fixture/scenario/language.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "fixture/scenario/actions/action.hpp"
#include "fixture/scenario/moment.hpp"
#include "tests/scenario/scene.hpp"

namespace smtprig::scenario {
namespace {

namespace files = std::filesystem;

std::string text_of(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::string schema_path() {
    return SMTPRIG_SOURCE_DIR "/scenarios/scenario.xsd";
}

bool xmllint(const std::string& arguments) {
    return std::system(("xmllint " + arguments + " >/dev/null 2>&1").c_str()) == 0;
}

TEST(Language, CommittedSchemaIsTheOneOfTheTable) {
    EXPECT_EQ(text_of(schema_path()), xsd()) << "write it anew with `smtprig scenario schema`";
}

TEST(Language, CommittedReferenceIsTheOneOfTheTable) {
    const std::string path = SMTPRIG_SOURCE_DIR "/scenarios/REFERENCE.md";
    if (std::getenv("SMTPRIG_APPROVE") != nullptr)
        std::ofstream(path, std::ios::binary) << reference();
    EXPECT_TRUE(text_of(path) == reference()) << "write it anew with SMTPRIG_APPROVE=1";
}

TEST(Language, SchemaTakesEveryExampleAndTheLibrary) {
    if (!xmllint("--version")) GTEST_SKIP() << "xmllint is not installed";
    std::size_t count = 0;
    for (const char* folder : {"/tests/scenario/examples", "/scenarios"})
        for (const auto& entry :
             files::recursive_directory_iterator(std::string(SMTPRIG_SOURCE_DIR) + folder)) {
            if (entry.path().extension() != ".xml") continue;
            ++count;
            EXPECT_TRUE(
                xmllint("--noout --schema '" + schema_path() + "' '" + entry.path().string() + "'"))
                << entry.path();
        }
    EXPECT_GE(count, 15u);
}

// What both can judge, both judge alike.
TEST(Language, SchemaAndLoaderRefuseTheSameStructure) {
    if (!xmllint("--version")) GTEST_SKIP() << "xmllint is not installed";
    const std::vector<std::pair<std::string, bool>> cases{
        {"<on event=\"rcpt\"><reply>450 no</reply></on>", true},
        {"<on event=\"rctp\"><reply>450 no</reply></on>", false},
        {"<on><reply>450 no</reply></on>", false},
        {"<on event=\"rcpt\"/>", false},
        {"<on event=\"rcpt\"><delay for=\"5\"/></on>", false},
        {"<on event=\"rcpt\"><delay for=\" 5s \"/></on>", true},
        {"<on event=\"rcpt\"><dealy for=\"5s\"/></on>", false},
        {"<on event=\"rcpt\" code=\"450\"><reply>450 no</reply></on>", false},
        {"<on event=\"rcpt\"><reply>450 no</reply><where field=\"to\" is=\"x\"/></on>", false},
        {"<on event=\"rcpt\" per=\"nobody\" nth=\"1\"><reply>450 no</reply></on>", false},
        {"<on event=\"rcpt\" per=\"run\" nth=\"0\"><reply>450 no</reply></on>", false},
        {"<on event=\"rcpt\" per=\"run\" nth=\"1,3-4,6-\"><reply>450 no</reply></on>", true},
        {"<on event=\"rcpt\">text<reply>450 no</reply></on>", false},
        {"<on event=\"rcpt\"><close how=\"rts\"/></on>", false},
        {"<on event=\"rcpt\"><close after-bytes=\"4K\"/></on>", true},
        {"<on event=\"rcpt\"><close after-bytes=\"4k\"/></on>", false},
        {"<on event=\"rcpt\" chance=\"5\"><close/></on>", false},
        {"<server><capability name=\"8BITMIME\"/><user name=\"a\" password=\"b\"/></server>", true},
        {"<server><capability/></server>", false},
        {"<server require-tls=\"true\"/>", false},
        {"<let name=\"1\" value=\"x\"/>", false},
        {"<let name=\"t\" value=\"5s\"/><on event=\"rcpt\"><delay for=\"${t}\"/></on>", true},
        {"<expect within=\"5s\"><must event=\"quit\"/></expect>", true},
        {"<expect within=\"5s\"/>", false},
        {"<expect><must event=\"quit\"/></expect>", false},
        {"<expect within=\"5s\"><must event=\"quit\"/></expect><let name=\"x\" value=\"y\"/>",
         false},
        {"<expect within=\"5s\"><in-order><see event=\"mail\"/></in-order></expect>", false},
        {"<script><receive line=\"*\"/></script>", true},
        {"<script><receive line=\"*\"/><accept/></script>", false},
        {"<on event=\"rcpt\"><sequence per=\"run\"><step/></sequence></on>", false},
    };
    const std::string path = (files::temp_directory_path() / "smtprig-language-test.xml").string();
    for (const auto& [inside, taken] : cases) {
        std::ofstream(path, std::ios::binary) << document(inside);
        EXPECT_EQ(xmllint("--noout --schema '" + schema_path() + "' '" + path + "'"), taken)
            << inside;
        EXPECT_EQ(load(inside).good(), taken) << inside;
    }
    files::remove(path);
}

TEST(Language, HasAWordForEveryEvent) {
    ASSERT_EQ(events().size(), happening_count);
    EXPECT_EQ(name(Happening::connect), "connect");
    EXPECT_EQ(name(Happening::auth_response), "auth-response");
    EXPECT_EQ(name(Happening::server_close), "server-close");
}

TEST(Language, EveryActionOfTheTableIsRead) {
    std::set<std::string_view> read{"apply"};
    for (const ActionType& type : action_types()) read.insert(type.element);
    for (const ElementGroup& group : element_groups())
        if (group.name == "action") {
            EXPECT_EQ(read,
                      std::set<std::string_view>(group.elements.begin(), group.elements.end()));
        }
}

TEST(Language, EveryNamedElementExists) {
    for (const Element& element : elements())
        for (const Particle& particle : element.particles)
            for (const std::string_view name : taken(particle))
                EXPECT_NE(find_element(name), nullptr) << element.name << " holds " << name;
}

TEST(Language, SuggestsTheWordThatWasMeant) {
    EXPECT_EQ(nearest("rctp", {"mail", "rcpt", "data"}), "rcpt");
    EXPECT_EQ(nearest("dealy", {"reply", "delay"}), "delay");
    EXPECT_EQ(nearest("zzzz", {"mail", "rcpt"}), "");
    EXPECT_EQ(did_you_mean("RCPT", {"mail", "rcpt"}), "; did you mean \"rcpt\"?");
}

}  // namespace
}  // namespace smtprig::scenario

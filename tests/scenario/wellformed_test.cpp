#include "fixture/scenario/wellformed.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace smtprig::scenario {
namespace {

namespace files = std::filesystem;

std::vector<files::path> corpus(const std::string& folder) {
    std::vector<files::path> paths;
    for (const auto& entry :
         files::directory_iterator(SMTPRIG_SOURCE_DIR "/tests/scenario/" + folder))
        paths.push_back(entry.path());
    return paths;
}

std::string text_of(const files::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

bool has_xmllint() {
    return std::system("xmllint --version >/dev/null 2>&1") == 0;
}

bool xmllint_takes(const files::path& path) {
    return std::system(("xmllint --noout '" + path.string() + "' >/dev/null 2>&1").c_str()) == 0;
}

TEST(WellFormed, AgreesWithXmllint) {
    if (!has_xmllint()) GTEST_SKIP() << "xmllint is not installed";
    const auto paths = corpus("wellformed");
    ASSERT_GT(paths.size(), 180u);
    for (const files::path& path : paths) {
        const Markup markup = scan_markup(text_of(path));
        EXPECT_EQ(markup.well_formed(), xmllint_takes(path))
            << path << (markup.well_formed() ? "" : ": " + markup.flaws.front().message);
    }
}

TEST(WellFormed, RefusesOnPurposeSomeThingsThatXmlAllows) {
    const auto paths = corpus("stricter");
    ASSERT_GT(paths.size(), 5u);
    for (const files::path& path : paths)
        EXPECT_FALSE(scan_markup(text_of(path)).well_formed()) << path;
}

TEST(WellFormed, TellsThePlaceOfElementsAttributesAndContent) {
    const std::string text = "<a>\n <b c='d' e=\"&lt;\">x</b>\n</a>";
    const Markup markup = scan_markup(text);
    ASSERT_EQ(markup.elements.size(), 2u);
    const ElementMark& mark = markup.elements[1];
    EXPECT_EQ(text.substr(mark.name.offset, mark.name.length), "b");
    ASSERT_EQ(mark.attributes.size(), 2u);
    EXPECT_EQ(text.substr(mark.attributes[0].value.offset, mark.attributes[0].value.length), "d");
    EXPECT_EQ(text.substr(mark.attributes[1].name.offset, mark.attributes[1].name.length), "e");
    EXPECT_EQ(text.substr(mark.attributes[1].value.offset, mark.attributes[1].value.length),
              "&lt;");
    EXPECT_EQ(text.substr(mark.content.offset, mark.content.length), "x");
}

TEST(WellFormed, GoesOnBehindAFlawThatLeavesTheStructureClear) {
    const Markup markup = scan_markup("<a b='1' b='2'>&nbsp; & \x01</a>");
    EXPECT_EQ(markup.flaws.size(), 4u);
}

TEST(WellFormed, TellsWhichEndTagIsMissing) {
    const Markup markup = scan_markup("<a><b></a>");
    ASSERT_EQ(markup.flaws.size(), 1u);
    EXPECT_EQ(markup.flaws[0].message, "</b> is expected, not </a>");
    EXPECT_EQ(markup.flaws[0].at.offset, 6u);
}

}  // namespace
}  // namespace smtprig::scenario

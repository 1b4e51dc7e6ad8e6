// scenarios/ROWS.md: every scenario that it names loads with the parameters that it gives, and
// every scenario of the library is named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "fixture/scenario/library.hpp"
#include "fixture/scenario/values.hpp"
#include "tests/scenario/scene.hpp"

namespace smtprig::scenario {
namespace {

Sources library() {
    Sources sources;
    sources.library = SMTPRIG_SOURCE_DIR "/scenarios";
    return sources;
}

// Words as a shell would read them: quotes keep spaces.
std::vector<std::string> words_of(const std::string& line) {
    std::vector<std::string> words(1);
    bool quoted = false;
    for (const char c : line) {
        if (c == '\'') {
            quoted = !quoted;
        } else if (c == ' ' && !quoted) {
            words.emplace_back();
        } else {
            words.back() += c;
        }
    }
    return words;
}

struct Row {
    std::string number;
    std::string how;                 // the last column
    std::vector<std::string> lines;  // what stands between backticks in it
};

std::vector<Row> rows() {
    std::ifstream page(SMTPRIG_SOURCE_DIR "/scenarios/ROWS.md");
    std::vector<Row> rows;
    for (std::string line; std::getline(page, line);) {
        if (line.compare(0, 2, "| ") != 0 || line.compare(0, 5, "| row") == 0) continue;
        Row row;
        row.number = line.substr(2, line.find(' ', 2) - 2);
        row.how = line.substr(line.find(" | ", line.find(" | ") + 3) + 3);
        for (std::size_t at = row.how.find('`'); at != std::string::npos;) {
            const std::size_t end = row.how.find('`', at + 1);
            row.lines.push_back(row.how.substr(at + 1, end - at - 1));
            at = row.how.find('`', end + 1);
        }
        rows.push_back(row);
    }
    return rows;
}

TEST(Rows, EveryLineLoadsAndEveryScenarioIsNamed) {
    std::set<std::string> missing;
    for (const Entry& entry : list_library(library())) missing.insert(entry.name);
    for (const Row& row : rows()) {
        for (const std::string& line : row.lines) {
            const std::vector<std::string> words = words_of(line);
            Sources sources = library();
            for (std::size_t at = 1; at + 1 < words.size(); at += 2) {
                EXPECT_EQ(words[at], "--set") << line;
                const std::size_t equals = words[at + 1].find('=');
                ASSERT_NE(equals, std::string::npos) << line;
                sources.set[words[at + 1].substr(0, equals)] = words[at + 1].substr(equals + 1);
            }
            EXPECT_EQ(words.size() % 2, 1u) << line;
            const std::string name = words.front();
            if (find_in_library("profiles/" + name, library()).source) continue;
            EXPECT_THAT(complaints(load_file(name, sources)), testing::IsEmpty()) << line;
            missing.erase(name);
        }
        EXPECT_TRUE(!row.lines.empty() || row.how.compare(0, 10, "left out: ") == 0) << row.number;
    }
    EXPECT_THAT(missing, testing::IsEmpty()) << "scenarios that no row names";
}

// So that every scenario can be run fast: --set wait=…
TEST(Rows, NoScenarioWaitsForMoreThanFiveSecondsWithoutAParameter) {
    for (const std::string& name : library_names(library())) {
        const auto found = find_in_library(name, library());
        ASSERT_TRUE(found.source) << name;
        const std::string& text = found.source->text;
        for (const char* start : {"<delay ", "<hang ", "<close ", "<reply ", "<send "}) {
            for (std::size_t at = text.find(start); at != std::string::npos;
                 at = text.find(start, at + 1)) {
                const std::string tag = text.substr(at, text.find('>', at) - at);
                for (const char* attribute : {" for=\"", " after=\"", " max=\"", " gap=\"",
                                              " over=\"", " median=\"", " mean=\""}) {
                    const std::size_t value = tag.find(attribute);
                    if (value == std::string::npos) continue;
                    const std::size_t begin = tag.find('"', value) + 1;
                    const std::string written = tag.substr(begin, tag.find('"', begin) - begin);
                    const auto time = parse_duration(written);
                    EXPECT_TRUE(!time || *time <= 5'000'000) << name << ": " << tag;
                }
            }
        }
    }
}

// The catalogue has so many rows in each section; none is forgotten.
TEST(Rows, AreAllThere) {
    const std::map<std::string, int> sections{{"3.1", 12}, {"3.2", 10}, {"3.3", 18},
                                              {"3.4", 25}, {"3.5", 19}, {"3.6", 12},
                                              {"3.7", 17}, {"3.8", 24}, {"3.9", 16}};
    std::vector<std::string> expected;
    for (const auto& [section, count] : sections)
        for (int row = 1; row <= count; ++row)
            expected.push_back(section + "-" + std::to_string(row));
    expected.emplace_back("magic");
    std::vector<std::string> numbers;
    for (const Row& row : rows()) numbers.push_back(row.number);
    EXPECT_EQ(numbers, expected);
}

}  // namespace
}  // namespace smtprig::scenario

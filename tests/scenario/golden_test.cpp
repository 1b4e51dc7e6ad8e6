// Each scenario of the library against a well-behaved client: what is said stands in
// tests/scenario/golden/, and each rule fires. SMTPRIG_APPROVE=1 writes the files anew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "fixture/scenario/loader.hpp"
#include "tests/scenario/plays.hpp"
#include "tests/server/dialogue.hpp"

namespace smtprig::scenario {
namespace {

const std::string golden = SMTPRIG_SOURCE_DIR "/tests/scenario/golden/";

Sources library() {
    Sources sources;
    sources.library = SMTPRIG_SOURCE_DIR "/scenarios";
    return sources;
}

std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const Entry& entry : list_library(library())) names.push_back(entry.name);
    return names;
}

std::string read(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

// Places are those of the library, wherever it stands.
std::string without_folder(std::string text) {
    const std::string folder = SMTPRIG_SOURCE_DIR "/scenarios/";
    for (std::size_t at = 0; (at = text.find(folder, at)) != std::string::npos;)
        text.erase(at, folder.size());
    return text;
}

bool approving() {
    return std::getenv("SMTPRIG_APPROVE") != nullptr;
}

std::string text_for(const testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    for (char& c : name)
        if (c == '-') c = '_';
    return name;
}

class GoldenDialogues : public testing::TestWithParam<std::string> {};

TEST_P(GoldenDialogues, AreAsWrittenAndEachRuleFires) {
    std::string transcript;
    std::set<std::string> silent;
    std::string file;
    for (const Play& one : plays_of(GetParam())) {
        Sources sources = library();
        sources.set.insert(one.set.begin(), one.set.end());
        const Loaded loaded = load_file(GetParam(), sources);
        std::string all;
        for (const Diagnostic& diagnostic : loaded.diagnostics) all += to_text(diagnostic);
        ASSERT_TRUE(loaded.good()) << all;
        const auto engine = std::make_shared<Engine>(loaded.scenario, 1);
        const Played played = play(one, loaded.scenario, engine);
        EXPECT_EQ(played.faults, "");
        if (!one.name.empty()) transcript += "##### " + one.name + "\n";
        transcript += without_folder(played.transcript);
        const auto counts = engine->counts();
        if (file.empty())
            for (const Rule& rule : loaded.scenario->rules)
                if (rule.place.file.find("profiles/") == std::string::npos) silent.insert(rule.id);
        file = loaded.scenario->file;
        for (const auto& count : counts)
            if (count.fired > 0) silent.erase(count.rule);
    }
    EXPECT_THAT(silent, testing::IsEmpty()) << "rules that never fired";
    const std::string path = golden + GetParam() + ".txt";
    if (approving()) std::ofstream(path, std::ios::binary) << transcript;
    EXPECT_EQ(server::difference(read(path), transcript), "");
}

INSTANTIATE_TEST_SUITE_P(Library, GoldenDialogues, testing::ValuesIn(names()), text_for);

TEST(GoldenFiles, BelongToScenariosThatThereAre) {
    const auto all = names();
    const std::set<std::string> known(all.begin(), all.end());
    for (const auto& entry : std::filesystem::directory_iterator(golden))
        EXPECT_EQ(known.count(entry.path().stem().string()), 1u) << entry.path();
}

}  // namespace
}  // namespace smtprig::scenario

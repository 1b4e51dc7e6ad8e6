// Every file in tests/dialogues/ says what happens; SMTPRIG_APPROVE=1 writes them anew.
#include "tests/server/dialogue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace smtprig::server {
namespace {

const std::filesystem::path folder = std::filesystem::path(SMTPRIG_SOURCE_DIR) / "tests/dialogues";

std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::string read(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::vector<std::string_view> every_octet(std::string_view piece) {
    std::vector<std::string_view> parts;
    for (std::size_t i = 0; i < piece.size(); ++i) parts.push_back(piece.substr(i, 1));
    return parts;
}

// Whether a client waited for a reply is told by the reads, so these depend on the cut.
std::string without_pipelining(const std::string& transcript) {
    std::string kept;
    std::istringstream in(transcript);
    for (std::string line; std::getline(in, line);)
        if (line.find("anomaly pipelined-") == std::string::npos) kept += line + '\n';
    return kept;
}

class Dialogues : public testing::TestWithParam<std::string> {
  protected:
    const std::filesystem::path path = folder / (GetParam() + ".txt");
    const Dialogue dialogue{read(path)};
};

TEST_P(Dialogues, GoAsWritten) {
    const Dialogue::Outcome outcome = dialogue.run();
    EXPECT_EQ(outcome.problem, "");
    EXPECT_EQ(outcome.faults, "");
    if (std::getenv("SMTPRIG_APPROVE") != nullptr)
        std::ofstream(path, std::ios::binary) << dialogue.with(outcome.transcript);
    else
        EXPECT_EQ(difference(dialogue.expected(), outcome.transcript), "");
}

TEST_P(Dialogues, DoNotDependOnHowTheOctetsAreSplit) {
    if (!dialogue.may_be_cut()) GTEST_SKIP() << "The place of the cut matters here.";
    const Dialogue::Outcome whole = dialogue.run();
    std::mt19937 random(1);
    const Cut anywhere = [&](std::string_view piece) {
        std::vector<std::string_view> parts;
        while (!piece.empty()) {
            const std::size_t size = std::min<std::size_t>(1 + random() % 20, piece.size());
            parts.push_back(piece.substr(0, size));
            piece.remove_prefix(size);
        }
        return parts;
    };
    for (const Cut& cut : {Cut(every_octet), anywhere, anywhere, anywhere}) {
        const Dialogue::Outcome split = dialogue.run(cut);
        EXPECT_EQ(split.heard, whole.heard);
        EXPECT_EQ(split.faults, "");
        EXPECT_EQ(
            difference(without_pipelining(whole.transcript), without_pipelining(split.transcript)),
            "");
    }
}

std::string test_name(const testing::TestParamInfo<std::string>& dialogue) {
    std::string name = dialogue.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(All, Dialogues, testing::ValuesIn(names()), test_name);

}  // namespace
}  // namespace smtprig::server

#include "fixture/smtp/line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace smtprig::smtp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string shown(const Line& line) {
    std::string text(line.text);
    text += line.ending == LineEnding::crlf      ? "|crlf"
            : line.ending == LineEnding::bare_lf ? "|lf"
                                                 : "|none";
    if (line.continues) text += "|continues";
    if (line.has_bare_cr) text += "|cr";
    if (line.has_bare_lf) text += "|lf inside";
    if (line.has_nul) text += "|nul";
    if (line.has_8bit) text += "|8bit";
    return text;
}

std::vector<std::string> lines_of(LineReader& reader) {
    std::vector<std::string> lines;
    while (const auto line = reader.next()) lines.push_back(shown(*line));
    return lines;
}

std::vector<std::string> lines_of(std::string_view octets, BareLf bare_lf = BareLf::is_content,
                                  std::size_t bound = 65536) {
    LineReader reader(bound, bare_lf);
    reader.receive(octets);
    return lines_of(reader);
}

TEST(LineReader, EndsALineOnlyAtCrlf) {
    EXPECT_THAT(lines_of("NOOP\r\n\r\nQUIT"), ElementsAre("NOOP|crlf", "|crlf"));
    EXPECT_THAT(lines_of("NO\nOP\r\n"), ElementsAre("NO\nOP|crlf|lf inside"));
    EXPECT_THAT(lines_of("NO\rOP\r\n"), ElementsAre("NO\rOP|crlf|cr"));
    EXPECT_THAT(lines_of("NOOP\r\r\n"), ElementsAre("NOOP\r|crlf|cr"));
    EXPECT_THAT(lines_of("\n\r\r\n"), ElementsAre("\n\r|crlf|cr|lf inside"));
    EXPECT_THAT(lines_of("NOOP\r"), IsEmpty());
    EXPECT_THAT(lines_of("NOOP\n"), IsEmpty());
}

TEST(LineReader, EndsALineAtABareLfWhereItIsTold) {
    EXPECT_THAT(lines_of("NOOP\n\r\nQUIT\n\n", BareLf::ends_line),
                ElementsAre("NOOP|lf", "|crlf", "QUIT|lf", "|lf"));
    EXPECT_THAT(lines_of("NO\rOP\n", BareLf::ends_line), ElementsAre("NO\rOP|lf|cr"));
}

TEST(LineReader, TellsNulAndOctetsAbove127) {
    EXPECT_THAT(lines_of(std::string_view("a\0b\r\n", 5)),
                ElementsAre(std::string("a\0b", 3) + "|crlf|nul"));
    EXPECT_THAT(lines_of("\x7f\r\n\x80\r\n"), ElementsAre("\x7f|crlf", "\x80|crlf|8bit"));
}

TEST(LineReader, HandsOutALineAboveItsBoundInPieces) {
    EXPECT_THAT(lines_of("abcdefghij\r\nk\r\n", BareLf::is_content, 4),
                ElementsAre("abcd|none", "efgh|none|continues", "ij|crlf|continues", "k|crlf"));
    // A line that just fits, its ending included.
    EXPECT_THAT(lines_of("ab\r\n", BareLf::is_content, 4), ElementsAre("ab|crlf"));
    // The CR stays with its LF.
    EXPECT_THAT(lines_of("abc\r\n", BareLf::is_content, 4),
                ElementsAre("abc|none", "|crlf|continues"));
    EXPECT_THAT(lines_of("abcd\r\n", BareLf::is_content, 4),
                ElementsAre("abcd|none", "|crlf|continues"));
}

TEST(LineReader, EverySplitGivesTheSameLines) {
    std::mt19937 random(7);
    constexpr std::string_view alphabet("ab\r\n\r\n\0\x80", 8);
    for (int round = 0; round < 300; ++round) {
        std::string octets;
        for (int i = 0; i < 40; ++i) octets += alphabet[random() % alphabet.size()];
        const auto bare_lf = round % 2 == 0 ? BareLf::is_content : BareLf::ends_line;
        const std::size_t bound = 2 + random() % 12;
        const auto whole = lines_of(octets, bare_lf, bound);
        for (std::size_t at = 0; at <= octets.size(); ++at) {
            LineReader reader(bound, bare_lf);
            std::vector<std::string> lines;
            for (const auto piece :
                 {std::string_view(octets).substr(0, at), std::string_view(octets).substr(at)}) {
                reader.receive(piece);
                for (auto& line : lines_of(reader)) lines.push_back(line);
            }
            ASSERT_EQ(lines, whole) << "split at " << at << ", bound " << bound;
        }
    }
}

TEST(LineReader, KeepsWhatNoLineHasUsed) {
    LineReader reader;
    reader.receive("DATA\r\nText\r\n.");
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(reader.rest(), "Text\r\n.");
    reader.consume(5);
    EXPECT_EQ(reader.rest(), "\n.");
    reader.receive("x\r\n");
    EXPECT_EQ(reader.rest(), "\n.x\r\n");
    reader.clear();
    EXPECT_EQ(reader.rest(), "");
    reader.receive("NOOP\r\n");
    EXPECT_THAT(lines_of(reader), ElementsAre("NOOP|crlf"));
}

}  // namespace
}  // namespace smtprig::smtp

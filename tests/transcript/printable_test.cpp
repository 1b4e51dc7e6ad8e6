#include "fixture/transcript/printable.hpp"

#include <gtest/gtest.h>

#include <set>

namespace smtprig::transcript {
namespace {

std::string escaped(std::string_view octets) {
    std::string out;
    append_escaped(out, octets);
    return out;
}

std::string escaped_line(std::string_view octets) {
    std::string out;
    append_escaped_line(out, octets);
    return out;
}

TEST(Utf8, IsRecognisedAsRfc3629HasIt) {
    for (const char* text :
         {"", "a", "\x7f", "\u00e9", "\u20ac", "\U0001F4E7", "\uFFFF", "\U0010FFFF"})
        EXPECT_TRUE(is_utf8(text)) << text;
    for (const char* text : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf", "\xed\xa0\x80",
                             "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82",
                             "\xe2\x28\xa1", "a\xff"})
        EXPECT_FALSE(is_utf8(text)) << escaped(text);
}

TEST(Escaping, LeavesPrintableCharactersAsTheyAre) {
    EXPECT_EQ(escaped("MAIL FROM:<a@b>"), "MAIL FROM:<a@b>");
    EXPECT_EQ(escaped("gr\u00fc\u00dfe \u65e5\u672c \U0001F4E7"),
              "gr\u00fc\u00dfe \u65e5\u672c \U0001F4E7");
}

TEST(Escaping, ShowsEveryOtherOctet) {
    EXPECT_EQ(escaped(std::string_view("\0\r\n\t\x1b[2J\x7f\\", 10)), R"(\x00\r\n\t\x1B[2J\x7F\\)");
    EXPECT_EQ(escaped("caf\xe9"), R"(caf\xE9)");
    EXPECT_EQ(escaped("\xc2\x9b"
                      "31m"),
              R"(\xC2\x9B31m)");
}

TEST(Escaping, ShowsWhatHidesOrReordersText) {
    EXPECT_EQ(escaped("a\u202eb"), R"(a\xE2\x80\xAEb)");
    EXPECT_EQ(escaped("a\u200bb"), R"(a\xE2\x80\x8Bb)");
    EXPECT_EQ(escaped("\ufeff"), R"(\xEF\xBB\xBF)");
}

TEST(Escaping, GivesPrintableTextForAnyOctetsAndNeverTheSameForTwo) {
    std::set<std::string> seen;
    for (int first = 0; first < 256; ++first)
        for (int second = 0; second < 256; ++second) {
            const std::string octets = {static_cast<char>(first), static_cast<char>(second)};
            const std::string text = escaped(octets);
            EXPECT_TRUE(is_printable(text));
            EXPECT_TRUE(seen.insert(text).second) << text;
            EXPECT_TRUE(seen.insert("line " + escaped_line(octets)).second) << text;
        }
}

TEST(EscapedLine, ShowsNoEndingOnlyForCrlf) {
    EXPECT_EQ(escaped_line("QUIT\r\n"), "QUIT");
    EXPECT_EQ(escaped_line("QUIT\n"), R"(QUIT\n)");
    EXPECT_EQ(escaped_line("QUIT\r"), R"(QUIT\r\c)");
    EXPECT_EQ(escaped_line("QUIT"), R"(QUIT\c)");
    EXPECT_EQ(escaped_line("a\nb\r\n"), R"(a\nb)");
    EXPECT_EQ(escaped_line("a\r\r\n"), R"(a\r)");
    EXPECT_EQ(escaped_line("\r\n"), "");
    EXPECT_EQ(escaped_line(""), R"(\c)");
}

TEST(EscapedLine, ShowsASpaceAtTheEnd) {
    EXPECT_EQ(escaped_line("QUIT \r\n"), R"(QUIT\x20)");
    EXPECT_EQ(escaped_line("334  \n"), R"(334 \x20\n)");
}

}  // namespace
}  // namespace smtprig::transcript

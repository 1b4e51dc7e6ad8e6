#include "fixture/smtp/reply.hpp"

#include <gtest/gtest.h>

#include <random>

namespace smtprig::smtp {
namespace {

using namespace std::string_literals;

Reply reply_of(std::uint16_t code, std::vector<std::string> lines) {
    Reply reply;
    reply.code = code;
    reply.lines = std::move(lines);
    return reply;
}

TEST(Reply, IsWrittenWithHyphensAndALastSpace) {
    EXPECT_EQ(to_wire(reply_of(250, {"OK"})), "250 OK\r\n");
    EXPECT_EQ(to_wire(reply_of(250, {"a", "", "c d"})), "250-a\r\n250-\r\n250 c d\r\n");
    EXPECT_EQ(to_wire(reply_of(354, {""})), "354 \r\n");
    EXPECT_EQ(to_wire(reply_of(354, {})), "354 \r\n");
}

TEST(Reply, TellsItsSeverity) {
    EXPECT_EQ(reply_of(220, {}).severity(), Severity::positive_completion);
    EXPECT_EQ(reply_of(354, {}).severity(), Severity::positive_intermediate);
    EXPECT_EQ(reply_of(421, {}).severity(), Severity::transient_negative);
    EXPECT_EQ(reply_of(550, {}).severity(), Severity::permanent_negative);
    EXPECT_TRUE(reply_of(250, {}).positive());
    EXPECT_FALSE(reply_of(354, {}).positive());
}

TEST(ParseReply, ReadsLegalReplies) {
    struct Row {
        std::string wire;
        Reply reply;
    };
    for (const Row& row : std::vector<Row>{
             {"250 OK", reply_of(250, {"OK"})},
             {"250 OK\r\n", reply_of(250, {"OK"})},
             {"250 OK\n", reply_of(250, {"OK"})},
             {"250", reply_of(250, {""})},
             {"250 ", reply_of(250, {""})},
             {"334  ", reply_of(334, {" "})},
             {"250-a\r\n250 b", reply_of(250, {"a", "b"})},
             {"250-a\n250-\n250", reply_of(250, {"a", "", ""})},
             {"550 5.1.1 <a@b>: no\tsuch user ~", reply_of(550, {"5.1.1 <a@b>: no\tsuch user ~"})},
             {"200 x", reply_of(200, {"x"})},
             {"559 -", reply_of(559, {"-"})},
             {"250 " + std::string(506, 'x'), reply_of(250, {std::string(506, 'x')})},
         }) {
        const auto parsed = parse_reply(row.wire);
        ASSERT_TRUE(parsed) << row.wire << ": expected " << parsed.error().expected;
        EXPECT_EQ(*parsed, row.reply) << row.wire;
    }
}

TEST(ParseReply, RefusesWhatIsNoLegalReplyAndTellsWhere) {
    struct Row {
        std::string wire;
        std::size_t offset;
    };
    for (const Row& row : std::vector<Row>{
             {"", 0},
             {"\r\n", 0},
             {"25", 2},
             {"2x0 OK", 1},
             {"OK", 0},
             {" 250 OK", 0},
             {"2500 OK", 3},
             {"250OK", 3},
             {"250\tOK", 3},
             {"250-OK", 3},
             {"250-OK\r\n", 3},
             {"150 OK", 0},
             {"650 OK", 0},
             {"050 OK", 0},
             {"571 no", 1},
             {"250-a\r\n251 b", 7},
             {"250 a\r\n250 b", 3},
             {"250\r\n250 b", 3},
             {"250-a\r\n250-b", 10},
             {"250-a\r\n\r\n250 b", 7},
             {"250 a\r\n\r\n", 3},
             {"250 a\rb", 5},
             {"250 a\r", 5},
             {"250 a\r\r\n", 5},
             {"250 a\0b"s, 5},
             {"250 a\x7f", 5},
             {"250 \xC3\xA9", 4},
             {"250-a\n250 \x1b[0m", 10},
             {"250 " + std::string(507, 'x'), 510},
         }) {
        const auto parsed = parse_reply(row.wire);
        EXPECT_FALSE(parsed) << row.wire;
        EXPECT_EQ(parsed.error().offset, row.offset)
            << row.wire << " expected " << parsed.error().expected;
        EXPECT_FALSE(parsed.error().expected.empty()) << row.wire;
    }
}

TEST(ParseReply, TakesUtf8OnlyWhenToldTo) {
    EXPECT_TRUE(parse_reply("250 \xC3\xA9", ReplyText::utf8));
    for (const char* wire : {"250 \xE9", "250 \xED\xA0\x80", "250 a\xC3"})
        EXPECT_FALSE(parse_reply(wire, ReplyText::utf8)) << wire;
}

TEST(ParseReply, ReadsWhatWasWritten) {
    for (const Reply& reply : {reply_of(250, {"a"}), reply_of(250, {"", "x", ""}),
                               reply_of(550, {"5.7.1 a", "5.7.1 b"})}) {
        const auto parsed = parse_reply(to_wire(reply));
        ASSERT_TRUE(parsed);
        EXPECT_EQ(*parsed, reply);
    }
}

TEST(EnhancedStatusCode, IsReadFromTheFrontOfAText) {
    const EnhancedStatusCode expected{5, 7, 11};
    EXPECT_EQ(enhanced_status_code_of("5.7.11 Encryption required"), expected);
    EXPECT_EQ(enhanced_status_code_of("5.7.11"), expected);
    EXPECT_EQ(enhanced_status_code_of("2.0.0"), (EnhancedStatusCode{2, 0, 0}));
    EXPECT_EQ(enhanced_status_code_of("4.999.999 x"), (EnhancedStatusCode{4, 999, 999}));
    for (const char* text :
         {"", "5", "5.7", "5.7.", "5..1", "3.7.1", "1.0.0", "55.1.1", "5.1.1x", "5.1.1-", "5.1.1.1",
          "5.1000.1", "5.1.1000", " 5.1.1", "5.01.1", "5.1.00", "5,1,1", "-.1.1"})
        EXPECT_FALSE(enhanced_status_code_of(text)) << text;
    EXPECT_EQ(to_string(expected), "5.7.11");
}

TEST(EnhancedStatusCode, IsThatOfTheFirstLine) {
    EXPECT_EQ(reply_of(550, {"5.1.1 a", "5.1.2 b"}).enhanced(), (EnhancedStatusCode{5, 1, 1}));
    EXPECT_FALSE(reply_of(550, {"a", "5.1.2 b"}).enhanced());
    EXPECT_FALSE(reply_of(550, {}).enhanced());
}

TEST(ParseReply, NeverTellsAPlaceOutsideOfTheTextOnRandomOctets) {
    std::mt19937 random(42);
    const std::vector<std::string> words{"250",   "550", "-", " ",  "\r\n",     "\n",   "\r",
                                         "5.1.1", "2",   "x", "\t", "\xC3\xA9", "\xE9", "\0"s};
    std::size_t accepted = 0;
    for (int round = 0; round < 100000; ++round) {
        std::string wire = random() % 2 == 0 ? "250" : "";
        for (auto count = random() % 8; count > 0; --count) wire += words[random() % words.size()];
        const auto text = random() % 2 == 0 ? ReplyText::ascii : ReplyText::utf8;
        const auto parsed = parse_reply(wire, text);
        if (!parsed) {
            ASSERT_LE(parsed.error().offset, wire.size());
            continue;
        }
        ++accepted;
        const auto again = parse_reply(to_wire(*parsed), text);
        ASSERT_TRUE(again);
        ASSERT_EQ(*again, *parsed);
    }
    EXPECT_GT(accepted, 1000u);
}

}  // namespace
}  // namespace smtprig::smtp

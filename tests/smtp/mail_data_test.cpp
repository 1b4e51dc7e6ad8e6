#include "fixture/smtp/mail_data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/fuzz/oracle.hpp"

namespace smtprig::smtp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

MailDataReader reading(std::string_view octets) {
    MailDataReader reader;
    reader.receive(octets);
    return reader;
}

TEST(MailDataReader, EndsAtAPeriodAloneOnALine) {
    MailDataReader reader;
    EXPECT_EQ(reader.receive("Text\r\n.\r\nQUIT\r\n"), 9U);
    EXPECT_TRUE(reader.complete());
    EXPECT_EQ(reader.data().wire, "Text\r\n");
    EXPECT_TRUE(reading(".\r\n").complete());
    EXPECT_EQ(reading(".\r\n").data().wire, "");
}

TEST(MailDataReader, EndsAtNothingElse) {
    for (const std::string_view almost :
         {"\n.\r\n", "\r\n.\n", "\n.\n", "\r.\r\n", "\r\n.\r", "\r\r\n.\r\r\n", "\r\n..\r\n",
          "\r\n. \r\n", "x.\r\n", "\n\r.\r\n", "\r\n.\r\r\n", "\r.\r"}) {
        const MailDataReader reader = reading(std::string("x").append(almost));
        EXPECT_FALSE(reader.complete()) << testing::PrintToString(almost);
    }
    const std::string nul("x\r\n.\0\r\n", 7);
    EXPECT_FALSE(reading(nul).complete());
}

TEST(MailDataReader, RemovesALeadingPeriodOnce) {
    const MailData data = reading("..\r\n...\r\n.x\r\na.\r\n.\r\n").take();
    EXPECT_EQ(data.wire, "..\r\n...\r\n.x\r\na.\r\n");
    EXPECT_THAT(data.removed_periods, ElementsAre(0, 4, 9));
    EXPECT_EQ(data.content(), ".\r\n..\r\nx\r\na.\r\n");
    EXPECT_EQ(data.content_size(), data.content().size());
}

TEST(MailDataReader, APeriodBehindABareLfIsContent) {
    const MailData data = reading("a\n.b\r\n.\r\n").take();
    EXPECT_THAT(data.removed_periods, IsEmpty());
    EXPECT_EQ(data.content(), "a\n.b\r\n");
}

TEST(MailDataReader, TellsWhereSomethingWasSeenFirst) {
    const MailData data = reading(std::string("ab\ncd\re\0\xff\n\r\r\n\xfe\r\n.\r\n", 19)).take();
    EXPECT_EQ(data.bare_lf.first, 2U);
    EXPECT_EQ(data.bare_lf.count, 2U);
    EXPECT_EQ(data.bare_cr.first, 5U);
    EXPECT_EQ(data.bare_cr.count, 2U);
    EXPECT_EQ(data.nul.first, 7U);
    EXPECT_EQ(data.nul.count, 1U);
    EXPECT_EQ(data.eight_bit.first, 8U);
    EXPECT_EQ(data.eight_bit.count, 2U);
}

TEST(MailDataReader, ALineOf1000OctetsIsNotTooLongAndThePeriodDoesNotCount) {
    const std::string line(998, 'x');
    EXPECT_EQ(reading(line + "\r\n").data().over_long_line.count, 0U);
    EXPECT_EQ(reading("." + line + "\r\n").data().over_long_line.count, 0U);
    const MailData data = reading("a\r\nx" + line + "\r\n").take();
    EXPECT_EQ(data.over_long_line.count, 1U);
    EXPECT_EQ(data.over_long_line.first, 3U);
}

TEST(MailDataReader, KeepsNoMoreThanItIsToldAndGoesOn) {
    MailDataReader reader;
    reader.keep_at_most(6);
    reader.receive("abc\r\ndef\r\n");
    EXPECT_EQ(reader.data().wire, "abc\r\nd");
    EXPECT_EQ(reader.dropped(), 4U);
    reader.keep_at_most(0);
    reader.receive("..\r\nghi\r\n.\r");
    EXPECT_EQ(reader.receive("\nQUIT\r\n"), 1U);
    EXPECT_TRUE(reader.complete());
    EXPECT_EQ(reader.dropped(), 13U);
    EXPECT_EQ(reader.data().wire, "abc\r\nd");
}

TEST(MailDataReader, StartsAnewOnceItsDataWereTaken) {
    MailDataReader reader;
    reader.receive("a\n\r\n.\r\n");
    EXPECT_TRUE(reader.take().complete);
    EXPECT_FALSE(reader.complete());
    reader.receive("b\r\n.\r\n");
    EXPECT_EQ(reader.take().wire, "b\r\n");
}

TEST(MailDataReader, AgreesWithASimpleReaderOnAnyOctetsHoweverSplit) {
    std::mt19937 random(11);
    constexpr std::string_view alphabet("x.\r\n\r\n.\0\x80", 9);
    for (int round = 0; round < 400; ++round) {
        std::string octets;
        for (int i = 0; i < 30; ++i) octets += alphabet[random() % alphabet.size()];
        const fuzz::MailDataOracle oracle(octets, 5);
        for (std::size_t at = 0; at <= octets.size(); ++at) {
            MailDataReader reader(5);
            std::size_t taken = reader.receive(std::string_view(octets).substr(0, at));
            if (!reader.complete()) taken += reader.receive(std::string_view(octets).substr(at));
            ASSERT_EQ(taken, oracle.taken) << testing::PrintToString(octets) << at;
            ASSERT_TRUE(fuzz::same(reader.data(), oracle.data))
                << testing::PrintToString(octets) << at;
            ASSERT_EQ(reader.data().content(), oracle.content);
        }
    }
}

TEST(MailDataReader, AgreesWithASimpleReaderAcrossItsBlocks) {
    std::mt19937 random(13);
    constexpr std::string_view rare("\r\n.\0\x80", 5);
    for (int round = 0; round < 200; ++round) {
        std::string octets(1500, 'x');
        for (int i = 0; i < 40; ++i)
            octets[random() % octets.size()] = rare[random() % rare.size()];
        for (int i = 0; i < 10; ++i) octets.replace(random() % 1400, 2, "\r\n");
        const fuzz::MailDataOracle oracle(octets, 100);
        MailDataReader reader(100);
        for (std::string_view rest = octets; !rest.empty() && !reader.complete();) {
            const std::string_view piece = rest.substr(0, 1 + random() % 700);
            reader.receive(piece);
            rest.remove_prefix(piece.size());
        }
        ASSERT_TRUE(fuzz::same(reader.data(), oracle.data)) << testing::PrintToString(octets);
    }
}

}  // namespace
}  // namespace smtprig::smtp

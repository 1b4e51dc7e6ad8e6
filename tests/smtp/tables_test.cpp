#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "fixture/smtp/anomaly.hpp"
#include "fixture/smtp/phrase.hpp"
#include "fixture/smtp/posture.hpp"
#include "fixture/smtp/reply.hpp"
#include "fixture/smtp/situation.hpp"

namespace smtprig::smtp {
namespace {

bool is_slug(std::string_view id) {
    return !id.empty() && id.front() != '-' && id.back() != '-' &&
           id.find("--") == std::string_view::npos &&
           id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

bool is_sentence(std::string_view text) {
    return text.size() > 10 && text.front() >= 'A' && text.front() <= 'Z' && text.back() == '.';
}

bool cites_an_rfc(std::string_view citation) {
    return citation.substr(0, 4) == "RFC " && citation.find(" section") != std::string_view::npos;
}

// A value as long as the RFCs allow a name or a path to be.
class LongValues : public Variables {
  public:
    bool append(std::string& out, std::string_view name) const override {
        const bool number = name == "limit" || name == "client.ip" || name == "id";
        out += std::string(number ? 40 : 255, 'x');
        return true;
    }
};

TEST(Anomalies, HaveUniqueIdsSentencesAndCitations) {
    std::set<std::string_view> ids;
    for (std::size_t i = 0; i < anomaly_count; ++i) {
        const AnomalyRow& anomaly = row(static_cast<Anomaly>(i));
        EXPECT_EQ(static_cast<std::size_t>(anomaly.anomaly), i);
        EXPECT_TRUE(is_slug(anomaly.id)) << anomaly.id;
        EXPECT_TRUE(ids.insert(anomaly.id).second) << anomaly.id;
        EXPECT_TRUE(is_sentence(anomaly.sentence)) << anomaly.id;
        EXPECT_TRUE(cites_an_rfc(anomaly.citation)) << anomaly.id;
    }
}

TEST(Tolerances, HaveUniqueIdsAnomaliesAndCitations) {
    std::set<std::string_view> ids;
    std::set<Anomaly> anomalies;
    for (const auto& tolerance : tolerances()) {
        EXPECT_EQ(&tolerance, &tolerances()[static_cast<std::size_t>(tolerance.tolerance)]);
        EXPECT_TRUE(is_slug(tolerance.id)) << tolerance.id;
        EXPECT_TRUE(ids.insert(tolerance.id).second) << tolerance.id;
        EXPECT_TRUE(anomalies.insert(tolerance.anomaly).second) << tolerance.id;
        if (tolerance.in_mail_data) {
            EXPECT_TRUE(anomalies.insert(*tolerance.in_mail_data).second) << tolerance.id;
        }
        EXPECT_TRUE(is_sentence(tolerance.strictly)) << tolerance.id;
        EXPECT_TRUE(cites_an_rfc(tolerance.citation)) << tolerance.id;
    }
}

TEST(Posture, IsStrictUnlessToldOtherwise) {
    for (const auto& row : tolerances()) {
        EXPECT_FALSE(Posture::strict().tolerates(row.tolerance));
        EXPECT_TRUE(Posture::tolerant().tolerates(row.tolerance));
        const auto posture = Posture::strict().with(row.tolerance);
        for (const auto& other : tolerances())
            EXPECT_EQ(posture.tolerates(other.tolerance), other.tolerance == row.tolerance);
    }
}

TEST(Situations, HaveUniqueIdsThatReadBack) {
    std::set<std::string_view> ids;
    for (const auto& situation : situations()) {
        EXPECT_EQ(&situation, &row(situation.situation));
        EXPECT_TRUE(is_slug(situation.id)) << situation.id;
        EXPECT_TRUE(ids.insert(situation.id).second) << situation.id;
        EXPECT_EQ(situation_of(situation.id), situation.situation);
        EXPECT_TRUE(cites_an_rfc(situation.citation)) << situation.id;
    }
    EXPECT_FALSE(situation_of(""));
    EXPECT_FALSE(situation_of("Greeting"));
}

TEST(Situations, GiveLegalRepliesWithTheLongestNames) {
    for (const auto& situation : situations()) {
        const auto phrase = Phrase::compile(wording(situation));
        ASSERT_TRUE(phrase) << situation.id;
        const auto reply = parse_reply(phrase->text(LongValues(), Values::one_line));
        ASSERT_TRUE(reply) << situation.id << ": expected " << reply.error().expected;
        EXPECT_EQ(reply->code, situation.code) << situation.id;
        EXPECT_EQ(reply->enhanced(), enhanced(situation)) << situation.id;
    }
}

TEST(Situations, UseOnlyVariablesThatThereAre) {
    for (const auto& situation : situations()) {
        const auto phrase = Phrase::compile(situation.text);
        ASSERT_TRUE(phrase) << situation.id;
        for (const auto& use : phrase->uses())
            EXPECT_EQ(std::count(situation_variables.begin(), situation_variables.end(), use.name),
                      1)
                << situation.id << " " << use.name;
    }
}

// RFC 2034 section 4: every 2yz, 4yz and 5yz but the greeting and replies to EHLO and HELO.
TEST(Situations, HaveAnEnhancedStatusCodeWhereRfc2034AsksForOne) {
    const std::set<std::string_view> without{"greeting", "ehlo", "helo", "ehlo-name-refused"};
    for (const auto& situation : situations()) {
        const bool has_one = situation.code / 100 != 3 && without.count(situation.id) == 0;
        EXPECT_EQ(enhanced(situation).has_value(), has_one) << situation.id;
        if (has_one) {
            EXPECT_EQ(enhanced(situation)->class_, situation.code / 100);
        }
    }
}

// RFC 5321 section 4.2.2, behind the enhanced status code.
TEST(Situations, BeginWithTheDomainIn220And221And421) {
    for (const auto& situation : situations()) {
        if (situation.code != 220 && situation.code != 221 && situation.code != 421) continue;
        EXPECT_EQ(situation.text.substr(0, 11), "${hostname}") << situation.id;
    }
}

TEST(Situations, SayWhatRfc4954Section6Lists) {
    EXPECT_EQ(wording(row(Situation::auth_accepted)), "235 2.7.0 Authentication succeeded");
    EXPECT_EQ(wording(row(Situation::auth_required)), "530 5.7.0 Authentication required");
    EXPECT_EQ(wording(row(Situation::auth_failed)), "535 5.7.8 Authentication credentials invalid");
    EXPECT_EQ(wording(row(Situation::auth_too_long)),
              "500 5.5.6 Authentication Exchange line is too long");
    EXPECT_EQ(wording(row(Situation::auth_needs_tls)),
              "538 5.7.11 Encryption required for requested authentication mechanism");
}

TEST(Situations, WriteTheReplyAsAProfileWould) {
    EXPECT_EQ(wording(row(Situation::greeting)), "220 ${hostname} ESMTP smtprig");
    EXPECT_EQ(wording(row(Situation::mail_accepted)), "250 2.1.0 Reverse-path accepted");
    EXPECT_EQ(wording(row(Situation::quit)), "221 2.0.0 ${hostname} closes the session");
    EXPECT_EQ(wording(row(Situation::auth_go_on)), "334 ${challenge}");
}

}  // namespace
}  // namespace smtprig::smtp

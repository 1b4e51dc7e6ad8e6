#include "fixture/transcript/facts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace smtprig::transcript {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> complaints_about(Kind kind, std::vector<Fact> facts) {
    Log log("1", "default", "unix", "unix:/s", 0, nullptr);
    log.event(kind, 0, std::move(facts));
    return complaints(log.snapshot());
}

TEST(Facts, AreOrderedByKindAndNeverTwice) {
    const auto rows = fact_rows();
    EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end(),
                               [](const FactRow& a, const FactRow& b) { return a.kind < b.kind; }));
    for (const FactRow& row : rows) {
        EXPECT_EQ(fact_row(row.kind, row.key), &row) << row.key;
        EXPECT_FALSE(row.meaning.empty()) << row.key;
    }
}

TEST(Facts, AreOnEventsOfTheRigOnly) {
    for (std::size_t i = 0; i < kind_count; ++i) {
        const Kind kind = static_cast<Kind>(i);
        EXPECT_EQ(fact_rows(kind).empty(), is_wire(kind)) << name(kind);
    }
}

TEST(Facts, OfTheTableGiveNoComplaint) {
    EXPECT_THAT(complaints_about(Kind::identified, {{key::name, "a"}, {key::verb, "EHLO"}}),
                IsEmpty());
}

TEST(Facts, ThatTheTableDoesNotHaveAreComplainedAbout) {
    EXPECT_THAT(complaints_about(Kind::identified, {{key::code, 250}}),
                ElementsAre("identified: no fact in the table is called code"));
    EXPECT_THAT(complaints_about(Kind::greeted, {{key::code, "220"}}),
                ElementsAre("greeted: another type in the table has code"));
    EXPECT_THAT(complaints_about(Kind::greeted, {{key::code, 220}, {key::code, 554}}),
                ElementsAre("greeted: given twice is code"));
}

}  // namespace
}  // namespace smtprig::transcript

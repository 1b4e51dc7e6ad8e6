#include "fixture/smtp/phrase.hpp"

#include <gtest/gtest.h>

#include <map>

namespace smtprig::smtp {
namespace {

using namespace std::string_literals;

using Map = std::map<std::string, std::string>;

class FixedVariables : public Variables {
  public:
    explicit FixedVariables(Map values) : values_(std::move(values)) {}

    bool append(std::string& out, std::string_view name) const override {
        const auto found = values_.find(std::string(name));
        out += found == values_.end() ? "half of a value" : found->second;
        return found != values_.end();
    }

  private:
    Map values_;
};

std::string text_of(std::string_view source, const Variables& variables,
                    Values values = Values::one_line) {
    const auto phrase = Phrase::compile(source);
    return phrase ? phrase->text(variables, values) : "error";
}

TEST(Phrase, PutsValuesInPlaceOfVariables) {
    const FixedVariables variables(Map{{"to.path", "a@b"}, {"id", "7"}});
    EXPECT_EQ(text_of("450 4.2.0 ${to.path}: Greylisted", variables), "450 4.2.0 a@b: Greylisted");
    EXPECT_EQ(text_of("${id}", variables), "7");
    EXPECT_EQ(text_of("${id}${id}${to.path}", variables), "77a@b");
    EXPECT_EQ(text_of("", variables), "");
}

TEST(Phrase, LeavesAVariableWithoutValueEmpty) {
    EXPECT_EQ(text_of("<${user}>", FixedVariables(Map{})), "<>");
}

TEST(Phrase, KeepsDollarsThatBeginNoVariable) {
    const FixedVariables variables(Map{{"x", "1"}});
    EXPECT_EQ(text_of("$", variables), "$");
    EXPECT_EQ(text_of("a$b {x} $} $$ $x", variables), "a$b {x} $} $$ $x");
    EXPECT_EQ(text_of("$${x}", variables), "${x}");
    EXPECT_EQ(text_of("$$${x}", variables), "$${x}");
    EXPECT_EQ(text_of("$${${x}}", variables), "${1}");
}

TEST(Phrase, RefusesAVariableWithoutEndOrName) {
    struct Row {
        const char* text;
        std::size_t offset;
    };
    for (const Row& row : std::initializer_list<Row>{
             {"${", 0}, {"ab ${x", 3}, {"${}", 2}, {"a${x} ${}", 8}, {"${a ${b}", 0}}) {
        const auto phrase = Phrase::compile(row.text);
        ASSERT_FALSE(phrase) << row.text;
        EXPECT_EQ(phrase.error().offset, row.offset) << row.text;
    }
}

TEST(Phrase, LetsNoValueBreakTheLine) {
    const FixedVariables variables(Map{{"helo", "a\r\n250 b\0c\n"s}});
    EXPECT_EQ(text_of("250 ${helo}.", variables), "250 a250 bc.");
    EXPECT_EQ(text_of("x\r\n${helo}", variables), "x\r\na250 bc");
    EXPECT_EQ(text_of("${helo}.", variables, Values::as_is), "a\r\n250 b\0c\n."s);
}

TEST(Phrase, AppendsBehindWhatIsThere) {
    const FixedVariables variables(Map{{"x", "\n1\n"}});
    std::string out = "a\n";
    const auto phrase = Phrase::compile("b${x}");
    ASSERT_TRUE(phrase);
    phrase->append_to(out, variables, Values::one_line);
    EXPECT_EQ(out, "a\nb1");
}

TEST(Phrase, TellsWhichVariablesItUses) {
    const auto phrase = Phrase::compile("$${no} ${a} ${b.c}${a}");
    ASSERT_TRUE(phrase);
    EXPECT_FALSE(phrase->constant());
    const auto uses = phrase->uses();
    ASSERT_EQ(uses.size(), 3u);
    EXPECT_EQ(uses[0].name, "a");
    EXPECT_EQ(uses[0].offset, 7u);
    EXPECT_EQ(uses[1].name, "b.c");
    EXPECT_EQ(uses[1].offset, 12u);
    EXPECT_EQ(uses[2].name, "a");
    EXPECT_EQ(uses[2].offset, 18u);
    EXPECT_TRUE(Phrase::compile("$${no}")->constant());
    EXPECT_TRUE(Phrase().constant());
}

}  // namespace
}  // namespace smtprig::smtp

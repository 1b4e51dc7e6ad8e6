#include "fixture/smtp/path.hpp"

#include <gtest/gtest.h>

#include <random>

namespace smtprig::smtp {
namespace {

std::string repeated(char c, std::size_t count) {
    return std::string(count, c);
}

TEST(Path, TakesWhatTheGrammarAllows) {
    const std::vector<std::string> paths{
        "<a@b>",
        "<a@b.example>",
        "<a.b.c@b.example>",
        "<!#$%&'*+-/=?^_`{|}~@example.com>",
        "<1@1>",
        "<a@3com.example>",
        "<a@x--y.example>",
        "<a@a-1.example>",
        "<a@xn--fsq.example>",
        R"(<"john doe"@example.com>)",
        R"(<"a@b>c"@example.com>)",
        R"(<"<>,:;()[]@"@example.com>)",
        R"(<"a\"b\\c"@example.com>)",
        R"(<"\ \~\@"@example.com>)",
        R"(<""@d>)",
        "<a@[192.0.2.1]>",
        "<a@[0.0.0.0]>",
        "<a@[255.255.255.255]>",
        "<a@[001.02.3.4]>",
        "<a@[IPv6:2001:db8::1]>",
        "<a@[ipv6:::]>",
        "<@a.example:u@example.com>",
        "<@a.example,@b.example:u@example.com>",
        "<@a:u@[192.0.2.1]>",
        "<" + repeated('a', 64) + "@example.com>",
        "<a@" + repeated('d', 300) + ">",
    };
    for (const auto& text : paths) {
        for (const auto parse : {parse_reverse_path, parse_forward_path}) {
            const auto parsed = parse(text, {});
            ASSERT_TRUE(parsed) << text << " at " << parsed.error().offset << ": expected "
                                << parsed.error().expected;
            EXPECT_EQ(parsed->length, text.size()) << text;
            EXPECT_EQ(parsed->path.text, text.substr(1, text.size() - 2));
        }
        const auto bare = text.substr(1, text.size() - 2);
        const auto with_parameter = bare + " SIZE=1";
        for (const auto parse : {parse_bare_reverse_path, parse_bare_forward_path}) {
            const auto parsed = parse(with_parameter, {});
            ASSERT_TRUE(parsed) << bare;
            EXPECT_EQ(parsed->path.text, bare);
            EXPECT_EQ(parsed->length, bare.size());
        }
    }
}

struct Bad {
    std::string text;
    std::size_t offset;
};

TEST(Path, RefusesWhatTheGrammarDoesNotAllowAndTellsWhere) {
    const std::vector<Bad> paths{
        {"", 0},
        {"a@b", 0},
        {"<", 1},
        {"< >", 1},
        {"<a", 2},
        {"<a>", 2},
        {"<a@>", 3},
        {"<foo@", 5},
        {"<@b>", 3},
        {"<a@b", 4},
        {"<<a@b>>", 1},
        {"<a@b@c>", 4},
        {"<a b@c>", 2},
        {"<a@b c>", 4},
        {"<a@b(c)>", 4},
        {"Bob <a@b>", 0},
        {"<.a@b>", 1},
        {"<a.@b>", 3},
        {"<a..b@c>", 3},
        {"<a,b@c>", 2},
        {"<a\\@b@c>", 2},
        {R"(<"a@b>)", 6},
        {R"(<"a\)", 4},
        {R"(<"a"b@c>)", 4},
        {R"(<a"b"@c>)", 2},
        {R"(<"a".b@c>)", 4},
        {"<\"a\x01\"@b>", 3},
        {"<\"a\\\x7f\"@b>", 4},
        {"<a\x07"
         "b@d>",
         2},
        {"<a\x7f@d>", 2},
        {std::string("<a\0b@d>", 7), 2},
        {"<a@under_score.example>", 8},
        {"<a@-x.example>", 3},
        {"<a@x-.example>", 5},
        {"<a@x->", 5},
        {"<a@b..c>", 5},
        {"<a@.b>", 3},
        {"<a@b.>", 5},
        {"<a@#1234567890>", 3},
        {"<a@[1.2.3]>", 9},
        {"<a@[1.2.3.4>", 11},
        {"<a@[1.2.3.4.5]>", 11},
        {"<a@[300.1.1.1]>", 4},
        {"<a@[0001.1.1.1]>", 7},
        {"<a@[1.2.3.256]>", 10},
        {"<a@[]>", 4},
        {"<a@[ 1.2.3.4]>", 4},
        {"<a@[IPv6:::::]>", 11},
        {"<a@[IPv6:zz]>", 9},
        {"<@a.example u@d>", 11},
        {"<@:u@d>", 2},
        {"<@a,b:u@d>", 4},
        {"<@a,:u@d>", 4},
        {"<a,b:u@d>", 2},
        {"<@[1.2.3.4]:u@d>", 2},
        {"<@a:>", 4},
        {"<@a:Postmaster>", 14},
        {"<\xC3\xA9@b>", 1},
        {"<a@\xC3\xA9>", 3},
        {"<\"\xC3\xA9\"@b>", 2},
    };
    for (const auto& bad : paths) {
        for (const auto parse : {parse_reverse_path, parse_forward_path}) {
            const auto parsed = parse(bad.text, {});
            EXPECT_FALSE(parsed) << bad.text;
            EXPECT_EQ(parsed.error().offset, bad.offset) << bad.text;
            EXPECT_FALSE(parsed.error().expected.empty()) << bad.text;
        }
    }
}

TEST(Path, StopsBehindTheClosingBracket) {
    for (const std::string rest : {"", " SIZE=1", "x", ">", "\r\n"}) {
        const std::string text = R"(<"a>b"@c>)" + rest;
        const auto parsed = parse_forward_path(text, {});
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->length, text.size() - rest.size());
    }
}

TEST(Path, EndsAtASpaceWhenItIsBare) {
    for (const char* text : {"a@b>", "a@b,c@d", "a@b\tX", "a@[1.2.3.4]x", "a@b\r", "<a@b>"}) {
        EXPECT_FALSE(parse_bare_reverse_path(text, {})) << text;
        EXPECT_FALSE(parse_bare_forward_path(text, {})) << text;
    }
    const auto parsed = parse_bare_forward_path("\"a b\"@c d", {});
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->length, 7u);
}

TEST(Path, TellsItsParts) {
    const std::string text = R"(<@a.example,@b.example:"x\y"@[IPv6:::1]>)";
    const auto parsed = parse_forward_path(text, {});
    ASSERT_TRUE(parsed);
    const Path& path = parsed->path;
    EXPECT_EQ(path.source_route, "@a.example,@b.example");
    EXPECT_EQ(path.local_part, R"("x\y")");
    EXPECT_EQ(path.domain, "[IPv6:::1]");
    EXPECT_EQ(path.domain_kind, DomainKind::ipv6);
    EXPECT_EQ(path.mailbox(), R"("x\y"@[IPv6:::1])");
    EXPECT_TRUE(path.quoted);
    EXPECT_FALSE(path.utf8);
    EXPECT_FALSE(path.null());
}

TEST(Path, KeepsTheCaseOfTheLocalPart) {
    const auto parsed = parse_reverse_path("<CaSe@Example.COM>", {});
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->path.mailbox(), "CaSe@Example.COM");
}

TEST(Path, IsNullOnlyAsAReversePath) {
    const std::string text = "<> SIZE=1";
    const auto reverse = parse_reverse_path(text, {});
    ASSERT_TRUE(reverse);
    EXPECT_TRUE(reverse->path.null());
    EXPECT_EQ(reverse->path.mailbox(), "");
    EXPECT_EQ(reverse->path.domain_kind, DomainKind::none);
    EXPECT_EQ(reverse->length, 2u);
    EXPECT_FALSE(parse_forward_path("<>", {}));
    EXPECT_FALSE(parse_bare_reverse_path("", {}));
    EXPECT_FALSE(parse_bare_reverse_path(" SIZE=1", {}));
}

TEST(Path, IsPostmasterWithoutADomainOnlyAsAForwardPath) {
    for (const std::string name : {"Postmaster", "postmaster", "POSTMASTER", "pOsTmAsTeR"}) {
        const auto text = "<" + name + ">";
        const auto forward = parse_forward_path(text, {});
        ASSERT_TRUE(forward) << name;
        EXPECT_EQ(forward->path.mailbox(), name);
        EXPECT_EQ(forward->path.domain_kind, DomainKind::none);
        EXPECT_FALSE(forward->path.null());
        EXPECT_TRUE(parse_bare_forward_path(name, {}));
        EXPECT_FALSE(parse_reverse_path(text, {})) << name;
    }
    for (const char* text : {"<postmaste>", "<postmasters>", R"(<"postmaster">)", "<user>"})
        EXPECT_FALSE(parse_forward_path(text, {})) << text;
}

TEST(Path, MayHoldUtf8OnlyWhereSmtputf8IsInEffect) {
    const PathRules utf8{true};
    for (const std::string text :
         {"<\xC3\xA9@b.example>", "<a@b\xC3\xA9.example>", "<\"\xE2\x82\xAC x\"@b>",
          "<\xF0\x9F\x93\xA7.a@\xE4\xBE\x8B.example>", "<@\xC3\xA9:a@b>"}) {
        const auto parsed = parse_forward_path(text, utf8);
        ASSERT_TRUE(parsed) << text;
        EXPECT_TRUE(parsed->path.utf8) << text;
        EXPECT_FALSE(parse_forward_path(text, {})) << text;
    }
    const auto ascii = parse_forward_path("<a@b>", utf8);
    ASSERT_TRUE(ascii);
    EXPECT_FALSE(ascii->path.utf8);
    // Latin-1, overlong, a surrogate, above U+10FFFF, cut short, a tail alone, behind a backslash,
    // at the end of a label behind a hyphen, in a literal.
    for (const char* text : {"<\xE9@b>", "<\xC0\xAF@b>", "<\xE0\x80\xAF@b>", "<\xED\xA0\x80@b>",
                             "<\xF4\x90\x80\x80@b>", "<\xE2\x82@b>", "<\x82@b>",
                             "<\"\\\xC3\xA9\"@b>", "<a@\xC3\xA9->", "<a@[x:\xC3\xA9]>"})
        EXPECT_FALSE(parse_forward_path(text, utf8)) << text;
}

// The edges of each range of the ABNF of RFC 3629 section 4.
TEST(Utf8, IsJudgedByItsAbnf) {
    for (const std::string text :
         {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xE1\x80\x80", "\xEC\xBF\xBF",
          "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF1\x80\x80\x80",
          "\xF3\xBF\xBF\xBF", "\xF4\x8F\xBF\xBF"})
        EXPECT_TRUE(is_utf8("x" + text + "y")) << text;
    for (const std::string text : {"\x80",
                                   "\xBF",
                                   "\xC0\x80",
                                   "\xC1\xBF",
                                   "\xC2",
                                   "\xC2\x7F",
                                   "\xC2\xC0",
                                   "\xE0\x9F\xBF",
                                   "\xE1\x80",
                                   "\xE1\x80\x7F",
                                   "\xE1\x7F\x80",
                                   "\xED\xA0\x80",
                                   "\xED\xBF\xBF",
                                   "\xF0\x8F\xBF\xBF",
                                   "\xF0\x90\x80",
                                   "\xF1\x80\x80\xC0",
                                   "\xF1\x80\xC0\x80",
                                   "\xF4\x90\x80\x80",
                                   "\xF5\x80\x80\x80",
                                   "\xFE",
                                   "\xFF"}) {
        EXPECT_FALSE(is_utf8("x" + text)) << text;
        EXPECT_FALSE(is_utf8("x" + text + "y")) << text;
    }
}

TEST(AddressLiteral, KnowsTheFormsOfAnIpv6Address) {
    for (const std::string address :
         {"1:2:3:4:5:6:7:8", "FFFF:ffff:0:00:000:0000:a:B", "::", "::1", "1::", "1::2",
          "1:2:3:4:5:6::", "::1:2:3:4:5:6", "1:2:3::4:5:6", "1:2:3:4:5:6:192.0.2.1", "::192.0.2.1",
          "::ffff:192.0.2.1", "1::192.0.2.1", "1:2:3:4::192.0.2.1", "::1:2:3:4:192.0.2.1",
          "1:2::3:4:192.0.2.1", "::12.0.0.1"}) {
        const auto kind = parse_address_literal("[IPv6:" + address + "]");
        ASSERT_TRUE(kind) << address << " expected " << kind.error().expected;
        EXPECT_EQ(*kind, DomainKind::ipv6) << address;
    }
    for (const std::string address : {"",
                                      ":",
                                      ":::",
                                      "1",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1:2:3:4:5:6:7::",
                                      "::1:2:3:4:5:6:7",
                                      "1:2:3:4::5:6:7",
                                      "1::2::3",
                                      "::1::",
                                      "12345::",
                                      ":1:2",
                                      "1:2:",
                                      "::1:",
                                      "g::",
                                      "192.0.2.1",
                                      "1:2:3:4:5:192.0.2.1",
                                      "1:2:3:4:5:6:7:192.0.2.1",
                                      "1:2:3:4:5::192.0.2.1",
                                      "::1:2:3:4:5:192.0.2.1",
                                      "::192.0.2",
                                      "::192.0.2.1:1",
                                      "::192.0.2.256",
                                      "::ffff.0.2.1",
                                      "::1 ",
                                      "::1%eth0",
                                      "1.2::"})
        EXPECT_FALSE(parse_address_literal("[IPv6:" + address + "]")) << address;
}

TEST(AddressLiteral, KnowsTheOtherForms) {
    const auto ipv4 = parse_address_literal("[123.255.37.2]");
    ASSERT_TRUE(ipv4);
    EXPECT_EQ(*ipv4, DomainKind::ipv4);
    for (const char* text : {"[x:y]", "[tag-1:!Z^~:<>]", "[-a:b]", "[IPv7:x]", "[2001:db8::1]"}) {
        const auto kind = parse_address_literal(text);
        ASSERT_TRUE(kind) << text;
        EXPECT_EQ(*kind, DomainKind::general) << text;
    }
    for (const char* text :
         {"", "[", "]", "[]", "[:x]", "[x:]", "[x-:y]", "[a_b:y]", "[x:a b]", "[x:\\]", "[x:[]",
          "[1.2.3.4", "1.2.3.4]", "1.2.3.4", "[1.2.3.4] ", "[1.2.3.4]]", "[1,2,3,4]", "[::1]"})
        EXPECT_FALSE(parse_address_literal(text)) << text;
}

TEST(Domain, IsJudgedAsAWhole) {
    for (const char* text : {"a", "localhost", "client.example", "a-b.c-d.example", "1.2.3.4"})
        EXPECT_TRUE(is_domain(text)) << text;
    for (const char* text : {"", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "a b", "a ",
                             "[1.2.3.4]", "a@b", "\xC3\xA9"})
        EXPECT_FALSE(is_domain(text)) << text;
    EXPECT_TRUE(is_domain("\xC3\xA9.example", PathRules{true}));
}

TEST(Mailbox, IsJudgedAsAWhole) {
    for (const char* text : {"a@b", R"("a b"@c)", "a@[192.0.2.1]"}) EXPECT_TRUE(is_mailbox(text));
    for (const char* text : {"", "a", "@b", "a@", "<a@b>", "a@b ", "@a:b@c", "Postmaster"})
        EXPECT_FALSE(is_mailbox(text)) << text;
}

TEST(LocalPart, IsTheSameInEveryQuotedForm) {
    EXPECT_EQ(unquoted("user"), "user");
    EXPECT_EQ(unquoted(R"("user")"), "user");
    EXPECT_EQ(unquoted(R"("us\er")"), "user");
    EXPECT_EQ(unquoted(R"("\u\s\e\r")"), "user");
    EXPECT_EQ(unquoted(R"("a\"b\\c")"), R"(a"b\c)");
    EXPECT_EQ(unquoted(R"("")"), "");
    EXPECT_EQ(unquoted(R"(")"), R"(")");
}

TEST(Path, GivesNoViewOutsideOfTheTextOnRandomOctets) {
    using namespace std::string_literals;
    std::mt19937 random(20261124);
    const auto alphabet = "<>@@..\"\\[]:,-a1F \0\xC3\xA9\xE2_"s;
    std::size_t accepted = 0;
    for (int round = 0; round < 200000; ++round) {
        std::string text = random() % 4 == 0 ? "" : "<";
        for (auto count = random() % 12; count > 0; --count)
            text += alphabet[random() % alphabet.size()];
        if (random() % 2 == 0) text += "@a>";
        const PathRules rules{random() % 2 == 0};
        for (const auto parse : {parse_reverse_path, parse_forward_path, parse_bare_reverse_path,
                                 parse_bare_forward_path}) {
            const auto parsed = parse(text, rules);
            if (!parsed) {
                ASSERT_LE(parsed.error().offset, text.size());
                continue;
            }
            ++accepted;
            ASSERT_LE(parsed->length, text.size());
            for (const auto part : {parsed->path.text, parsed->path.source_route,
                                    parsed->path.local_part, parsed->path.domain}) {
                if (part.empty()) continue;
                ASSERT_GE(part.data(), text.data());
                ASSERT_LE(part.data() + part.size(), text.data() + parsed->length);
            }
        }
    }
    EXPECT_GT(accepted, 1000u);
}

}  // namespace
}  // namespace smtprig::smtp

#include "fixture/smtp/command.hpp"

#include <gtest/gtest.h>

#include <random>

#include "fixture/smtp/argument.hpp"

namespace smtprig::smtp {
namespace {

using namespace std::string_literals;

// Keeps the line that the views of the command point into.
struct Read {
    explicit Read(std::string text, const CommandRules& rules = {})
        : line(std::move(text)), parsed(parse_command(line, rules)) {}
    Read(const Read&) = delete;
    Read& operator=(const Read&) = delete;

    const Command& command() const { return *parsed.command; }
    explicit operator bool() const { return parsed.command.has_value(); }

    std::string line;
    ParsedCommand parsed;
};

TEST(Verb, IsKnownInAnyCaseAndOnlyAsAWholeWord) {
    for (const char* word : {"EHLO", "ehlo", "eHlO"}) EXPECT_EQ(verb_of(word), Verb::ehlo);
    EXPECT_EQ(verb_of("starttls"), Verb::starttls);
    EXPECT_EQ(verb_of("SAML"), Verb::saml);
    for (const char* word : {"", "EHL", "EHLOO", "EHLO ", "X", "idle", "connect",
                             "end of mail data", "AUTH response", "unknown command"})
        EXPECT_EQ(verb_of(word), Verb::unknown) << word;
}

TEST(Verb, HasANameThatReadsBack) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(Verb::unknown); ++i) {
        const auto verb = static_cast<Verb>(i);
        EXPECT_EQ(verb_of(name(verb)), verb);
    }
    EXPECT_EQ(name(Verb::end_of_mail_data), "end of mail data");
}

TEST(ParseCommand, TakesEveryCommandInItsPlainForm) {
    struct Row {
        const char* line;
        Verb verb;
        const char* argument;
    };
    for (const Row& row : std::initializer_list<Row>{
             {"EHLO client.example", Verb::ehlo, "client.example"},
             {"eHlO x", Verb::ehlo, "x"},
             {"EHLO [192.0.2.1]", Verb::ehlo, "[192.0.2.1]"},
             {"EHLO [IPv6:2001:db8::1]", Verb::ehlo, "[IPv6:2001:db8::1]"},
             {"EHLO [192.0.2.1] some text", Verb::ehlo, "[192.0.2.1] some text"},
             {"HELO a-b.example", Verb::helo, "a-b.example"},
             {"HELO [192.0.2.1]", Verb::helo, "[192.0.2.1]"},
             {"LHLO client.example", Verb::lhlo, "client.example"},
             {"MAIL FROM:<a@b>", Verb::mail, "FROM:<a@b>"},
             {"mail from:<>", Verb::mail, "from:<>"},
             {"RcPt tO:<a@b>", Verb::rcpt, "tO:<a@b>"},
             {"RCPT TO:<Postmaster>", Verb::rcpt, "TO:<Postmaster>"},
             {"DATA", Verb::data, ""},
             {"BDAT 0", Verb::bdat, "0"},
             {"BDAT 86 LAST", Verb::bdat, "86 LAST"},
             {"bdat 86 last", Verb::bdat, "86 last"},
             {"RSET", Verb::rset, ""},
             {"rset", Verb::rset, ""},
             {"NOOP", Verb::noop, ""},
             {"NOOP foo  bar <", Verb::noop, "foo  bar <"},
             {"QUIT", Verb::quit, ""},
             {"VRFY user", Verb::vrfy, "user"},
             {"VRFY user@d.example", Verb::vrfy, "user@d.example"},
             {"VRFY \"a b\"", Verb::vrfy, "\"a b\""},
             {"EXPN list", Verb::expn, "list"},
             {"HELP", Verb::help, ""},
             {"HELP MAIL FROM", Verb::help, "MAIL FROM"},
             {"STARTTLS", Verb::starttls, ""},
             {"AUTH PLAIN", Verb::auth, "PLAIN"},
             {"AUTH PLAIN =", Verb::auth, "PLAIN ="},
             {"AUTH plain AGEAYg==", Verb::auth, "plain AGEAYg=="},
             {"AUTH SCRAM-SHA-256-PLUS", Verb::auth, "SCRAM-SHA-256-PLUS"},
             {"ETRN example.com", Verb::etrn, "example.com"},
             {"ETRN @example.com", Verb::etrn, "@example.com"},
             {"ETRN #queue_1", Verb::etrn, "#queue_1"},
             {"TURN", Verb::turn, ""},
             {"SEND FROM:<a@b>", Verb::send, "FROM:<a@b>"},
             {"SOML x", Verb::soml, "x"},
             {"SAML", Verb::saml, ""},
             {"FOOBAR", Verb::unknown, ""},
             {"XNONCE 1 2", Verb::unknown, "1 2"},
             {"GET / HTTP/1.1", Verb::unknown, "/ HTTP/1.1"},
             {"Subject: hello", Verb::unknown, "hello"},
             {"MAILFROM:<a@b>", Verb::unknown, ""},
             {"idle", Verb::unknown, ""},
         }) {
        const Read read(row.line);
        ASSERT_TRUE(read) << row.line << ": expected " << read.parsed.error->syntax.expected;
        EXPECT_FALSE(read.parsed.error);
        EXPECT_EQ(read.command().verb, row.verb) << row.line;
        EXPECT_EQ(read.command().argument, row.argument) << row.line;
        EXPECT_EQ(read.command().leniency, Leniency::none) << row.line;
        EXPECT_FALSE(read.command().trailing_space) << row.line;
        EXPECT_EQ(read.command().path.has_value(),
                  row.verb == Verb::mail || row.verb == Verb::rcpt);
        EXPECT_EQ(read.command().verb_text, read.line.substr(0, read.line.find(' ')));
    }
}

struct Bad {
    std::string line;
    Verb verb;
    std::uint16_t code;
    std::size_t offset;
};

TEST(ParseCommand, RefusesWhatIsNoCommandAndTellsWhere) {
    for (const Bad& bad : std::vector<Bad>{
             {"", Verb::unknown, 500, 0},
             {" ", Verb::unknown, 500, 0},
             {" \t ", Verb::unknown, 500, 0},
             {" NOOP", Verb::unknown, 500, 0},
             {"1NOOP", Verb::unknown, 500, 0},
             {".", Verb::unknown, 500, 0},
             {"\xE9", Verb::unknown, 500, 0},
             {"\x16\x03\x01", Verb::unknown, 500, 0},
             {"NO\0OP"s, Verb::unknown, 500, 2},
             {"NOOP\0"s, Verb::noop, 500, 4},
             {"NOOP\r", Verb::noop, 500, 4},
             {"NOOP\rNOOP", Verb::noop, 500, 4},
             {"NOOP\nNOOP", Verb::noop, 500, 4},
             {"MAIL\tFROM:<>", Verb::mail, 500, 4},
             {"NOOP\xC3\xA9", Verb::noop, 500, 4},
             {"FOO a\x01", Verb::unknown, 500, 5},
             {"FOO \xE9", Verb::unknown, 500, 4},

             {"NOOP \xE9", Verb::noop, 501, 5},
             {"NOOP \xC3\xA9", Verb::noop, 501, 5},
             {"NOOP a\0"s, Verb::noop, 501, 6},
             {"NOOP a\rb", Verb::noop, 501, 6},
             {"VRFY \xFF", Verb::vrfy, 501, 5},
             {"HELP a\tb", Verb::help, 501, 6},

             {"EHLO", Verb::ehlo, 501, 4},
             {"EHLO ", Verb::ehlo, 501, 4},
             {"HELO", Verb::helo, 501, 4},
             {"LHLO", Verb::lhlo, 501, 4},
             {"EHLO  a", Verb::ehlo, 501, 5},
             {"EHLO bad_host.example", Verb::ehlo, 501, 8},
             {"HELO bad_host.example", Verb::helo, 501, 8},
             {"EHLO a..b", Verb::ehlo, 501, 7},
             {"EHLO a.", Verb::ehlo, 501, 7},
             {"EHLO -a", Verb::ehlo, 501, 5},
             {"EHLO a b", Verb::ehlo, 501, 6},
             {"EHLO a@b", Verb::ehlo, 501, 6},
             {"EHLO [300.1.1.1]", Verb::ehlo, 501, 6},
             {"EHLO [IPv6:zz]", Verb::ehlo, 501, 11},
             {"EHLO [1.2.3.4", Verb::ehlo, 501, 13},
             {"EHLO [1.2.3.4]text", Verb::ehlo, 501, 14},
             {"EHLO \xC3\xA9.example", Verb::ehlo, 501, 5},

             {"MAIL", Verb::mail, 501, 4},
             {"MAIL <a@b>", Verb::mail, 501, 5},
             {"MAIL TO:<a@b>", Verb::mail, 501, 5},
             {"MAIL FROM", Verb::mail, 501, 5},
             {"MAIL FROM:", Verb::mail, 501, 10},
             {"MAIL FROM :<a@b>", Verb::mail, 501, 5},
             {"MAIL  FROM:<a@b>", Verb::mail, 501, 5},
             {"MAIL FROM: <>", Verb::mail, 501, 10},
             {"MAIL FROM:a@b", Verb::mail, 501, 10},
             {"MAIL FROM:foo@", Verb::mail, 501, 10},
             {"MAIL FROM:<foo@", Verb::mail, 501, 15},
             {"MAIL FROM:Bob <a@b>", Verb::mail, 501, 10},
             {"MAIL FROM:<a@b>x", Verb::mail, 501, 15},
             {"MAIL FROM:<user>", Verb::mail, 501, 15},
             {"MAIL FROM:<Postmaster>", Verb::mail, 501, 21},
             {"MAIL FROM:<a\x07"
              "b@d>",
              Verb::mail, 501, 12},
             {"MAIL FROM:<a\x7f"
              "b@d>",
              Verb::mail, 501, 12},
             {"MAIL FROM:<a\0b@d>"s, Verb::mail, 501, 12},
             {"MAIL FROM:<\xC3\xA9@d>", Verb::mail, 501, 11},
             {"MAIL FROM:<a@d>  SIZE=1", Verb::mail, 501, 16},
             {"MAIL FROM:<>SIZE=1", Verb::mail, 501, 12},
             {"MAIL FROM:<> SIZE==1", Verb::mail, 501, 18},
             {"MAIL FROM:<> SIZE=1=2", Verb::mail, 501, 19},
             {"MAIL FROM:<> SIZE=", Verb::mail, 501, 18},
             {"MAIL FROM:<> SIZE= 1", Verb::mail, 501, 18},
             {"MAIL FROM:<> =x", Verb::mail, 501, 13},
             {"MAIL FROM:<> -X=1", Verb::mail, 501, 13},
             {"MAIL FROM:<> X_Y=1", Verb::mail, 501, 14},
             {"MAIL FROM:<> SIZE =1", Verb::mail, 501, 18},
             {"MAIL FROM:<> X=\xC3\xA9", Verb::mail, 501, 15},
             {"MAIL FROM:<>\tSIZE=1", Verb::mail, 501, 12},
             {"RCPT", Verb::rcpt, 501, 4},
             {"RCPT FROM:<a@b>", Verb::rcpt, 501, 5},
             {"RCPT TO:<>", Verb::rcpt, 501, 9},
             {"RCPT TO: <a@b>", Verb::rcpt, 501, 8},
             {"RCPT TO:a@b", Verb::rcpt, 501, 8},
             {"RCPT TO:<user>", Verb::rcpt, 501, 13},
             {"RCPT TO:<a@b>,<c@d>", Verb::rcpt, 501, 13},

             {"RSET x", Verb::rset, 501, 5},
             {"DATA x", Verb::data, 501, 5},
             {"QUIT x", Verb::quit, 501, 5},
             {"STARTTLS x", Verb::starttls, 501, 9},
             {"VRFY", Verb::vrfy, 501, 4},
             {"EXPN  ", Verb::expn, 501, 4},
             {"BDAT", Verb::bdat, 501, 4},
             {"BDAT x", Verb::bdat, 501, 5},
             {"BDAT -1", Verb::bdat, 501, 5},
             {"BDAT LAST", Verb::bdat, 501, 5},
             {"BDAT 1 FIRST", Verb::bdat, 501, 7},
             {"BDAT 1  LAST", Verb::bdat, 501, 7},
             {"BDAT 1x", Verb::bdat, 501, 6},
             {"BDAT 1 LAST x", Verb::bdat, 501, 7},
             {"BDAT 18446744073709551616", Verb::bdat, 501, 5},
             {"AUTH", Verb::auth, 501, 4},
             {"AUTH PLA.IN", Verb::auth, 501, 8},
             {"AUTH  PLAIN", Verb::auth, 501, 5},
             {"AUTH PLAIN  =", Verb::auth, 501, 11},
             {"AUTH PLAIN a b", Verb::auth, 501, 12},
             {"ETRN", Verb::etrn, 501, 4},
             {"ETRN @", Verb::etrn, 501, 6},
             {"ETRN a_b", Verb::etrn, 501, 6},
             {"ETRN @-a", Verb::etrn, 501, 6},
             {"ETRN a b", Verb::etrn, 501, 6},
             {"ETRN #a b", Verb::etrn, 501, 7},
         }) {
        const Read read(bad.line);
        ASSERT_TRUE(read.parsed.error) << bad.line;
        EXPECT_FALSE(read.parsed.command) << bad.line;
        EXPECT_EQ(read.parsed.error->verb, bad.verb) << bad.line;
        EXPECT_EQ(read.parsed.error->code, bad.code) << bad.line;
        EXPECT_EQ(read.parsed.error->syntax.offset, bad.offset)
            << bad.line << " expected " << read.parsed.error->syntax.expected;
        EXPECT_FALSE(read.parsed.error->syntax.expected.empty()) << bad.line;
    }
}

TEST(ParseCommand, PutsUpWithTrailingWhiteSpace) {
    for (const char* line : {"NOOP ", "RSET  ", "QUIT\t", "DATA \t ", "MAIL FROM:<>  ",
                             "RCPT TO:<a@b> X=1 ", "EHLO a ", "VRFY a "}) {
        const Read read(line);
        ASSERT_TRUE(read) << line;
        EXPECT_TRUE(read.command().trailing_space) << line;
    }
    EXPECT_EQ(Read("NOOP  a  ").command().argument, " a");
}

TEST(ParseCommand, ReadsParametersInOrder) {
    const Read read("MAIL FROM:<a@b> size=100 BODY=8BITMIME SMTPUTF8 AUTH=<> X-1=!~:;<> 1-");
    ASSERT_TRUE(read);
    const std::vector<Parameter> expected{
        {"size", "100", true, 16}, {"BODY", "8BITMIME", true, 25}, {"SMTPUTF8", "", false, 39},
        {"AUTH", "<>", true, 48},  {"X-1", "!~:;<>", true, 56},    {"1-", "", false, 67}};
    EXPECT_EQ(read.command().parameters, expected);
    ASSERT_NE(read.command().parameter("SIZE"), nullptr);
    EXPECT_EQ(read.command().parameter("SIZE")->value, "100");
    EXPECT_NE(read.command().parameter("smtputf8"), nullptr);
    EXPECT_EQ(read.command().parameter("SIZ"), nullptr);
}

TEST(ParseCommand, LetsASpaceBehindTheColonPassOnlyWhenAllowed) {
    CommandRules rules;
    rules.space_after_colon = true;
    for (const char* line : {"MAIL FROM: <a@b> SIZE=1", "MAIL FROM:   <a@b> SIZE=1"}) {
        const Read read(line, rules);
        ASSERT_TRUE(read) << line;
        EXPECT_EQ(read.command().leniency, Leniency::space_after_colon);
        EXPECT_EQ(read.command().path->mailbox(), "a@b");
        EXPECT_NE(read.command().parameter("SIZE"), nullptr);
    }
    EXPECT_EQ(Read("MAIL FROM:<a@b>", rules).command().leniency, Leniency::none);
    for (const char* line :
         {"MAIL FROM :<a@b>", "MAIL FROM: a@b", "MAIL FROM: ", "MAIL FROM:\t<a@b>"})
        EXPECT_FALSE(Read(line, rules)) << line;
}

TEST(ParseCommand, LetsMissingAngleBracketsPassOnlyWhenAllowed) {
    CommandRules rules;
    rules.missing_angle_brackets = true;
    const Read read("RCPT TO:a@b NOTIFY=NEVER", rules);
    ASSERT_TRUE(read);
    EXPECT_EQ(read.command().leniency, Leniency::missing_angle_brackets);
    EXPECT_EQ(read.command().path->text, "a@b");
    EXPECT_NE(read.command().parameter("NOTIFY"), nullptr);
    EXPECT_TRUE(Read("RCPT TO:postmaster", rules));
    EXPECT_EQ(Read("RCPT TO:<a@b>", rules).command().leniency, Leniency::none);
    for (const char* line : {"MAIL FROM:", "MAIL FROM:a@b>", "MAIL FROM:<a@b", "MAIL FROM:a",
                             "MAIL FROM: a@b", "MAIL FROM:SIZE=1", "MAIL FROM:Bob <a@b>"})
        EXPECT_FALSE(Read(line, rules)) << line;

    rules.space_after_colon = true;
    const Read both("MAIL FROM: a@b", rules);
    ASSERT_TRUE(both);
    EXPECT_EQ(both.command().leniency,
              Leniency::space_after_colon | Leniency::missing_angle_brackets);
}

TEST(ParseCommand, TakesUtf8WhereSmtputf8Allows) {
    CommandRules rules;
    rules.path.utf8 = true;
    const Read mail("MAIL FROM:<\xC3\xA9@d.example> SMTPUTF8 X=\xC3\xA9", rules);
    ASSERT_TRUE(mail);
    EXPECT_TRUE(mail.command().path->utf8);
    EXPECT_EQ(mail.command().leniency, Leniency::none);
    EXPECT_TRUE(Read("VRFY \xC3\xA9", rules));
    for (const char* line :
         {"NOOP \xC3\xA9", "EHLO \xC3\xA9", "HELP \xC3\xA9", "BDAT \xC3\xA9", "RCPT TO:<\xE9@d>",
          "MAIL FROM:<> X=\xE9", "MAIL FROM:<> \xC3\xA9=1", "VRFY \xE9", "VRFY \xC3"})
        EXPECT_FALSE(Read(line, rules)) << line;
}

TEST(ParseCommand, LetsUndeclared8bitPassOnlyWhenAllowed) {
    CommandRules rules;
    rules.undeclared_8bit = true;
    for (const char* line : {"NOOP \xE9", "VRFY \xE9", "EHLO \xC3\xA9.example",
                             "MAIL FROM:<\xC3\xA9@d>", "MAIL FROM:<> X=\xC3\xA9", "FOO \xE9"}) {
        const Read read(line, rules);
        ASSERT_TRUE(read) << line;
        EXPECT_EQ(read.command().leniency, Leniency::undeclared_8bit) << line;
    }
    for (const char* line :
         {"NO\xE9P", "MAIL FROM:<\xE9@d>", "MAIL FROM:<> X=\xE9", "AUTH \xC3\xA9", "STARTTLS \xE9"})
        EXPECT_FALSE(Read(line, rules)) << line;
    EXPECT_EQ(Read("NOOP a", rules).command().leniency, Leniency::none);
    rules.path.utf8 = true;
    EXPECT_EQ(Read("MAIL FROM:<\xC3\xA9@d>", rules).command().leniency, Leniency::none);
}

TEST(ParseCommand, LetsAnOddNameInEhloPassOnlyWhenAllowed) {
    CommandRules rules;
    rules.odd_helo_name = true;
    for (const char* line : {"EHLO my_host", "HELO a..b", "LHLO [1.2.3]", "EHLO ?"}) {
        const Read read(line, rules);
        ASSERT_TRUE(read) << line;
        EXPECT_EQ(read.command().leniency, Leniency::odd_helo_name);
        EXPECT_FALSE(Read(line)) << line;
    }
    EXPECT_EQ(Read("EHLO a.example", rules).command().leniency, Leniency::none);
    for (const char* line : {"EHLO", "EHLO my_host x", "EHLO  a", "EHLO a\x01"})
        EXPECT_FALSE(Read(line, rules)) << line;
}

TEST(HeloArgument, TellsNameAndKind) {
    struct Row {
        const char* argument;
        const char* name;
        DomainKind kind;
    };
    for (const Row& row :
         std::initializer_list<Row>{{"a.example", "a.example", DomainKind::name},
                                    {"[192.0.2.1]", "[192.0.2.1]", DomainKind::ipv4},
                                    {"[192.0.2.1] my host", "[192.0.2.1]", DomainKind::ipv4},
                                    {"[IPv6:::1]", "[IPv6:::1]", DomainKind::ipv6},
                                    {"[2001:db8::1]", "[2001:db8::1]", DomainKind::general}}) {
        const auto parsed = parse_helo_argument(row.argument);
        ASSERT_TRUE(parsed) << row.argument;
        EXPECT_EQ(parsed->name, row.name);
        EXPECT_EQ(parsed->kind, row.kind) << row.argument;
        EXPECT_FALSE(parsed->odd);
    }
}

TEST(AuthArgument, TellsAnAbsentFromAnEmptyInitialResponse) {
    const auto absent = parse_auth_argument("LOGIN");
    ASSERT_TRUE(absent);
    EXPECT_EQ(absent->mechanism, "LOGIN");
    EXPECT_FALSE(absent->initial_response);
    const auto empty = parse_auth_argument("EXTERNAL =");
    ASSERT_TRUE(empty);
    EXPECT_EQ(empty->initial_response, "=");
    const auto wrong = parse_auth_argument("PLAIN no*base64");
    ASSERT_TRUE(wrong);
    EXPECT_EQ(wrong->initial_response, "no*base64");
}

TEST(BdatArgument, TellsSizeAndLast) {
    const auto most = parse_bdat_argument("18446744073709551615 last");
    ASSERT_TRUE(most);
    EXPECT_EQ(most->size, 18446744073709551615u);
    EXPECT_TRUE(most->last);
    const auto none = parse_bdat_argument("000");
    ASSERT_TRUE(none);
    EXPECT_EQ(none->size, 0u);
    EXPECT_FALSE(none->last);
    EXPECT_FALSE(parse_bdat_argument("99999999999999999999999"));
}

TEST(EtrnArgument, TellsOptionAndNode) {
    const auto subdomains = parse_etrn_argument("@a.example");
    ASSERT_TRUE(subdomains);
    EXPECT_EQ(subdomains->option, '@');
    EXPECT_EQ(subdomains->node, "a.example");
    EXPECT_EQ(parse_etrn_argument("a.example")->option, '\0');
}

TEST(ParseCommand, GivesNoViewOutsideOfTheLineOnRandomOctets) {
    std::mt19937 random(5321);
    const std::vector<std::string> words{
        "MAIL ", "FROM:", "RCPT ", "TO:",   "<a@b>", "<>",       " ",    "SIZE=1",
        " X",    "=",     "EHLO ", "AUTH ", "BDAT ", "NOOP",     "VRFY", "a",
        "\t",    "[",     "]",     "1",     "\xE9",  "\xC3\xA9", "<",    ">",
        "\"",    "@",     "\\",    "\0"s,   "\r",    " LAST",    "HELO"};
    std::size_t accepted = 0;
    for (int round = 0; round < 200000; ++round) {
        std::string line;
        for (auto count = random() % 8; count > 0; --count) line += words[random() % words.size()];
        CommandRules rules;
        rules.path.utf8 = random() % 2 == 0;
        rules.space_after_colon = random() % 2 == 0;
        rules.missing_angle_brackets = random() % 2 == 0;
        rules.undeclared_8bit = random() % 2 == 0;
        rules.odd_helo_name = random() % 2 == 0;
        const auto parsed = parse_command(line, rules);
        ASSERT_NE(parsed.command.has_value(), parsed.error.has_value());
        if (parsed.error) {
            ASSERT_LE(parsed.error->syntax.offset, line.size());
            ASSERT_TRUE(parsed.error->code == 500 || parsed.error->code == 501);
            continue;
        }
        ++accepted;
        std::vector<std::string_view> views{parsed.command->verb_text, parsed.command->argument};
        if (parsed.command->path) views.push_back(parsed.command->path->text);
        for (const auto& parameter : parsed.command->parameters) {
            views.push_back(parameter.keyword);
            views.push_back(parameter.value);
            ASSERT_EQ(line.substr(parameter.offset, parameter.keyword.size()), parameter.keyword);
        }
        for (const auto view : views) {
            if (view.empty()) continue;
            ASSERT_GE(view.data(), line.data());
            ASSERT_LE(view.data() + view.size(), line.data() + line.size());
        }
    }
    EXPECT_GT(accepted, 1000u);
}

}  // namespace
}  // namespace smtprig::smtp

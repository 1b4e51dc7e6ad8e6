#include "fixture/smtp/phrasebook.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "fixture/smtp/reply.hpp"

namespace smtprig::smtp {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// Every value is its own name.
class Names : public Variables {
  public:
    bool append(std::string& out, std::string_view name) const override {
        out += name;
        return true;
    }
};

constexpr SessionFacts all_facts[] = {
    {}, {.tls = true}, {.authenticated = true}, {.tls = true, .authenticated = true}};

std::string say(const Settings& settings, Situation situation, const SessionFacts& facts = {}) {
    std::string wire;
    Phrasebook(settings).say(wire, situation, Names(), facts);
    return wire;
}

Settings with_wording(Situation situation, std::string wording) {
    Settings settings;
    settings.wording[static_cast<std::size_t>(situation)] = std::move(wording);
    return settings;
}

TEST(Phrasebook, EverySituationIsALegalReplyInEverySession) {
    Settings settings;
    settings.tls = TlsMode::starttls;
    settings.auth_in_clear = true;
    for (const bool withheld : {false, true}) {
        if (withheld) settings.withheld.emplace_back("ENHANCEDSTATUSCODES");
        const Phrasebook book(settings);
        for (const SituationRow& row : situations()) {
            for (const SessionFacts& facts : all_facts) {
                std::string wire;
                book.say(wire, row.situation, Names(), facts);
                const auto reply = parse_reply(wire);
                ASSERT_TRUE(reply) << row.id << ": " << wire;
                EXPECT_THAT(wire, EndsWith("\r\n"));
                EXPECT_EQ(reply->code, row.code);
                EXPECT_EQ(book.code(row.situation), row.code);
                if (row.situation == Situation::ehlo) continue;
                EXPECT_EQ(reply->enhanced(), withheld ? std::nullopt : enhanced(row)) << row.id;
            }
        }
    }
}

TEST(Phrasebook, EhloHasTheLinesOfItsSession) {
    Settings settings;
    settings.tls = TlsMode::starttls;
    EXPECT_THAT(say(settings, Situation::ehlo),
                StartsWith("250-hostname greets client.ip\r\n250-PIPELINING\r\n"));
    EXPECT_THAT(say(settings, Situation::ehlo), HasSubstr("\r\n250-STARTTLS\r\n"));
    EXPECT_THAT(say(settings, Situation::ehlo), EndsWith("\r\n250 HELP\r\n"));
    EXPECT_THAT(say(settings, Situation::ehlo, {.tls = true}), HasSubstr("\r\n250-AUTH PLAIN "));
}

TEST(Phrasebook, EhloWithoutExtensionsIsOneLine) {
    Settings settings;
    settings.offered = Offered::listed;
    EXPECT_EQ(say(settings, Situation::ehlo), "250 hostname greets client.ip\r\n");
    EXPECT_EQ(say(settings, Situation::mail_accepted), "250 Reverse-path accepted\r\n");
}

TEST(Phrasebook, SaysTheWordsOfAProfile) {
    const Settings settings = with_wording(Situation::greeting, "220-${hostname}\n220 Hello $${x}");
    EXPECT_EQ(say(settings, Situation::greeting), "220-hostname\r\n220 Hello ${x}\r\n");
    const Settings ehlo = with_wording(Situation::ehlo, "250-${hostname}\n250 Hello");
    EXPECT_THAT(say(ehlo, Situation::ehlo),
                StartsWith("250-hostname\r\n250-Hello\r\n250-PIPELINING\r\n"));
    const Settings other = with_wording(Situation::rcpt_accepted, "251 2.1.5 ${to.path}");
    EXPECT_EQ(Phrasebook(other).code(Situation::rcpt_accepted), 251);
}

TEST(Phrasebook, AppendsToWhatIsThere) {
    std::string wire = "250 2.0.0 OK\r\n";
    Settings settings;
    settings.offered = Offered::listed;
    settings.capabilities.emplace_back();
    settings.capabilities.back().keyword = "PIPELINING";
    Phrasebook(settings).say(wire, Situation::ehlo, Names(), {});
    EXPECT_EQ(wire, "250 2.0.0 OK\r\n250-hostname greets client.ip\r\n250 PIPELINING\r\n");
}

TEST(Phrasebook, RefusesWordsThatAreNoReply) {
    for (const std::string wrong :
         {"", "2", "abc hello", "250-only", "250-a\n251 b", "150 x", "250 ${unclosed", "250 \xff"})
        EXPECT_THROW(Phrasebook{with_wording(Situation::noop, wrong)}, std::logic_error) << wrong;
}

}  // namespace
}  // namespace smtprig::smtp

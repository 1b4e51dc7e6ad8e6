#include "fixture/smtp/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixture/smtp/character.hpp"
#include "fixture/smtp/glob.hpp"

namespace smtprig::smtp {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr SessionFacts plain{}, tls{.tls = true}, authenticated{.tls = true, .authenticated = true};

Capability capability(std::string keyword, std::optional<std::string> value = std::nullopt,
                      When when = When::always) {
    Capability entry;
    entry.keyword = std::move(keyword);
    entry.value = std::move(value);
    entry.when = when;
    return entry;
}

TEST(Settings, OfferEveryExtensionInItsOrder) {
    Settings settings;
    settings.tls = TlsMode::starttls;
    settings.auth_in_clear = true;
    EXPECT_THAT(ehlo_lines(settings, plain),
                ElementsAre("PIPELINING", "SIZE 52428800", "STARTTLS", "AUTH PLAIN LOGIN CRAM-MD5",
                            "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", "HELP"));
}

TEST(Settings, OfferWhatTheSessionAllows) {
    Settings settings;
    settings.tls = TlsMode::starttls;
    settings.posture = Posture::strict();
    EXPECT_THAT(ehlo_lines(settings, plain), Contains("STARTTLS"));
    EXPECT_THAT(mechanisms(settings, plain), IsEmpty());
    EXPECT_THAT(ehlo_lines(settings, tls), Not(Contains("STARTTLS")));
    EXPECT_THAT(mechanisms(settings, tls), ElementsAre("PLAIN", "LOGIN", "CRAM-MD5"));
    EXPECT_THAT(mechanisms(settings, authenticated), IsEmpty());
    settings.auth_in_clear = true;
    EXPECT_THAT(mechanisms(settings, plain), ElementsAre("CRAM-MD5"));
    settings.tls = TlsMode::none;
    EXPECT_THAT(ehlo_lines(settings, plain), Not(Contains("STARTTLS")));
}

TEST(Settings, AnExtensionThatIsWithheldIsNeitherListedNorHonoured) {
    for (const Extension& extension : all_extensions()) {
        Settings settings;
        settings.tls = TlsMode::starttls;
        settings.auth_in_clear = true;
        ASSERT_TRUE(honoured(settings, plain, extension.keyword)) << extension.keyword;
        settings.withheld.emplace_back(extension.keyword);
        EXPECT_FALSE(honoured(settings, plain, extension.keyword)) << extension.keyword;
        EXPECT_EQ(ehlo_lines(settings, plain).size(), all_extensions().size() - 1);
    }
}

TEST(Settings, NoLimitIsSizeZero) {
    Settings settings;
    settings.limits.message = 0;
    EXPECT_THAT(ehlo_lines(settings, plain), Contains("SIZE 0"));
}

TEST(Settings, ACapabilityReplacesWhatTheExtensionSays) {
    Settings settings;
    settings.capabilities = {capability("SIZE", "1000"), capability("XFOO", "a b"),
                             capability("DSN")};
    const auto lines = ehlo_lines(settings, plain);
    EXPECT_THAT(lines, Contains("SIZE 1000"));
    EXPECT_THAT(lines, Contains("XFOO a b"));
    EXPECT_THAT(lines, Contains("DSN"));
    EXPECT_THAT(lines, Not(Contains("SIZE 52428800")));
    EXPECT_FALSE(honoured(settings, plain, "DSN"));
}

TEST(Settings, AProfileListsItsCapabilitiesInItsOrder) {
    Settings settings;
    settings.offered = Offered::listed;
    settings.capabilities = {capability("SIZE"), capability("STARTTLS"), capability("PIPELINING")};
    EXPECT_THAT(ehlo_lines(settings, plain), ElementsAre("SIZE 52428800", "PIPELINING"));
    EXPECT_TRUE(honoured(settings, plain, "PIPELINING"));
    EXPECT_FALSE(honoured(settings, plain, "SMTPUTF8"));
    settings.tls = TlsMode::starttls;
    EXPECT_THAT(ehlo_lines(settings, plain),
                ElementsAre("SIZE 52428800", "STARTTLS", "PIPELINING"));
}

TEST(Settings, ACapabilityMayDependOnTheSession) {
    Settings settings;
    settings.offered = Offered::listed;
    settings.capabilities = {
        capability("XPLAIN", "", When::plain), capability("XTLS", "", When::tls),
        capability("XAUTH", "", When::authenticated), capability("SIZE", "1", When::plain),
        capability("SIZE", "2", When::tls)};
    EXPECT_THAT(ehlo_lines(settings, plain), ElementsAre("XPLAIN", "SIZE 1"));
    EXPECT_THAT(ehlo_lines(settings, tls), ElementsAre("XTLS", "SIZE 2"));
    EXPECT_THAT(ehlo_lines(settings, authenticated), ElementsAre("XTLS", "XAUTH", "SIZE 2"));
}

TEST(Settings, ACapabilityMayBeHiddenOrALie) {
    Settings settings;
    Capability hidden = capability("SMTPUTF8"), lie = capability("8BITMIME");
    hidden.advertise = false;
    lie.honour = false;
    settings.capabilities = {hidden, lie};
    const auto lines = ehlo_lines(settings, plain);
    EXPECT_THAT(lines, Not(Contains("SMTPUTF8")));
    EXPECT_TRUE(honoured(settings, plain, "SMTPUTF8"));
    EXPECT_THAT(lines, Contains("8BITMIME"));
    EXPECT_FALSE(honoured(settings, plain, "8BITMIME"));
}

TEST(Settings, MechanismsAreThoseOfTheLine) {
    Settings settings;
    settings.capabilities = {capability("AUTH", "plain  XOAUTH2 ")};
    EXPECT_THAT(mechanisms(settings, plain), ElementsAre("PLAIN", "XOAUTH2"));
    settings.withheld = {"AUTH"};
    EXPECT_THAT(mechanisms(settings, plain), IsEmpty());
}

TEST(Glob, MatchesWithoutRegardToCase) {
    EXPECT_TRUE(matches_glob("*", ""));
    EXPECT_TRUE(matches_glob("*.Example", "mx.a.example"));
    EXPECT_TRUE(matches_glob("a?c*e", "ABCDE"));
    EXPECT_FALSE(matches_glob("*.example", "example"));
    EXPECT_FALSE(matches_glob("", "a"));
    EXPECT_FALSE(matches_glob("a?", "a"));
    EXPECT_TRUE(matches_glob("**a**", "xax"));
    EXPECT_FALSE(matches_glob("[a]", "a"));
    EXPECT_FALSE(equal_ignoring_case("a", "ab"));
    // Octets above 127 have no case.
    EXPECT_FALSE(equal_ignoring_case("\xc3\x84", "\xc3\xa4"));
}

TEST(Glob, TakesNoTimeOnHostilePatterns) {
    std::string pattern(50, '*');
    pattern.append("a*a*a*a*a*a*a*a*b");
    EXPECT_FALSE(matches_glob(pattern, std::string(20'000, 'a')));
}

}  // namespace
}  // namespace smtprig::smtp

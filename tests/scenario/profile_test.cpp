// Profiles of products and providers: what each says in a whole session stands in
// tests/scenario/profiles/, and each limit that it documents bites.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "fixture/scenario/library.hpp"
#include "fixture/smtp/base64.hpp"
#include "tests/scenario/good_client.hpp"
#include "tests/server/dialogue.hpp"

namespace smtprig::scenario {
namespace {

using server::Scene;
using server::Talk;
using testing::HasSubstr;
using testing::StartsWith;

enum class Access { open, submission };

// One server of a profile: its sessions share the rules, and time goes on from one to the next.
class Provider {
  public:
    // `inside` stands in the scenario behind the profile.
    explicit Provider(const std::string& profile, const std::string& inside = {}) {
        Sources sources;
        sources.library = SMTPRIG_SOURCE_DIR "/scenarios";
        const std::string xml =
            "<scenario name=\"test\" xmlns=\"urn:smtp-scenario:1\">\n"
            "<use profile=\"" +
            profile + "\"/>\n" + inside + "\n<tls mode=\"starttls\"/></scenario>";
        const Loaded loaded = load_text(xml, "test.xml", sources);
        std::string all;
        for (const Diagnostic& diagnostic : loaded.diagnostics) all += to_text(diagnostic);
        if (!loaded.good()) throw std::runtime_error(all);
        scenario = loaded.scenario;
        scene_.settings = scenario->settings;
        engine = std::make_shared<Engine>(scenario, 1);
        scene_.engine = engine;
        scene_.ordinal = 0;
    }

    std::unique_ptr<Talk> connect() {
        ++scene_.ordinal;
        return std::make_unique<Talk>(scene_);
    }

    // EHLO, TLS and AUTH as far as the profile wants them.
    std::unique_ptr<Talk> ready(Access access) {
        auto talk = connect();
        talk->line("EHLO client.example");
        if (access == Access::open) return talk;
        talk->line("STARTTLS");
        talk->tls();
        talk->line("EHLO client.example");
        talk->line("AUTH LOGIN");
        talk->line(smtp::to_base64("app"));
        EXPECT_THAT(talk->line(smtp::to_base64("s3cret")), StartsWith("235"));
        return talk;
    }

    std::shared_ptr<const Scenario> scenario;
    std::shared_ptr<Engine> engine;

  private:
    Scene scene_;
};

std::string submit(Talk& talk, const std::string& from = "a@client.example",
                   const std::string& to = "b@example.test") {
    std::string said = talk.line("MAIL FROM:<" + from + ">");
    if (said.compare(0, 1, "2") != 0) return said;
    said = talk.line("RCPT TO:<" + to + ">");
    if (said.compare(0, 1, "2") != 0) return said;
    said = talk.line("DATA");
    if (said.compare(0, 3, "354") != 0) return said;
    return talk.send("Message-ID: <1@client.example>\r\n\r\nText\r\n.\r\n");
}

struct Row {
    std::string name;
    Access access = Access::open;
    std::uint64_t size = 0;      // what a message may have, 0: not documented
    std::string too_big;         // the reply to a declared size above it
    std::size_t recipients = 0;  // 0: not documented
    std::string too_many;
    std::string wrong_password;  // empty: no AUTH
    std::string relay_denied;    // to other.example, where example.test alone is served
};

const std::vector<Row>& rows() {
    using enum Access;
    static const std::vector<Row> all{
        {"gmail-submission", submission, 35882577, "552 5.3.4 ", 0, "",
         "535-5.7.8 Username and Password not accepted.", "550 5.7.0 Email relay denied"},
        {"gmail-mx", open, 157286400, "552 5.3.4 ", 0, "", "",
         "550 5.7.1 Invalid credentials for relay"},
        {"microsoft365-submission", submission, 157286400, "552 ", 0, "",
         "535 5.7.3 Authentication unsuccessful [smtp.office365.com]",
         "550 5.7.64 TenantAttribution; Relay Access Denied"},
        {"outlook-mx", open, 0, "", 200, "452 4.5.3 Too many recipients", "",
         "550 5.7.64 TenantAttribution; Relay Access Denied"},
        {"yahoo-submission", submission, 41697280, "552 ", 100, "452 ", "535 5.7.0 (#AUTH005)",
         "550 relaying denied for <b@other.example>"},
        {"amazon-ses", submission, 10485760, "552 ", 50, "452 ",
         "535 Authentication Credentials Invalid", ""},
        {"sendgrid", submission, 31457280, "552 ", 0, "",
         "535 Authentication failed: Bad username / password", ""},
        {"mailgun", submission, 52428800, "552 ", 0, "", "535 ", "550 5.7.1 Relaying denied"},
        {"smtp2go", submission, 52428800, "552 ", 0, "", "535 Incorrect authentication data",
         "550 Relay access denied - please authenticate"},
        {"postfix", open, 10240000, "552 5.3.4 Message size exceeds fixed limit", 1000,
         "452 4.5.3 Error: too many recipients", "",
         "554 5.7.1 <b@other.example>: Relay access denied"},
        {"postfix-submission", submission, 10240000, "552 5.3.4 Message size exceeds fixed limit",
         1000, "452 4.5.3 Error: too many recipients", "535 5.7.8 Error: authentication failed: ",
         "554 5.7.1 <b@other.example>: Relay access denied"},
        {"exim", open, 52428800, "552 Message size exceeds maximum permitted", 0, "", "",
         "550 relay not permitted"},
        {"exchange", submission, 37748736,
         "552 5.3.4 Message size exceeds fixed maximum message size", 200, "452 ",
         "535 5.7.3 Authentication unsuccessful",
         "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain"},
    };
    return all;
}

std::string name_of(const testing::TestParamInfo<Row>& row) {
    std::string name = row.param.name;
    for (char& c : name)
        if (c == '-') c = '_';
    return name;
}

class Profiles : public testing::TestWithParam<Row> {};

TEST_P(Profiles, TakeNoMessageAboveTheirSize) {
    const Row& row = GetParam();
    if (row.size == 0) GTEST_SKIP() << "no size is documented";
    Provider provider(row.name);
    EXPECT_EQ(provider.scenario->settings.limits.message, row.size);
    auto talk = provider.ready(row.access);
    EXPECT_THAT(talk->heard(), HasSubstr("SIZE " + std::to_string(row.size) + "\r\n"));
    const auto mail = [&talk](std::uint64_t size) {
        return talk->line("MAIL FROM:<a@client.example> SIZE=" + std::to_string(size));
    };
    EXPECT_THAT(mail(row.size + 1), StartsWith(row.too_big));
    EXPECT_THAT(mail(row.size), StartsWith("250"));
}

TEST_P(Profiles, TakeNoMoreRecipientsThanDocumented) {
    const Row& row = GetParam();
    if (row.recipients == 0) GTEST_SKIP() << "no number is documented";
    Provider provider(row.name);
    auto talk = provider.ready(row.access);
    talk->line("MAIL FROM:<a@client.example>");
    for (std::size_t index = 0; index < row.recipients; ++index)
        ASSERT_THAT(talk->line("RCPT TO:<b" + std::to_string(index) + "@example.test>"),
                    StartsWith("250"));
    EXPECT_THAT(talk->line("RCPT TO:<one-more@example.test>"), StartsWith(row.too_many));
}

TEST_P(Profiles, RefuseWrongCredentialsInTheirWords) {
    const Row& row = GetParam();
    if (row.wrong_password.empty()) GTEST_SKIP() << "no AUTH here";
    Provider provider(row.name, "<server><user name=\"app\" password=\"s3cret\"/></server>");
    auto talk = provider.connect();
    talk->line("EHLO client.example");
    talk->line("STARTTLS");
    talk->tls();
    talk->line("EHLO client.example");
    talk->line("AUTH LOGIN");
    talk->line(smtp::to_base64("app"));
    EXPECT_THAT(talk->line(smtp::to_base64("wrong")), StartsWith(row.wrong_password));
}

TEST_P(Profiles, DoNotRelay) {
    const Row& row = GetParam();
    if (row.relay_denied.empty()) GTEST_SKIP() << "no words are documented";
    Provider provider(
        row.name,
        "<server require-auth=\"no\" require-tls=\"no\"><relay to=\"example.test\"/></server>");
    // Who has authenticated may send to anybody.
    auto talk = provider.ready(Access::open);
    EXPECT_THAT(submit(*talk, "a@client.example", "b@other.example"), StartsWith(row.relay_denied));
}

// Before and under TLS, a message, and the end.
TEST_P(Profiles, SpeakAsTheirFileSays) {
    const Row& row = GetParam();
    Provider provider(row.name);
    auto talk = provider.ready(row.access);
    EXPECT_THAT(submit(*talk), StartsWith("250"));
    talk->line("QUIT");
    EXPECT_EQ(talk->faults(), "");
    const std::string path = SMTPRIG_SOURCE_DIR "/tests/scenario/profiles/" + row.name + ".txt";
    if (std::getenv("SMTPRIG_APPROVE") != nullptr)
        std::ofstream(path, std::ios::binary) << talk->text();
    std::ifstream stream(path, std::ios::binary);
    const std::string expected{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_EQ(server::difference(expected, talk->text()), "");
}

INSTANTIATE_TEST_SUITE_P(All, Profiles, testing::ValuesIn(rows()), name_of);

TEST(ProfileFiles, AllHaveARow) {
    std::set<std::string> tested, there;
    for (const Row& row : rows()) tested.insert(row.name);
    Sources sources;
    sources.library = SMTPRIG_SOURCE_DIR "/scenarios";
    for (const std::string& name : library_names(sources))
        if (name.compare(0, 9, "profiles/") == 0) there.insert(name.substr(9));
    EXPECT_EQ(tested, there);
}

// Addresses that meet a rule of the profile, with the reply.
struct Meeting {
    std::string profile, rule, from, to, reply;
};

const std::vector<Meeting>& meetings() {
    const std::string a = "a@client.example", b = "b@example.test";
    static const std::vector<Meeting> all{
        {"gmail-submission", "daily-limit", "a@quota.example", b, "550-5.4.5 "},
        {"gmail-mx", "inactive", a, "inactive@gmail.example", "550 5.2.1 "},
        {"gmail-mx", "full", a, "full@gmail.example", "452 4.2.2 "},
        {"gmail-mx", "too-fast", a, "busy@gmail.example", "450 4.2.1 "},
        {"gmail-mx", "unauthenticated", "a@unauthenticated.example", b, "550-5.7.26 This mail"},
        {"gmail-mx", "dmarc-reject", "a@dmarc-reject.example", b,
         "550-5.7.26 Unauthenticated email from dmarc-reject.example"},
        {"gmail-mx", "security-issue", "a@malware.example", b, "552-5.7.0 "},
        {"microsoft365-submission", "send-as-denied", "a@not-yours.example", b,
         "554 5.2.252 SendAsDenied; app not allowed to send as a@not-yours.example"},
        {"outlook-mx", "blocked", "a@blocked.example", b, "550 5.7.1 Unfortunately"},
        {"outlook-mx", "reputation", "a@reputation.example", b, "451 4.7.650 "},
        {"outlook-mx", "unknown", a, "unknown@outlook.example", "550 5.5.0 "},
        {"outlook-mx", "closed", a, "closed@outlook.example", "550 5.4.1 "},
        {"outlook-mx", "dmarc-reject", "a@dmarc-reject.example", b, "550 5.7.509 "},
        {"yahoo-submission", "volume", "a@volume.example", b, "421 4.7.0 [TSS04]"},
        {"yahoo-submission", "unknown", a, "unknown@yahoo.example", "554 delivery error: dd "},
        {"yahoo-submission", "busy", a, "busy@yahoo.example", "450 User"},
        {"yahoo-submission", "policy", "a@policy.example", b, "554 5.7.9 "},
        {"amazon-ses", "unverified", "a@unverified.example", b, "554 Message rejected: "},
        {"amazon-ses", "unknown", a, "unknown@example.test", "553 <unknown@example.test>"},
        {"sendgrid", "throttled", "a@throttled.example", b, "452 Too many recipients"},
        {"sendgrid", "unverified", "a@unverified.example", b, "550 The from address"},
        {"mailgun", "free-account", "a@free-account.example", b,
         "421 Domain free-account.example is not allowed"},
        {"smtp2go", "unverified", "a@unverified.example", b, "550 From header sender domain"},
        {"postfix-submission", "not-yours", "a@not-yours.example", b,
         "553 5.7.1 <a@not-yours.example>: Sender address rejected: not owned by user app"},
        {"exchange", "denied", "a@denied.example", b, "554 5.1.0 "},
        {"exchange", "unknown", a, "unknown@exchange.example", "550 5.1.1 "},
    };
    return all;
}

Access access_of(const std::string& profile) {
    for (const Row& row : rows())
        if (row.name == profile) return row.access;
    return Access::open;
}

// Rules that the tests below make fire.
const std::vector<std::pair<std::string, std::string>>& limits() {
    static const std::vector<std::pair<std::string, std::string>> all{
        {"microsoft365-submission", "too-many-connections"},
        {"microsoft365-submission", "too-fast"},
        {"yahoo-submission", "enough"},
        {"amazon-ses", "too-fast"},
        {"amazon-ses", "daily-quota"},
        {"postfix", "too-many-unknown-commands"},
        {"exchange", "too-many-connections"},
        {"gmail-submission", "too-many-logins"},
        {"mailgun", "relaying-denied"},
        {"smtp2go", "relay-access-denied"},
    };
    return all;
}

void expect_fired(const std::string& profile, const Provider& provider) {
    std::set<std::string> fired;
    for (const auto& count : provider.engine->counts())
        if (count.fired > 0) fired.insert(count.rule);
    for (const auto& [owner, rule] : limits())
        EXPECT_TRUE(owner != profile || fired.count(rule) == 1) << profile << " " << rule;
}

TEST(ProfileRules, MeetTheAddressesThatTheirFileNames) {
    for (const Meeting& one : meetings()) {
        SCOPED_TRACE(one.profile + " " + one.rule);
        Provider provider(one.profile);
        auto talk = provider.ready(access_of(one.profile));
        EXPECT_THAT(submit(*talk, one.from, one.to), StartsWith(one.reply));
        for (const auto& count : provider.engine->counts())
            EXPECT_EQ(count.fired > 0, count.rule == one.rule) << count.rule;
    }
}

TEST(ProfileRules, MicrosoftTakesThreeSessionsAndThirtyMessagesAMinuteOfAMailbox) {
    Provider provider("microsoft365-submission");
    std::vector<std::unique_ptr<Talk>> open;
    for (int session = 0; session < 4; ++session) {
        open.push_back(provider.ready(Access::submission));
        EXPECT_THAT(submit(*open.back()), StartsWith(session < 3 ? "250" : "432 4.3.2 "));
    }
    // The fourth is gone: the others have room again.
    open.back()->line("QUIT");
    // Four tokens of the minute are gone, that of the refused message too.
    for (int message = 4; message < 30; ++message) EXPECT_THAT(submit(*open[0]), StartsWith("250"));
    EXPECT_THAT(open[0]->waits(), testing::IsEmpty());
    submit(*open[0]);
    EXPECT_THAT(open[0]->waits(), testing::SizeIs(1));
    expect_fired("microsoft365-submission", provider);
}

TEST(ProfileRules, YahooClosesWithoutAWordAfterTwentyMessages) {
    Provider provider("yahoo-submission");
    auto talk = provider.ready(Access::submission);
    for (int message = 0; message < 20; ++message) EXPECT_THAT(submit(*talk), StartsWith("250"));
    EXPECT_EQ(submit(*talk), "");
    EXPECT_TRUE(talk->over());
    expect_fired("yahoo-submission", provider);
}

TEST(ProfileRules, AmazonTakesOneMessageASecondAndTwoHundredADay) {
    Provider provider("amazon-ses");
    auto talk = provider.ready(Access::submission);
    for (int message = 0; message < 200; ++message) {
        ASSERT_THAT(submit(*talk), StartsWith("250"));
        talk->pass(1000);
        if (message == 0) {
            ASSERT_THAT(submit(*talk), StartsWith("250"));
            ASSERT_THAT(submit(*talk), StartsWith("454 Throttling failure: Maximum sending rate"));
            talk->pass(1000);
            ++message;
        }
    }
    EXPECT_THAT(submit(*talk), StartsWith("454 Throttling failure: Daily message quota exceeded"));
    expect_fired("amazon-ses", provider);
}

TEST(ProfileRules, PostfixEndsASessionOfTwentyErrors) {
    Provider provider("postfix");
    auto talk = provider.ready(Access::open);
    for (int error = 0; error < 19; ++error) EXPECT_THAT(talk->line("XFOO"), StartsWith("500"));
    EXPECT_THAT(talk->line("XFOO"), StartsWith("421 4.7.0 smtprig.test Error: too many errors"));
    expect_fired("postfix", provider);
}

TEST(ProfileRules, ExchangeTakesTwentySessionsOfAClient) {
    Provider provider("exchange");
    std::vector<std::unique_ptr<Talk>> open;
    for (int session = 0; session < 20; ++session) {
        open.push_back(provider.connect());
        EXPECT_THAT(open.back()->heard(), StartsWith("220"));
    }
    EXPECT_THAT(provider.connect()->heard(), StartsWith("421 4.3.2 "));
    expect_fired("exchange", provider);
}

TEST(ProfileRules, GmailSlowsDownLoginsAndEspsRefuseWithoutAuth) {
    Provider gmail("gmail-submission");
    std::string last;
    for (int login = 0; login < 11; ++login) {
        auto talk = gmail.connect();
        talk->line("EHLO client.example");
        talk->line("STARTTLS");
        talk->tls();
        talk->line("EHLO client.example");
        last = talk->line("AUTH LOGIN");
    }
    EXPECT_THAT(last, StartsWith("454 4.7.0 Too many login attempts"));
    expect_fired("gmail-submission", gmail);
    for (const auto& [profile, reply] : std::vector<std::pair<std::string, std::string>>{
             {"mailgun", "550 5.7.1 Relaying denied"},
             {"smtp2go", "550 Relay access denied - please authenticate"}}) {
        Provider provider(profile);
        auto talk = provider.ready(Access::open);
        EXPECT_THAT(submit(*talk), StartsWith(reply));
        expect_fired(profile, provider);
    }
}

TEST(ProfileRules, AllHaveATest) {
    for (const Row& row : rows()) {
        std::set<std::string> there, tested;
        const Provider provider(row.name);
        for (const Rule& rule : provider.scenario->rules)
            if (rule.place.file.find("profiles/" + row.name + ".xml") != std::string::npos)
                there.insert(rule.id);
        for (const auto& [profile, rule] : limits())
            if (profile == row.name) tested.insert(rule);
        for (const Meeting& one : meetings())
            if (one.profile == row.name) tested.insert(one.rule);
        EXPECT_EQ(tested, there) << row.name;
    }
}

}  // namespace
}  // namespace smtprig::scenario

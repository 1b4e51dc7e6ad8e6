#include "fixture/smtp/responder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace smtprig::smtp {
namespace {

using testing::Contains;
using testing::IsEmpty;

// A server that is asked one line at a time, and whose session moves as the caller says.
struct Server {
    Settings settings;
    Session session;
    Envelope envelope;
    std::string client_ip = "192.0.2.1";
    std::set<Situation>* seen = nullptr;

    explicit Server(Posture posture = Posture::strict()) {
        settings.posture = posture;
        session.exchanged(Verb::connect, 220);
    }
    Server& identified() {
        session.exchanged(Verb::ehlo, 250);
        return *this;
    }
    Server& opened() {
        identified();
        session.exchanged(Verb::mail, 250);
        return *this;
    }

    Answer answer(std::string_view octets) const {
        LineReader reader(settings.limits.line_bound,
                          settings.posture.tolerates(Tolerance::bare_lf_ends_command)
                              ? BareLf::ends_line
                              : BareLf::is_content);
        reader.receive(octets);
        const auto line = reader.next();
        EXPECT_TRUE(line.has_value());
        const SessionFacts facts{session.tls(), session.authenticated()};
        const auto rules = command_rules(settings, facts, false);
        return answer_to(parse_command(line->text, rules), *line,
                         {session, settings, envelope, client_ip});
    }
    Situation say(std::string_view text) const {
        return answer(std::string(text) + "\r\n").situation;
    }
    Answer mail_data(std::string_view wire, std::uint64_t dropped = 0) const {
        MailDataReader reader(settings.limits.mail_data_line);
        reader.receive(wire);
        return answer_to_mail_data(reader.take(), dropped,
                                   {session, settings, envelope, client_ip});
    }
};

std::vector<Anomaly> anomalies(const Answer& answer) {
    std::vector<Anomaly> all;
    for (const auto& [anomaly, at] : answer.anomalies) all.push_back(anomaly);
    return all;
}

struct ToleranceCase {
    Tolerance tolerance;
    std::string line;
    Situation strictly;
    Situation tolerantly;
};

TEST(Responder, EachToleranceLetsItsLinePassAndTellsIt) {
    const std::vector<ToleranceCase> cases{
        {Tolerance::space_after_colon, "MAIL FROM: <a@b.example>\r\n", Situation::bad_argument,
         Situation::mail_accepted},
        {Tolerance::missing_angle_brackets, "MAIL FROM:a@b.example\r\n", Situation::bad_argument,
         Situation::mail_accepted},
        {Tolerance::over_long_lines, "NOOP " + std::string(600, 'x') + "\r\n",
         Situation::line_too_long, Situation::noop},
        {Tolerance::undeclared_8bit, "NOOP \xe2\x82\xac\r\n", Situation::bad_argument,
         Situation::noop},
        {Tolerance::undeclared_8bit, "MAIL FROM:<\xe2\x82\xac@b.example>\r\n",
         Situation::utf8_needs_smtputf8, Situation::mail_accepted},
        {Tolerance::bare_lf_ends_command, "NOOP\n\r\n", Situation::unreadable_command,
         Situation::noop},
    };
    for (const ToleranceCase& row : cases) {
        Server strict, one, all(Posture::tolerant());
        one.settings.posture = Posture::strict().with(row.tolerance);
        EXPECT_EQ(strict.identified().answer(row.line).situation, row.strictly) << row.line;
        for (Server* server : {&one, &all}) {
            const Answer answer = server->identified().answer(row.line);
            EXPECT_EQ(answer.situation, row.tolerantly) << row.line;
            const auto& table = tolerances()[static_cast<std::size_t>(row.tolerance)];
            EXPECT_THAT(anomalies(answer), Contains(table.anomaly)) << row.line;
        }
    }
}

TEST(Responder, MailBeforeEhloIsATolerance) {
    EXPECT_EQ(Server().say("MAIL FROM:<>"), Situation::need_ehlo);
    const Answer answer = Server(Posture::tolerant()).answer("MAIL FROM:<>\r\n");
    EXPECT_EQ(answer.situation, Situation::mail_accepted);
    EXPECT_THAT(anomalies(answer), Contains(Anomaly::mail_before_ehlo));
}

TEST(Responder, AuthInTheClearIsATolerance) {
    for (const bool strict : {true, false}) {
        Server server(strict ? Posture::strict() : Posture::tolerant());
        server.identified().settings.auth_in_clear = true;
        const Answer answer = server.answer("AUTH PLAIN\r\n");
        EXPECT_EQ(answer.situation,
                  strict ? Situation::auth_unknown_mechanism : Situation::auth_go_on);
        EXPECT_THAT(anomalies(answer), Contains(Anomaly::auth_in_clear));
        EXPECT_EQ(server.say("AUTH CRAM-MD5"), Situation::auth_go_on);
        EXPECT_THAT(anomalies(server.answer("AUTH CRAM-MD5\r\n")), IsEmpty());
    }
}

TEST(Responder, TolerancesInMailData) {
    struct Case {
        std::string wire;
        Situation strictly;
        Anomaly anomaly;
    };
    for (const Case& row :
         {Case{"\xff\r\n.\r\n", Situation::eight_bit_needs_8bitmime,
               Anomaly::undeclared_8bit_in_mail_data},
          Case{std::string(1001, 'x') + "\r\n.\r\n", Situation::over_long_data_line,
               Anomaly::over_long_mail_data_line}}) {
        const Answer strict = Server().opened().mail_data(row.wire);
        EXPECT_EQ(strict.situation, row.strictly);
        EXPECT_THAT(anomalies(strict), Contains(row.anomaly));
        const Answer tolerant = Server(Posture::tolerant()).opened().mail_data(row.wire);
        EXPECT_EQ(tolerant.situation, Situation::message_accepted);
        EXPECT_THAT(anomalies(tolerant), Contains(row.anomaly));
    }
}

TEST(Responder, BareCrLfAndNulInMailDataAreToldAndTaken) {
    const Answer answer = Server().opened().mail_data(std::string("a\nb\rc\0\r\n.\r\n", 11));
    EXPECT_EQ(answer.situation, Situation::message_accepted);
    EXPECT_THAT(anomalies(answer),
                testing::ElementsAre(Anomaly::bare_lf_in_mail_data, Anomaly::bare_cr_in_mail_data,
                                     Anomaly::nul_in_mail_data));
}

TEST(Responder, EightBitMailDataThatWasDeclaredIsTaken) {
    Server server;
    server.opened().envelope.mail.body = Body::eight_bit_mime;
    EXPECT_EQ(server.mail_data("\xff\r\n.\r\n").situation, Situation::message_accepted);
    server.envelope.mail.body = Body::unstated;
    server.envelope.mail.smtputf8 = true;
    EXPECT_THAT(anomalies(server.mail_data("\xff\r\n.\r\n")), IsEmpty());
}

TEST(Responder, SizesAreJudgedByTheMessageWithoutTransparency) {
    Server server;
    server.opened().settings.limits.message = 5;
    server.envelope.mail.size = 4;
    const Answer fits = server.mail_data("..ab\r\n.\r\n");
    EXPECT_EQ(fits.situation, Situation::message_accepted);
    EXPECT_THAT(anomalies(fits), Contains(Anomaly::size_exceeds_declaration));
    EXPECT_EQ(server.mail_data("..abc\r\n.\r\n").situation, Situation::message_too_big);
    EXPECT_EQ(server.mail_data("a\r\n.\r\n", 1).situation, Situation::message_too_big);
    server.settings.limits.message = 0;
    EXPECT_EQ(server.mail_data(std::string(900, 'x') + "\r\n.\r\n").situation,
              Situation::message_accepted);
}

TEST(Responder, DeclaredSizesDoNotWrapRound) {
    Server server;
    server.identified();
    EXPECT_EQ(server.say("MAIL FROM:<> SIZE=18446744073709551616"),
              Situation::size_declared_too_big);
    EXPECT_EQ(server.say("MAIL FROM:<> SIZE=99999999999999999999"),
              Situation::size_declared_too_big);
    EXPECT_EQ(server.say("MAIL FROM:<> SIZE=52428801"), Situation::size_declared_too_big);
    EXPECT_EQ(server.say("MAIL FROM:<> SIZE=52428800"), Situation::mail_accepted);
    server.settings.limits.message = 0;
    const Answer answer = server.answer("MAIL FROM:<> SIZE=99999999999999999999\r\n");
    EXPECT_EQ(answer.situation, Situation::mail_accepted);
    EXPECT_EQ(answer.mail.size, UINT64_MAX);
}

TEST(Responder, ReadsTheParametersOfMail) {
    Server server;
    server.identified().session.tls_started();
    server.identified();
    const Answer answer = server.answer(
        "MAIL FROM:<a@b.example> SIZE=1 body=8BITMIME SMTPUTF8 AUTH=e+3Dmc2@example.com\r\n");
    ASSERT_EQ(answer.situation, Situation::mail_accepted);
    EXPECT_EQ(answer.mail.size, 1U);
    EXPECT_EQ(answer.mail.body, Body::eight_bit_mime);
    EXPECT_TRUE(answer.mail.smtputf8);
    EXPECT_EQ(answer.mail.auth, "e=mc2@example.com");
    EXPECT_EQ(server.answer("MAIL FROM:<> AUTH=<>\r\n").mail.auth, "<>");
    for (const std::string wrong :
         {"a+3", "a+3d@b.example", "a@", "+GG", "a=b@c.example", "<>x", "+00@b.example"})
        EXPECT_NE(server.say("MAIL FROM:<> AUTH=" + wrong), Situation::mail_accepted) << wrong;
    EXPECT_EQ(server.say("MAIL FROM:<> AUTH=<> AUTH=<>"), Situation::bad_parameter);
    EXPECT_EQ(server.say("MAIL FROM:<> AUTH"), Situation::bad_parameter);
}

TEST(Responder, AuthMayBeDeclaredByAClientThatIsAuthenticated) {
    Server server;
    server.settings.auth_in_clear = true;
    server.identified().session.exchanged(Verb::auth, 235);
    EXPECT_EQ(server.say("MAIL FROM:<> AUTH=<>"), Situation::mail_accepted);
}

TEST(Responder, ParametersOfAnExtensionThatIsWithheldAreUnknown) {
    const std::vector<std::pair<std::string, std::string>> parameters{
        {"SIZE", "SIZE=1"}, {"8BITMIME", "BODY=7BIT"}, {"SMTPUTF8", "SMTPUTF8"}};
    for (const auto& [keyword, parameter] : parameters) {
        Server server;
        server.identified();
        EXPECT_EQ(server.say("MAIL FROM:<> " + parameter), Situation::mail_accepted);
        server.settings.withheld.push_back(keyword);
        const Answer answer = server.answer("MAIL FROM:<> " + parameter + "\r\n");
        EXPECT_EQ(answer.situation, Situation::unknown_parameter);
        EXPECT_TRUE(answer.refused_for_form);
        EXPECT_EQ(answer.parameter, parameter.substr(0, parameter.find('=')));
    }
}

TEST(Responder, LimitsOfCommandLinesGrowWithTheExtensions) {
    Settings settings;
    settings.auth_in_clear = true;
    EXPECT_EQ(line_limit(Verb::noop, settings, {}), 512U);
    EXPECT_EQ(line_limit(Verb::rcpt, settings, {}), 512U);
    EXPECT_EQ(line_limit(Verb::auth, settings, {}), 12288U);
    // SIZE 26, BODY 14, SMTPUTF8 10, AUTH 500.
    EXPECT_EQ(line_limit(Verb::mail, settings, {}), 512U + 26 + 14 + 10 + 500);
    settings.withheld = {"AUTH", "SIZE"};
    EXPECT_EQ(line_limit(Verb::mail, settings, {}), 512U + 14 + 10);
    Server server;
    server.identified().settings.auth_in_clear = true;
    const std::string path = "<a@" + std::string(60, 'b') + ".example>";
    std::string line = "MAIL FROM:" + path + " AUTH=" + std::string(500, 'x');
    EXPECT_NE(server.say(line), Situation::line_too_long);
    line.resize(1061, 'x');
    EXPECT_EQ(server.say(line), Situation::line_too_long);
}

TEST(Responder, PathsAboveTheirLimitsAreRefused) {
    Server server;
    server.opened();
    const std::string domain =
        std::string(63, 'd') + '.' + std::string(63, 'd') + '.' + std::string(63, 'd') + '.';
    EXPECT_EQ(server.say("RCPT TO:<" + std::string(64, 'a') + "@b.example>"),
              Situation::rcpt_accepted);
    EXPECT_EQ(server.say("RCPT TO:<" + std::string(65, 'a') + "@b.example>"),
              Situation::local_part_too_long);
    // 256 octets with the angle brackets.
    EXPECT_EQ(server.say("RCPT TO:<a@" + domain + std::string(60, 'd') + ">"),
              Situation::rcpt_accepted);
    EXPECT_EQ(server.say("RCPT TO:<aa@" + domain + std::string(60, 'd') + ">"),
              Situation::path_too_long);
    server.settings.limits.path = 1000;
    EXPECT_EQ(server.say("RCPT TO:<a@" + domain + std::string(63, 'd') + ".d>"),
              Situation::domain_too_long);
}

TEST(Responder, RelayRulesAreForDomainsMailboxesAndClients) {
    Server server;
    server.opened().settings.relay = {
        {"*.example", ""}, {"user@other.test", ""}, {"", "198.51.100.*"}};
    EXPECT_EQ(server.say("RCPT TO:<a@mx.example>"), Situation::rcpt_accepted);
    EXPECT_EQ(server.say("RCPT TO:<User@Other.test>"), Situation::rcpt_accepted);
    EXPECT_EQ(server.say("RCPT TO:<b@other.test>"), Situation::relay_denied);
    EXPECT_EQ(server.say("RCPT TO:<postmaster>"), Situation::rcpt_accepted);
    server.client_ip = "198.51.100.7";
    EXPECT_EQ(server.say("RCPT TO:<b@other.test>"), Situation::rcpt_accepted);
    server.client_ip = "192.0.2.1";
    server.session.exchanged(Verb::auth, 235);
    EXPECT_EQ(server.say("RCPT TO:<b@other.test>"), Situation::rcpt_accepted);
}

TEST(Responder, LinesThatAreNoCommandAreRefusedInBothPostures) {
    for (const Posture posture : {Posture::strict(), Posture::tolerant()}) {
        Server server(posture);
        server.identified();
        for (const std::string_view line :
             {std::string_view("NO\rOP\r\n"), std::string_view("NO\0OP\r\n", 7),
              std::string_view("NOOP\r\r\n"), std::string_view("\r\n"),
              std::string_view(" NOOP\r\n"), std::string_view("\x80\r\n")}) {
            const Answer answer = server.answer(line);
            EXPECT_EQ(answer.situation, Situation::unreadable_command)
                << testing::PrintToString(line);
            EXPECT_TRUE(answer.refused_for_form);
        }
    }
}

TEST(Responder, TheFirstOctetAbove127IsToldByItsPlace) {
    const Answer answer = Server().identified().answer("NOOP ab\xe2\x82\xac\r\n");
    ASSERT_EQ(answer.anomalies.size(), 1U);
    EXPECT_EQ(answer.anomalies[0].second, 7U);
}

TEST(Responder, EverySituationThatACommandCanCauseIsReached) {
    std::set<Situation> reached;
    const auto ask = [&](const Server& server, const std::vector<std::string>& lines) {
        for (const std::string& line : lines) reached.insert(server.say(line));
    };
    Server fresh;
    ask(fresh, {"MAIL FROM:<>"});
    ask(Server().identified(), {"EHLO a.example",
                                "HELO a.example",
                                "MAIL FROM:<>",
                                "RSET",
                                "NOOP",
                                "QUIT",
                                "VRFY a",
                                "HELP",
                                "FOO",
                                "EXPN a",
                                "",
                                "MAIL",
                                "MAIL FROM:<> X=1",
                                "MAIL FROM:<> SIZE=x",
                                "RCPT TO:<a@b.example>",
                                "MAIL FROM:<> SIZE=99999999999",
                                "STARTTLS",
                                "AUTH PLAIN",
                                "MAIL FROM:<\xc3\xa9@b.example>",
                                "NOOP " + std::string(600, 'x')});
    Server open;
    open.opened().settings.tls = TlsMode::starttls;
    ask(open, {"MAIL FROM:<>", "DATA", "AUTH PLAIN", "STARTTLS", "RCPT TO:<a@b.example>",
               "RCPT TO:<\xc3\xa9@b.example>", "RCPT TO:<" + std::string(65, 'a') + "@b.example>",
               "RCPT TO:<a@" + std::string(250, 'd') + ".example>"});
    open.settings.limits.path = 1000;
    ask(open, {"RCPT TO:<a@" + std::string(63, 'd') + '.' + std::string(63, 'd') + '.' +
               std::string(63, 'd') + '.' + std::string(63, 'd') + ".example>"});
    open.session.exchanged(Verb::rcpt, 250);
    open.envelope.forward_paths.resize(1);
    open.settings.limits.recipients = 1;
    ask(open, {"DATA", "RCPT TO:<a@b.example>"});
    Server relay;
    relay.opened().settings.relay.push_back({"b.example", ""});
    ask(relay, {"RCPT TO:<a@c.example>"});
    Server path;
    path.opened().settings.limits.path = 10;
    ask(path, {"RCPT TO:<a@long.example>"});
    Server starttls;
    starttls.identified().settings.tls = TlsMode::starttls;
    ask(starttls, {"STARTTLS", "AUTH PLAIN"});
    starttls.settings.require_tls = true;
    ask(starttls, {"MAIL FROM:<>"});
    starttls.session.tls_started();
    starttls.identified();
    ask(starttls, {"STARTTLS", "AUTH PLAIN", "AUTH FOO"});
    starttls.settings.require_auth = true;
    ask(starttls, {"MAIL FROM:<>"});
    starttls.session.exchanged(Verb::auth, 235);
    ask(starttls, {"AUTH PLAIN"});
    Server refused;
    refused.session = Session();
    refused.session.exchanged(Verb::connect, 554);
    ask(refused, {"NOOP"});
    Server data;
    data.opened().settings.limits.message = 2000;
    for (const std::string& wire :
         {std::string(".\r\n"), std::string("\xff\r\n.\r\n"), std::string(1500, 'x') + "\r\n.\r\n",
          std::string(3000, 'x') + "\r\n.\r\n"})
        reached.insert(data.mail_data(wire).situation);

    // These belong to the conversation and its shell, or are there for profiles and scenarios.
    const std::set<Situation> others{
        Situation::greeting,          Situation::auth_accepted,     Situation::auth_failed,
        Situation::auth_cancelled,    Situation::auth_bad_base64,   Situation::auth_too_long,
        Situation::ehlo_name_refused, Situation::no_valid_rcpt,     Situation::tls_unavailable,
        Situation::storage_full,      Situation::too_many_sessions, Situation::too_many_commands,
        Situation::timeout,           Situation::shutting_down,     Situation::internal_error};
    for (const SituationRow& row : situations())
        EXPECT_NE(reached.count(row.situation), others.count(row.situation)) << row.id;
}

}  // namespace
}  // namespace smtprig::smtp

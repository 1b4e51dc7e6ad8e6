#include "fixture/transcript/json.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "fixture/transcript/facts.hpp"
#include "fixture/transcript/json_writer.hpp"
#include "tests/transcript/sample.hpp"

namespace smtprig::transcript {
namespace {

using sample::client;
using sample::server;

std::string string_of(std::string_view text) {
    std::string out;
    JsonWriter(out).string(text);
    return out;
}

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
    std::string out;
    JsonWriter writer(out);
    writer.begin_object();
    writer.key("event").string("ready");
    writer.key("lanes").begin_array();
    writer.begin_object().key("port").integer(-1).key("ca").null().end_object();
    writer.begin_object().end_object();
    writer.begin_array().end_array();
    writer.end_array();
    writer.key("ok").boolean(true);
    writer.key("size").natural(18446744073709551615U);
    writer.end_object();
    EXPECT_EQ(out, R"({"event":"ready","lanes":[{"port":-1,"ca":null},{},[]],"ok":true,)"
                   R"("size":18446744073709551615})");
}

TEST(JsonWriter, EscapesWhatJsonOrATerminalMustNotSee) {
    EXPECT_EQ(string_of("a\"b\\c/d"), R"("a\"b\\c/d")");
    EXPECT_EQ(string_of(std::string_view("\0\r\n\t\x1b\x7f", 6)), R"("\u0000\r\n\t\u001b\u007f")");
    EXPECT_EQ(string_of("\u009b\u202e\U000E0041"), R"("\u009b\u202e\udb40\udc41")");
    EXPECT_EQ(string_of("gr\u00fc\u00dfe \U0001F4E7"), "\"gr\u00fc\u00dfe \U0001F4E7\"");
}

TEST(JsonWriter, NeverWritesWhatIsNotUtf8) {
    EXPECT_EQ(string_of("a\xff\xc3"), "\"a\uFFFD\uFFFD\"");
}

std::string json_of(const Log& log, const JsonOptions& options = {}) {
    return json(log.snapshot(), options);
}

TEST(Json, HasOneLineForALine) {
    Log log = sample::log();
    log.wire(Kind::client_line, 120314, {Side::client, true, 3, Secret::no}, "MAIL FROM:<a@b>\r\n");
    EXPECT_EQ(json_of(log),
              R"({"v":1,"session":"12","n":0,"us":120314,"time":"2026-11-24T23:00:00.120314Z",)"
              R"("event":"client_line","tls":true,"segment":3,"offset":0,"length":17,)"
              R"("text":"MAIL FROM:<a@b>","ending":"crlf"})"
              "\n");
}

std::string behind_length(const std::string& line) {
    return line.substr(line.find("\"length\""));
}

TEST(Json, SaysHowALineEnds) {
    for (const auto& [octets, expected] : std::vector<std::pair<std::string, std::string>>{
             {"NOOP\n", R"("length":5,"text":"NOOP","ending":"lf"})"},
             {"NOOP", R"("length":4,"text":"NOOP","ending":"none"})"},
             {"NOOP\r", R"("length":5,"b64":"Tk9PUA0="})"},
             {"caf\xe9\r\n", R"("length":6,"b64":"Y2Fm6Q0K"})"}}) {
        Log log = sample::log();
        log.wire(Kind::client_line, 0, client, octets);
        EXPECT_EQ(behind_length(json_of(log)), expected + "\n");
    }
}

TEST(Json, SaysThatASecretWasReplaced) {
    Log log = sample::log();
    log.secret(Kind::client_line, 0, client, "AUTH PLAIN ********\r\n", 99);
    EXPECT_EQ(
        behind_length(json_of(log)),
        "\"length\":99,\"secret\":true,\"text\":\"AUTH PLAIN ********\",\"ending\":\"crlf\"}\n");
}

TEST(Json, RefersToMailData) {
    Log log = sample::log();
    log.mail_data(0, client, sample::mail_data("..\r\na\r\n"), 7);
    EXPECT_EQ(behind_length(json_of(log)),
              R"("length":7,"mail_data":0,"complete":true,"size":7,"content_size":6,)"
              R"("removed_periods":[0]})"
              "\n");
    JsonOptions options;
    options.mail_data = MailDataOctets::in_line;
    options.file = [](const Session& session, std::uint32_t index) {
        return session.id + "-" + std::to_string(index) + ".eml";
    };
    EXPECT_TRUE(
        json_of(log, options).ends_with("\"file\":\"12-0.eml\",\"b64\":\"Li4NCmENCg==\"}\n"));
}

TEST(Json, SaysWhereMailDataIsIrregular) {
    auto data = std::make_shared<smtp::MailData>();
    data->wire = "a\nb";
    data->bare_lf = {1, 1};
    Log log = sample::log();
    log.mail_data(0, client, data, 3);
    EXPECT_EQ(behind_length(json_of(log)),
              R"("length":3,"mail_data":0,"complete":false,"size":3,"content_size":3,)"
              R"("bare_lf":{"count":1,"first":1}})"
              "\n");
}

std::string behind_event(const std::string& line) {
    return line.substr(line.find("\"event\""));
}

TEST(Json, HasTheFactsOfAnEventAsFields) {
    Log log = sample::log();
    log.event(Kind::waited, 0, {{key::why, "a rule"}, {key::waited_us, -2}});
    EXPECT_EQ(behind_event(json_of(log)), R"("event":"waited","why":"a rule","waited_us":-2})"
                                          "\n");
}

TEST(Json, HasATruthAsOne) {
    Log log = sample::log();
    log.event(Kind::draw, 0, {{key::fired, true}});
    log.event(Kind::draw, 0, {{key::fired, false}});
    const std::string lines = json_of(log);
    EXPECT_NE(lines.find(",\"fired\":true}\n"), std::string::npos);
    EXPECT_NE(lines.find(",\"fired\":false}\n"), std::string::npos);
}

TEST(Json, HasAFactThatIsNotUtf8AsBase64) {
    Log log = sample::log();
    log.event(Kind::identified, 0, {{key::name, "caf\xe9"}});
    EXPECT_EQ(behind_event(json_of(log)), "\"event\":\"identified\",\"name_b64\":\"Y2Fm6Q==\"}\n");
}

TEST(Json, TellsTheEndsOfTheSessionOnceWhenItConnects) {
    Log log = sample::log();
    log.event(Kind::connected, 0, {{key::client, "said twice"}});
    EXPECT_EQ(behind_event(json_of(log)),
              R"("event":"connected","client":"127.0.0.1:50123","server":"127.0.0.1:1025",)"
              R"("lane":"default"})"
              "\n");
}

TEST(LiveJson, WritesEachEventAsItComes) {
    std::string written;
    LiveJson live([&](std::string_view line) { written += line; });
    Log log = sample::log(&live);
    log.event(Kind::connected, 0);
    log.wire(Kind::client_line, 1, client, "NOOP\r\n");
    log.mail_data(2, client, sample::mail_data("a"), 1);
    EXPECT_EQ(written, json_of(log));
}

TEST(Schema, HasEveryFactOfTheTable) {
    std::ifstream file(SMTPRIG_SOURCE_DIR "/fixture/transcript/schema.json");
    std::stringstream text;
    text << file.rdbuf();
    const std::string schema = text.str();
    for (const FactRow& row : fact_rows()) {
        // From the definition of the kind to that of the next.
        const std::size_t begin = schema.find("    \"" + std::string(name(row.kind)) + "\": {");
        ASSERT_NE(begin, std::string::npos) << name(row.kind);
        const std::string definition = schema.substr(begin, schema.find("\n    },", begin) - begin);
        EXPECT_NE(definition.find("\"" + std::string(row.key) + "\": {"), std::string::npos)
            << name(row.kind) << ": " << row.key;
    }
}

}  // namespace
}  // namespace smtprig::transcript

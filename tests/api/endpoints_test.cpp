#include <gmock/gmock.h>

#include "fixture/api/openapi.hpp"
#include "tests/api/harness.hpp"

namespace smtprig::api {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(Api, EveryRouteStandsInItsDescription) {
    // Whether it answers as the description says is tried over HTTP, in tests/end-to-end.
    const std::string_view document = openapi_document();
    for (const Route& route : routes()) {
        const std::string key = '"' + std::string(route.path) + "\":";
        EXPECT_NE(document.find(key), std::string_view::npos) << route.path;
    }
}

TEST_F(Api, AProblemNamesTheFieldAndWhatIsAllowed) {
    const Response unknown = post("/rig/v1/wait", R"({"forward_paht":"x"})");
    EXPECT_EQ(unknown.status, 422);
    EXPECT_EQ(unknown.content_type, "application/problem+json");
    EXPECT_THAT(unknown.body, HasSubstr(R"("field":"forward_paht")"));
    EXPECT_THAT(unknown.body, HasSubstr(R"("forward_path")"));
    EXPECT_THAT(post("/rig/v1/wait", R"({"count":-1})").body, HasSubstr("from 0 to 1000000"));
    EXPECT_THAT(post("/rig/v1/wait", R"({"count":1e300})").body, HasSubstr("whole number"));
    EXPECT_THAT(post("/rig/v1/wait", R"({"within":"5 parsecs"})").body, HasSubstr("no duration"));
    EXPECT_THAT(post("/rig/v1/wait", R"({"headers":{"X":1}})").body, HasSubstr("headers.X"));
    EXPECT_THAT(post("/rig/v1/messages/delete", R"({"ids":["a",1]})").body, HasSubstr("ids[1]"));
    EXPECT_EQ(post("/rig/v1/wait", "{").status, 400);
    EXPECT_EQ(post("/rig/v1/wait", "{\"subject\":\"\xff\"}").status, 400);
    EXPECT_EQ(post("/rig/v1/wait", "[]").status, 422);
    EXPECT_EQ(post("/rig/v1/wait", std::string(1000, '[')).status, 400);
    EXPECT_THAT(get("/rig/v1/messages?limit=0").body, HasSubstr("from 1 to 1000"));
    EXPECT_THAT(get("/rig/v1/messages?order=random").body, HasSubstr(R"("oldest_first")"));
    EXPECT_THAT(get("/rig/v1/messages?size=1").body, HasSubstr(R"("field":"size")"));
    EXPECT_EQ(get("/rig/v1/messages?limit=1&limit=2").status, 400);
    EXPECT_EQ(get("/rig/v1/messages/%zz").status, 400);
}

TEST_F(Api, WhatIsNotThereIsOneClearProblem) {
    for (const char* const target :
         {"/", "/rig", "/rig/v1/", "/rig/v1/messages/", "/rig/v1/messages/x", "/rig/v1/sessions/x",
          "/rig/v1/messages/..%2f..%2fetc%2fpasswd", "/rig/v1/messages/../../etc/passwd/raw",
          "/rig/v1/lanes/none", "//livez"}) {
        const Response response = get(target);
        EXPECT_EQ(response.status, 404) << target;
        EXPECT_THAT(response.body, HasSubstr("\"detail\"")) << target;
    }
    const Response wrong = std::get<Response>(ask("PATCH", "/rig/v1/messages"));
    EXPECT_EQ(wrong.status, 405);
    EXPECT_THAT(wrong.headers, testing::Contains(std::pair<std::string, std::string>(
                                   "Allow", "GET, HEAD, DELETE")));
}

TEST_F(Api, APageGoesOnWhereTheLastOneEnded) {
    for (int i = 1; i <= 5; ++i) mail("s-" + std::to_string(i), "b@server.example");
    const std::string first = get("/rig/v1/messages?limit=2").body;
    EXPECT_THAT(first, HasSubstr("s-5-1"));
    EXPECT_THAT(first, HasSubstr("s-4-1"));
    EXPECT_THAT(first, Not(HasSubstr("s-3-1")));
    const std::string mark = "\"next\":";
    const std::string cursor =
        first.substr(first.find(mark) + mark.size(),
                     first.find(",\"cursor\":", first.find(mark)) - first.find(mark) - mark.size());
    mail("s-6", "b@server.example");  // what comes meanwhile moves no page
    const std::string second = get("/rig/v1/messages?limit=2&cursor=" + cursor).body;
    EXPECT_THAT(second, HasSubstr("s-3-1"));
    EXPECT_THAT(second, HasSubstr("s-2-1"));
    EXPECT_THAT(second, Not(HasSubstr("s-4-1")));
    EXPECT_THAT(get("/rig/v1/messages?order=oldest_first&limit=1").body, HasSubstr("s-1-1"));
    EXPECT_THAT(get("/rig/v1/messages?limit=6").body, HasSubstr("\"next\":null"));
}

TEST_F(Api, AMessageIsShownAsItWasSent) {
    mail("s-1", "b@server.example",
         "Subject: =?iso-8859-1?Q?Gr=FC=DFe?=\r\n =?utf-8?B?IQ==?=\r\nX-Raw: \xff\r\n\r\n..a\r\n");
    EXPECT_THAT(get("/rig/v1/messages/s-1-1").body, HasSubstr("\"subject\":\"Grüße!\""));
    EXPECT_THAT(get("/rig/v1/messages/s-1-1/headers").body, HasSubstr("\"value_b64\":\"/w==\""));
    const Response raw = get("/rig/v1/messages/s-1-1/raw");
    EXPECT_EQ(raw.content_type, "message/rfc822");
    EXPECT_THAT(raw.body, HasSubstr("X-Raw: \xff\r\n"));
    EXPECT_THAT(get("/rig/v1/messages/s-1-1/envelope").body, HasSubstr("a@client.example"));
    EXPECT_THAT(get("/rig/v1/sessions/s-1").body, HasSubstr("\"messages\":[\"s-1-1\"]"));
    EXPECT_THAT(get("/rig/v1/sessions/s-1/transcript?format=jsonl").body,
                HasSubstr("\"event\":\"connected\""));
}

TEST_F(Api, DeletingNamesWhatGoes) {
    for (const char* const id : {"s-1", "s-2", "s-3"}) mail(id, "b@server.example");
    mail("s-4", "b@server.example", "Subject: x\r\n\r\n", "other");
    EXPECT_THAT(post("/rig/v1/messages/delete", R"({"ids":["s-1-1","nothing","s-1-1"]})").body,
                HasSubstr("\"deleted\":1"));
    EXPECT_EQ(std::get<Response>(ask("DELETE", "/rig/v1/messages/s-2-1")).status, 200);
    EXPECT_EQ(std::get<Response>(ask("DELETE", "/rig/v1/messages/s-2-1")).status, 404);
    EXPECT_THAT(std::get<Response>(ask("DELETE", "/rig/v1/messages")).body,
                HasSubstr("\"deleted\":1"));
    EXPECT_THAT(get("/rig/v1/messages").body, HasSubstr("s-4-1"));
    EXPECT_EQ(get("/rig/v1/sessions/s-1").status, 200);  // its session stays
    EXPECT_THAT(std::get<Response>(ask("DELETE", "/rig/v1/sessions")).body,
                HasSubstr("\"deleted\":3"));
    EXPECT_EQ(get("/rig/v1/sessions/s-1").status, 404);
}

TEST_F(Api, WhatIsTakenIsGone) {
    mail("s-1", "b@server.example");
    mail("s-2", "c@server.example");
    mail("s-3", "b@server.example");
    const std::string body = R"({"forward_path":"b@*"})";
    EXPECT_THAT(post("/rig/v1/messages/take", body).body, HasSubstr("s-1-1"));
    const std::string second = post("/rig/v1/messages/take", body).body;
    EXPECT_THAT(second, HasSubstr("s-3-1"));
    EXPECT_THAT(second, HasSubstr("Text"));
    EXPECT_EQ(post("/rig/v1/messages/take", body).body, "{\"messages\":[]}");
    EXPECT_EQ(store->counts().messages, 1U);
}

TEST_F(Api, LanesComeAndGo) {
    const Response made = post("/rig/v1/lanes", R"({"name":"a","set":{"x":"1"},"seed":5})");
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(lanes.asked.seed, 5U);
    mail("s-1", "b@server.example", "Subject: x\r\n\r\nraw text\r\n", "a");
    mail("s-2", "b@server.example");
    const Response gone = std::get<Response>(ask("DELETE", "/rig/v1/lanes/a"));
    EXPECT_THAT(gone.body, HasSubstr("raw text"));
    EXPECT_THAT(gone.body, Not(HasSubstr("s-2")));
    EXPECT_EQ(store->counts().messages, 1U);
    EXPECT_EQ(get("/rig/v1/lanes/a").status, 404);
    EXPECT_EQ(std::get<Response>(ask("DELETE", "/rig/v1/lanes/default")).status, 409);
    const Response broken = post("/rig/v1/lanes", R"({"scenario":"broken"})");
    EXPECT_EQ(broken.status, 422);
    EXPECT_THAT(broken.body, HasSubstr(R"("diagnostics":[{"gravity":"error","file":"","line":7)"));
    EXPECT_EQ(post("/rig/v1/lanes", R"({"scenario":"a","xml":"b"})").status, 422);
    EXPECT_EQ(post("/rig/v1/lanes", R"({"tls":"yes"})").status, 422);
}

std::string next(Answer& answer) {
    return std::get<std::unique_ptr<EventStream>>(answer)->next();
}

TEST_F(Api, EventsGoOnBehindTheLastOne) {
    mail("s-1", "b@server.example");
    Request resumed = request("GET", "/rig/v1/events");
    resumed.headers.emplace_back("Last-Event-ID", "1");
    Answer stream = answer(resumed, context);
    const std::string first = next(stream);
    EXPECT_THAT(first, Not(HasSubstr("session_opened")));
    EXPECT_THAT(first, HasSubstr("id: 2\nevent: message\n"));
    EXPECT_THAT(first, HasSubstr("id: 3\nevent: session_closed\n"));
    EXPECT_EQ(next(stream), "");
    mail("s-2", "b@server.example");
    EXPECT_THAT(next(stream), HasSubstr("id: 5\nevent: message\n"));
    Answer fresh = ask("GET", "/rig/v1/events");
    EXPECT_EQ(next(fresh), "");
}

TEST_F(Api, AReaderThatIsFarBehindIsToldWhatItMissed) {
    Answer stream = ask("GET", "/rig/v1/events");
    for (int i = 0; i < 6000; ++i) mail("s-" + std::to_string(i), "b@server.example");
    const std::string first = next(stream);
    EXPECT_THAT(first, testing::StartsWith("event: resync\ndata: {\"missed_after\":0,"));
    // It is given a bounded piece at a time.
    EXPECT_LT(first.size(), 64U * 1024);
    std::string last;
    for (std::string piece = next(stream); !piece.empty(); piece = next(stream)) last = piece;
    EXPECT_THAT(last, HasSubstr("s-5999"));
}

}  // namespace
}  // namespace smtprig::api

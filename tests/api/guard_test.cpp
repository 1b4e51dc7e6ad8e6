#include <gmock/gmock.h>

#include "tests/api/harness.hpp"

namespace smtprig::api {
namespace {

int status(const Guard& guard, const std::string& method,
           std::vector<std::pair<std::string, std::string>> headers,
           const std::string& target = "/rig/v1/stats") {
    const auto refused = refuse(Request{method, target, std::move(headers), ""}, guard);
    return refused ? refused->status : 200;
}

TEST(Guard, AnswersToThisMachineAddressesAndSingleLabelsOnly) {
    Guard guard;
    for (const char* const host :
         {"localhost", "LOCALHOST:8025", "app.localhost:1", "127.0.0.1:8025", "[::1]:8025", "[::1]",
          "10.1.2.3", "mail", "smtp_rig:80", "localhost."})
        EXPECT_EQ(status(guard, "GET", {{"Host", host}}), 200) << host;
    for (const char* const host : {"evil.example", "evil.example:8025", "127.0.0.1.evil.example",
                                   "1.2.3", "256.1.1.1", "localhost.evil.example"})
        EXPECT_EQ(status(guard, "GET", {{"Host", host}}), 403) << host;
    for (const char* const host : {"", "a b", "local/host", "localhost:x", "[::1", "[]", "[::1]x",
                                   "user@localhost", ".localhost"})
        EXPECT_EQ(status(guard, "GET", {{"Host", host}}), 400) << host;
    EXPECT_EQ(status(guard, "GET", {}), 400);
    EXPECT_EQ(status(guard, "GET", {{"Host", "localhost"}, {"host", "localhost"}}), 400);
    guard.allowed_hosts = {"Rig.Example"};
    EXPECT_EQ(status(guard, "GET", {{"Host", "rig.example:8025"}}), 200);
    EXPECT_EQ(status(guard, "GET", {{"Host", "a.rig.example"}}), 403);
}

TEST(Guard, PagesOfOtherSitesChangeNothing) {
    const Guard guard;
    const auto with = [&](const std::string& method, const std::string& name,
                          const std::string& value) {
        return status(guard, method, {{"Host", "localhost:8025"}, {name, value}});
    };
    for (const char* const method : {"POST", "DELETE", "PUT", "PATCH"}) {
        for (const char* const origin : {"http://evil.example", "null", "http://localhost",
                                         "http://localhost:8026", "ftp://localhost:8025", ""})
            EXPECT_EQ(with(method, "Origin", origin), 403) << method << ' ' << origin;
        EXPECT_EQ(with(method, "Origin", "http://localhost:8025"), 200);
        EXPECT_EQ(with(method, "Sec-Fetch-Site", "cross-site"), 403);
        EXPECT_EQ(with(method, "Sec-Fetch-Site", "same-site"), 403);
        EXPECT_EQ(with(method, "Sec-Fetch-Site", "same-origin"), 200);
        EXPECT_EQ(with(method, "Sec-Fetch-Site", "none"), 200);
    }
    EXPECT_EQ(with("GET", "Origin", "http://evil.example"), 200);  // without CORS, it reads nothing
}

TEST(Guard, CredentialsAreAskedForWhereTheyAreSet) {
    Guard guard;
    guard.credentials = "user:pass:word";
    guard.token = "secret";
    const auto with = [&](const std::string& value) {
        return status(guard, "GET", {{"Host", "localhost"}, {"Authorization", value}});
    };
    EXPECT_EQ(with("Basic dXNlcjpwYXNzOndvcmQ="), 200);
    EXPECT_EQ(with("basic dXNlcjpwYXNzOndvcmQ="), 200);
    EXPECT_EQ(with("Bearer secret"), 200);
    for (const char* const wrong : {"", "Basic", "Basic dXNlcjpwYXNz", "Basic !", "Bearer secre",
                                    "Bearer secrets", "Bearer ", "Digest x"})
        EXPECT_EQ(with(wrong), 401) << wrong;
    EXPECT_EQ(status(guard, "GET", {{"Host", "localhost"}}), 401);
    EXPECT_EQ(status(guard, "GET", {{"Host", "localhost"}}, "/readyz"), 200);
    EXPECT_EQ(status(guard, "GET", {{"Host", "localhost"}}, "/metrics"), 401);
}

}  // namespace
}  // namespace smtprig::api

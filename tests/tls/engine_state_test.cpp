// What needs an OpenSSL session set up in ways that the contexts do not offer.
#include "fixture/tls/engine_state.hpp"

#include <gmock/gmock.h>

#include "fixture/tls/certificates.hpp"
#include "fixture/tls/setup.hpp"
#include "tests/tls/pair.hpp"

namespace smtprig::tls {
namespace {

TEST(EngineState, NamesAHelloRetryRequest) {
    const auto ctx = make_ctx(Role::server);
    Leaves leaves(std::make_shared<Authority>(), *find_certificate_kind("good"), "localhost", 1);
    ASSERT_FALSE(present(*ctx, *leaves.for_name(std::nullopt), "The certificate"));
    // Clients of OpenSSL 3.0 send a share of x25519 alone.
    ASSERT_EQ(SSL_CTX_set1_groups_list(ctx.get(), "P-384"), 1);
    Pair pair{
        Engine(std::make_unique<EngineState>(Role::server, SslPtr(SSL_new(ctx.get())), nullptr)),
        client_engine({})};
    pair.talk();
    ASSERT_TRUE(pair.client.established());
    const auto steps = pair.client.take_steps();
    const auto place = std::find_if(steps.begin(), steps.end(), [](const HandshakeStep& step) {
        return step.name == "hello_retry_request";
    });
    ASSERT_NE(place, steps.end());
    EXPECT_EQ(place->direction, Direction::received);
    EXPECT_EQ(pair.client.facts().group, "secp384r1");
    EXPECT_EQ(pair.server.take_steps().at(1).name, "hello_retry_request");
}

TEST(EngineState, ShrugsOffAFloodOfKeyUpdates) {
    const auto ctx = make_ctx(Role::client);
    SslPtr owner(SSL_new(ctx.get()));
    SSL* const ssl = owner.get();
    Pair pair{server_engine(std::make_shared<Authority>()),
              Engine(std::make_unique<EngineState>(Role::client, std::move(owner), nullptr))};
    pair.talk();
    ASSERT_TRUE(pair.server.established());
    std::string flood;
    for (int i = 0; i < 1000; ++i) {
        ASSERT_EQ(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED), 1);
        ASSERT_EQ(pair.client.write("x"), 1u);
        flood += pair.client.take_output();
    }
    ASSERT_EQ(pair.server.receive(flood, 0), flood.size());
    EXPECT_EQ(read_all(pair.server), std::string(1000, 'x'));
    EXPECT_TRUE(pair.server.established());
    EXPECT_LE(pair.server.output().size(), flood.size());
    EXPECT_EQ(pair.server.take_steps().size(), Engine::step_limit);
    // Both sides still understand each other.
    pair.server.write("250 OK\r\n");
    pair.talk();
    EXPECT_EQ(pair.at_client, "250 OK\r\n");
}

}  // namespace
}  // namespace smtprig::tls

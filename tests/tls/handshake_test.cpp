#include <gmock/gmock.h>

#include "tests/tls/pair.hpp"

namespace smtprig::tls {
namespace {

Pair pair_of(Version version, const std::string& name = "mail.example") {
    auto authority = std::make_shared<Authority>();
    ServerSettings server;
    server.protocol.lowest = server.protocol.highest = version;
    auto client = trusting(*authority, name);
    client.protocol = server.protocol;
    return {server_engine(authority, server), client_engine(std::move(client))};
}

class Handshake : public testing::TestWithParam<Version> {};

TEST_P(Handshake, EstablishesAndCarriesPlaintextBothWays) {
    auto pair = pair_of(GetParam());
    pair.talk();
    ASSERT_TRUE(pair.server.established()) << pair.server.failure()->reason;
    ASSERT_TRUE(pair.client.established()) << pair.client.failure()->reason;
    EXPECT_EQ(pair.client.write("EHLO client.example\r\n"), 21u);
    EXPECT_EQ(pair.server.write("250 server.example\r\n"), 20u);
    pair.talk();
    EXPECT_EQ(pair.at_server, "EHLO client.example\r\n");
    EXPECT_EQ(pair.at_client, "250 server.example\r\n");
}

INSTANTIATE_TEST_SUITE_P(Versions, Handshake,
                         testing::Values(Version::tls1_0, Version::tls1_1, Version::tls1_2,
                                         Version::tls1_3));

}  // namespace
}  // namespace smtprig::tls

#include <gmock/gmock.h>

#include "tests/tls/openssl_memory.hpp"
#include "tests/tls/pair.hpp"

namespace smtprig::tls {
namespace {

Pair established_pair(Version version = Version::tls1_3) {
    auto authority = std::make_shared<Authority>();
    ServerSettings settings;
    settings.protocol.highest = version;
    Pair pair{server_engine(authority, settings), client_engine({})};
    pair.talk();
    return pair;
}

std::string numbered_octets(std::size_t size) {
    std::string octets(size, '\0');
    for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<char>(i * 2654435761u >> 13);
    return octets;
}

std::string carry_all(Pair& pair, Engine& from, Engine& to, std::string_view plaintext) {
    std::string arrived;
    while (!plaintext.empty()) {
        plaintext.remove_prefix(from.write(plaintext));
        EXPECT_LE(from.output().size(), Engine::output_limit + 17 * 1024);
        pair.carry(from, to, arrived, 64 * 1024);
    }
    return arrived;
}

TEST(Bulk, TenMebibytesArriveUnchangedBothWays) {
    const auto octets = numbered_octets(10 * 1024 * 1024);
    for (const auto version : {Version::tls1_2, Version::tls1_3}) {
        auto pair = established_pair(version);
        EXPECT_TRUE(carry_all(pair, pair.client, pair.server, octets) == octets);
        EXPECT_TRUE(carry_all(pair, pair.server, pair.client, octets) == octets);
    }
}

TEST(Bounds, WriteTakesNoMoreThanTheOutputMayHold) {
    auto pair = established_pair();
    const auto octets = numbered_octets(2 * Engine::output_limit);
    const auto taken = pair.client.write(octets);
    EXPECT_LT(taken, octets.size());
    EXPECT_LE(pair.client.output().size(), Engine::output_limit + 17 * 1024);
    EXPECT_EQ(pair.client.write("more"), 0u);
    pair.client.sent(pair.client.output().size());
    EXPECT_EQ(pair.client.write("more"), 4u);
}

TEST(Bounds, OctetsLeftUnreadAreRefusedAtTheLimitAndLostNowhere) {
    auto pair = established_pair();
    const auto plaintext = numbered_octets(3 * Engine::input_limit);
    std::string ciphertext;
    std::string_view unwritten = plaintext;
    while (!unwritten.empty()) {
        unwritten.remove_prefix(pair.client.write(unwritten));
        ciphertext += pair.client.take_output();
    }
    std::string_view rest = ciphertext;
    std::string arrived;
    while (!rest.empty()) {
        const auto taken = pair.server.receive(rest, 0);
        EXPECT_LE(taken, Engine::input_limit);
        EXPECT_LE(pair.server.buffered(), Engine::input_limit);
        EXPECT_EQ(pair.server.receive(rest.substr(taken), 0), 0u);
        rest.remove_prefix(taken);
        arrived += read_all(pair.server);
    }
    EXPECT_TRUE(arrived == plaintext);
}

TEST(Bounds, OutputThatIsSentInPiecesKeepsItsOrder) {
    auto pair = established_pair();
    const auto plaintext = numbered_octets(100'000);
    std::string_view unwritten = plaintext;
    std::string ciphertext;
    while (!unwritten.empty()) {
        unwritten.remove_prefix(pair.client.write(unwritten.substr(0, 7'000)));
        const auto sent = std::min<std::size_t>(pair.client.output().size(), 5'000);
        ciphertext += pair.client.output().substr(0, sent);
        pair.client.sent(sent);
    }
    ciphertext += pair.client.take_output();
    ASSERT_EQ(pair.server.receive(ciphertext, 0), ciphertext.size());
    EXPECT_TRUE(read_all(pair.server) == plaintext);
}

// A ClientHello that says it has 131,071 octets, one octet in each record.
TEST(Bounds, AHandshakeThatNeverEndsCostsBoundedMemoryAndFails) {
    // The first engine of a context makes what all share.
    const auto context = *ServerContext::make({}, std::make_shared<Authority>());
    context.new_server_engine();
    const auto before = openssl_octets();
    ASSERT_GT(before, 0u);
    auto engine = context.new_server_engine();
    std::string octets = std::string("\x01\x01\xff\xff", 4);
    std::size_t most = 0;
    std::size_t fed = 0;
    while (!engine.failed() && fed < 2 * Engine::handshake_limit) {
        const char octet = fed / 6 < octets.size() ? octets[fed / 6] : '\x03';
        const std::string record = std::string("\x16\x03\x01\x00\x01", 5) + octet;
        fed += engine.receive(record, 0);
        most = std::max(most, openssl_octets() - before + engine.buffered());
    }
    ASSERT_TRUE(engine.failed());
    EXPECT_LE(fed, Engine::handshake_limit + 6);
    EXPECT_LT(most, 256u * 1024);
}

TEST(Bounds, AStalledHandshakeHoldsABufferEachWayAndOneMessage) {
    const auto context = *ServerContext::make({}, std::make_shared<Authority>());
    const auto stall = [&] {
        auto engine = context.new_server_engine();
        engine.receive(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), 0);
        EXPECT_EQ(engine.status(), EngineStatus::handshaking);
        return engine;
    };
    stall();
    const auto before = openssl_octets();
    ASSERT_GT(before, 0u);
    std::vector<Engine> engines;
    for (int i = 0; i < 10; ++i) engines.push_back(stall());
    const auto each = (openssl_octets() - before) / engines.size();
    RecordProperty("openssl_octets_each", static_cast<int>(each));
    EXPECT_LT(each, 80u * 1024);
}

TEST(Bounds, AnIdleSessionHoldsNoBuffers) {
    const auto server = *ServerContext::make({}, std::make_shared<Authority>());
    const auto client = *ClientContext::make({});
    const auto settle = [&] {
        Pair pair{server.new_server_engine(), client.new_client_engine()};
        pair.talk();
        carry_all(pair, pair.client, pair.server, numbered_octets(100'000));
        carry_all(pair, pair.server, pair.client, numbered_octets(100'000));
        return pair;
    };
    // Certificates and what OpenSSL fetches once are no part of a session.
    settle();
    const auto before = openssl_octets();
    ASSERT_GT(before, 0u);
    std::vector<Pair> pairs;
    for (int i = 0; i < 10; ++i) pairs.push_back(settle());
    const auto each = (openssl_octets() - before) / 20;
    RecordProperty("openssl_octets_each", static_cast<int>(each));
    EXPECT_LT(each, 20u * 1024);
    for (const auto& pair : pairs) EXPECT_EQ(pair.server.buffered(), 0u);
}

}  // namespace
}  // namespace smtprig::tls

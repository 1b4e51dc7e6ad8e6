#include <gmock/gmock.h>

#include "tests/tls/pair.hpp"

namespace smtprig::tls {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Pair pair_of(Version version, const std::string& name = "mail.example") {
    auto authority = std::make_shared<Authority>();
    ServerSettings server;
    server.protocol.lowest = server.protocol.highest = version;
    auto client = trusting(*authority, name);
    client.protocol = server.protocol;
    return {server_engine(authority, server), client_engine(std::move(client))};
}

std::vector<std::string> as_words(const std::vector<HandshakeStep>& steps) {
    std::vector<std::string> words;
    for (const auto& step : steps)
        words.push_back((step.direction == Direction::received ? "< " : "> ") +
                        std::string(step.name));
    return words;
}

class Handshake : public testing::TestWithParam<Version> {};

TEST_P(Handshake, EstablishesAndCarriesPlaintextBothWays) {
    auto pair = pair_of(GetParam());
    pair.talk();
    ASSERT_TRUE(pair.server.established()) << pair.server.failure()->reason;
    ASSERT_TRUE(pair.client.established()) << pair.client.failure()->reason;
    EXPECT_EQ(pair.server.facts().version, to_text(GetParam()));
    EXPECT_EQ(pair.client.write("EHLO client.example\r\n"), 21u);
    EXPECT_EQ(pair.server.write("250 server.example\r\n"), 20u);
    pair.talk();
    EXPECT_EQ(pair.at_server, "EHLO client.example\r\n");
    EXPECT_EQ(pair.at_client, "250 server.example\r\n");
}

TEST_P(Handshake, IsTheSameWhenEachOctetComesAlone) {
    auto whole = pair_of(GetParam());
    whole.talk();
    auto pieces = pair_of(GetParam());
    pieces.talk(1);
    ASSERT_TRUE(pieces.server.established());
    ASSERT_TRUE(pieces.client.established());
    EXPECT_EQ(as_words(pieces.server.take_steps()), as_words(whole.server.take_steps()));
    EXPECT_EQ(as_words(pieces.client.take_steps()), as_words(whole.client.take_steps()));
    EXPECT_EQ(pieces.server.facts().cipher, whole.server.facts().cipher);
    EXPECT_EQ(pieces.server.facts().group, whole.server.facts().group);

    pieces.client.write("NOOP\r\n");
    pieces.talk(1);
    EXPECT_EQ(pieces.at_server, "NOOP\r\n");
}

TEST_P(Handshake, IsResumedWithTheTicketOfAnEarlierSession) {
    auto authority = std::make_shared<Authority>();
    auto settings = trusting(*authority, "mail.example");
    settings.protocol.lowest = settings.protocol.highest = GetParam();
    const auto client = ClientContext::make(settings);
    ServerSettings server_settings;
    server_settings.protocol = settings.protocol;
    const auto server = ServerContext::make(server_settings, authority);
    Pair first{server->new_server_engine(), client->new_client_engine()};
    first.talk();
    EXPECT_FALSE(first.server.facts().resumed);
    const auto session = first.client.session();
    ASSERT_TRUE(session);

    Pair second{server->new_server_engine(), client->new_client_engine(session)};
    second.talk();
    ASSERT_TRUE(second.server.established());
    EXPECT_TRUE(second.server.facts().resumed);
    EXPECT_TRUE(second.client.facts().resumed);

    server_settings.resumption = Resumption::off;
    const auto other = ServerContext::make(server_settings, authority);
    Pair third{other->new_server_engine(), client->new_client_engine(session)};
    third.talk();
    ASSERT_TRUE(third.server.established());
    EXPECT_FALSE(third.server.facts().resumed);
    EXPECT_FALSE(third.client.session());
}

INSTANTIATE_TEST_SUITE_P(Versions, Handshake,
                         testing::Values(Version::tls1_0, Version::tls1_1, Version::tls1_2,
                                         Version::tls1_3),
                         [](const auto& of) {
                             std::string name(to_text(of.param));
                             name.erase(name.find('.'), 1);
                             return name;
                         });

TEST(HandshakeSteps, AreThoseOfTls13WithTimeAndPlace) {
    auto pair = pair_of(Version::tls1_3);
    pair.client.start(100);
    const auto client_hello = pair.client.take_output();
    pair.server.receive(client_hello, 200);
    const auto flight = std::string(pair.server.output());
    pair.talk();
    const auto steps = pair.server.take_steps();
    EXPECT_THAT(as_words(steps),
                ElementsAre("< client_hello", "> server_hello", "> change_cipher_spec",
                            "> encrypted_extensions", "> certificate", "> certificate_verify",
                            "> finished", "< change_cipher_spec", "< finished",
                            "> new_session_ticket", "> new_session_ticket"));
    EXPECT_EQ(steps[0].at, 200);
    EXPECT_EQ(steps[0].offset, 0u);
    EXPECT_EQ(steps[0].length + 5, client_hello.size());
    EXPECT_EQ(steps[1].offset, 0u);
    EXPECT_EQ(steps[2].offset, steps[1].length + 5);
    for (std::size_t i = 1; i < 7; ++i) {
        // Each offset is the begin of a record: content type, then a version 3.x.
        ASSERT_LT(steps[i].offset + 1, flight.size()) << steps[i].name;
        EXPECT_THAT(flight[steps[i].offset], testing::AnyOf('\x14', '\x16', '\x17'));
        EXPECT_EQ(flight[steps[i].offset + 1], '\x03');
    }
    EXPECT_TRUE(pair.server.take_steps().empty());
    EXPECT_EQ(pair.client.take_steps().front().at, 100);
}

TEST(HandshakeSteps, AreThoseOfTls12) {
    auto pair = pair_of(Version::tls1_2);
    pair.talk();
    EXPECT_THAT(
        as_words(pair.server.take_steps()),
        ElementsAre("< client_hello", "> server_hello", "> certificate", "> server_key_exchange",
                    "> server_hello_done", "< client_key_exchange", "< change_cipher_spec",
                    "< finished", "> new_session_ticket", "> change_cipher_spec", "> finished"));
}

TEST(Facts, TellWhatWasChosenAndWhatTheClientOffered) {
    auto authority = std::make_shared<Authority>();
    ServerSettings server;
    server.protocol.alpn = {"smtp"};
    auto client = trusting(*authority, "Mail.Example");
    client.protocol.alpn = {"other", "smtp"};
    client.protocol.ciphersuites = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
    Pair pair{server_engine(authority, server), client_engine(client)};
    pair.talk();
    const auto facts = pair.server.facts();
    EXPECT_EQ(facts.version, "TLSv1.3");
    EXPECT_EQ(facts.cipher, "TLS_CHACHA20_POLY1305_SHA256");
    EXPECT_EQ(facts.group, "x25519");
    EXPECT_EQ(facts.signature_algorithm, "ecdsa_secp256r1_sha256");
    EXPECT_EQ(facts.server_name, "Mail.Example");
    EXPECT_THAT(facts.alpn_offered, ElementsAre("other", "smtp"));
    EXPECT_EQ(facts.alpn_selected, "smtp");
    EXPECT_TRUE(facts.peer_chain.empty());
    EXPECT_EQ(facts.peer_verify_result, "");
    EXPECT_TRUE(facts.alerts.empty());
    ASSERT_TRUE(facts.client_hello);
    EXPECT_EQ(facts.client_hello->legacy_version, "TLSv1.2");
    EXPECT_THAT(facts.client_hello->versions, ElementsAre("TLSv1.3", "TLSv1.2"));
    EXPECT_EQ(facts.client_hello->ciphers.at(0), "TLS_CHACHA20_POLY1305_SHA256");
    EXPECT_EQ(facts.client_hello->ciphers.at(1), "TLS_AES_128_GCM_SHA256");
    EXPECT_THAT(facts.client_hello->ciphers,
                testing::Contains("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"));
    EXPECT_EQ(facts.client_hello->groups.at(0), "x25519");
    EXPECT_THAT(facts.client_hello->signature_algorithms,
                testing::Contains("ecdsa_secp256r1_sha256"));

    const auto seen = pair.client.facts();
    EXPECT_FALSE(seen.client_hello);
    EXPECT_EQ(seen.cipher, facts.cipher);
    EXPECT_EQ(seen.signature_algorithm, facts.signature_algorithm);
    EXPECT_EQ(seen.alpn_selected, "smtp");
    ASSERT_EQ(seen.peer_chain.size(), 1u);
    EXPECT_EQ(seen.peer_chain[0].subject, "CN=mail.example");
    EXPECT_THAT(seen.peer_chain[0].issuer, StartsWith("CN=smtprig test CA "));
    EXPECT_EQ(seen.peer_verify_result, "ok");
}

TEST(Facts, NameTheKeyExchangeOfTls12) {
    auto pair = pair_of(Version::tls1_2);
    pair.talk();
    EXPECT_EQ(pair.server.facts().group, "x25519");
    EXPECT_EQ(pair.server.facts().signature_algorithm, "ecdsa_secp256r1_sha256");
    EXPECT_EQ(pair.client.facts().group, "x25519");
}

TEST(Failure, OfAClientThatDoesNotKnowTheCaShowsItsAlert) {
    for (const auto version : {Version::tls1_2, Version::tls1_3}) {
        auto authority = std::make_shared<Authority>();
        Authority other;
        auto settings = trusting(other, "mail.example");
        settings.protocol.lowest = settings.protocol.highest = version;
        Pair pair{server_engine(authority), client_engine(settings)};
        pair.talk();
        ASSERT_TRUE(pair.client.failed());
        EXPECT_THAT(pair.client.failure()->reason,
                    HasSubstr("unable to get local issuer certificate"));
        EXPECT_EQ(pair.client.failure()->alert->direction, Direction::sent);

        ASSERT_TRUE(pair.server.failed());
        const auto failure = *pair.server.failure();
        EXPECT_EQ(failure.reason, "The client sent the alert unknown_ca during the handshake.");
        ASSERT_TRUE(failure.alert);
        EXPECT_EQ(failure.alert->name, "unknown_ca");
        EXPECT_EQ(failure.alert->level, AlertLevel::fatal);
        EXPECT_EQ(failure.alert->direction, Direction::received);
        EXPECT_THAT(pair.server.facts().alerts, ElementsAre(*failure.alert));
        EXPECT_EQ(pair.server.facts().server_name, "mail.example");
    }
}

TEST(Failure, OfPlaintextInPlaceOfAClientHelloQuotesIt) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100}}) {
        auto engine = server_engine(std::make_shared<Authority>());
        std::string_view rest = "EHLO client.example\r\n";
        for (; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size())))
            engine.receive(rest.substr(0, piece), 0);
        ASSERT_TRUE(engine.failed());
        EXPECT_THAT(engine.failure()->reason,
                    StartsWith("The client sent plaintext where the TLS handshake was to begin: "
                               "\"EHLO "));
    }
}

TEST(Failure, OfTooFewOctetsOfPlaintextIsToldAtTheirEnd) {
    auto engine = server_engine(std::make_shared<Authority>());
    engine.receive("A\r\n", 0);
    EXPECT_EQ(engine.status(), EngineStatus::handshaking);
    engine.receive_end(0);
    ASSERT_TRUE(engine.failed());
    EXPECT_THAT(engine.failure()->reason, testing::EndsWith("\"A\\r\\n\"."));
}

TEST(Failure, OfAServerThatStaysInPlaintextIsToldToTheClient) {
    auto engine = client_engine({});
    engine.start(0);
    engine.receive("454 4.7.0 TLS is not available\r\n", 1);
    ASSERT_TRUE(engine.failed());
    EXPECT_THAT(engine.failure()->reason, HasSubstr("The server sent plaintext"));
}

TEST(Failure, OfNoCommonVersionNamesTheAlert) {
    auto authority = std::make_shared<Authority>();
    auto client = trusting(*authority, "mail.example");
    client.protocol.highest = Version::tls1_2;
    ServerSettings server;
    server.protocol.lowest = Version::tls1_3;
    Pair pair{server_engine(authority, server), client_engine(client)};
    pair.talk();
    ASSERT_TRUE(pair.server.failed());
    EXPECT_EQ(pair.server.failure()->alert->name, "protocol_version");
    EXPECT_EQ(pair.server.failure()->alert->direction, Direction::sent);
    EXPECT_EQ(pair.client.failure()->alert->name, "protocol_version");
    EXPECT_EQ(pair.client.failure()->alert->direction, Direction::received);
}

TEST(Failure, OfAnAlpnThatTheServerDoesNotKnow) {
    auto authority = std::make_shared<Authority>();
    auto client = trusting(*authority, "mail.example");
    client.protocol.alpn = {"imap"};
    ServerSettings server;
    server.protocol.alpn = {"smtp"};
    Pair pair{server_engine(authority, server), client_engine(client)};
    pair.talk();
    ASSERT_TRUE(pair.client.failed());
    EXPECT_EQ(pair.client.failure()->alert->name, "no_application_protocol");
}

TEST(Failure, OfAFlippedOctetIsABadRecord) {
    auto pair = pair_of(Version::tls1_3);
    pair.talk();
    pair.client.write("MAIL FROM:<a@client.example>\r\n");
    auto ciphertext = pair.client.take_output();
    ciphertext.back() = static_cast<char>(ciphertext.back() ^ 1);
    pair.server.receive(ciphertext, 0);
    EXPECT_EQ(read_all(pair.server), "");
    ASSERT_TRUE(pair.server.failed());
    EXPECT_EQ(pair.server.failure()->alert->name, "bad_record_mac");
    EXPECT_EQ(pair.server.write("250 OK\r\n"), 0u);
    // The alert is there to be sent.
    EXPECT_FALSE(pair.server.output().empty());
}

TEST(End, WithCloseNotifyIsClosed) {
    auto pair = pair_of(Version::tls1_3);
    pair.talk();
    pair.client.write("QUIT\r\n");
    pair.client.close_notify(77);
    pair.client.close_notify(78);
    const auto ciphertext = pair.client.take_output();
    pair.server.receive(ciphertext, 80);
    pair.server.receive_end(80);
    EXPECT_EQ(pair.server.status(), EngineStatus::established);
    EXPECT_EQ(read_all(pair.server), "QUIT\r\n");
    EXPECT_EQ(pair.server.status(), EngineStatus::closed);
    ASSERT_EQ(pair.client.facts().alerts.size(), 1u);
    EXPECT_EQ(pair.client.facts().alerts[0],
              (Alert{"close_notify", AlertLevel::warning, Direction::sent, 77}));
    EXPECT_EQ(pair.server.facts().alerts.at(0).direction, Direction::received);
    // The other side may still listen.
    EXPECT_EQ(pair.server.write("221 Bye\r\n"), 9u);
}

TEST(End, WithoutCloseNotifyIsTruncated) {
    for (const auto version : {Version::tls1_2, Version::tls1_3}) {
        auto pair = pair_of(version);
        pair.talk();
        pair.client.write("QUIT\r\n");
        const auto ciphertext = pair.client.take_output();
        pair.server.receive(ciphertext, 0);
        pair.server.receive_end(0);
        EXPECT_EQ(read_all(pair.server), "QUIT\r\n");
        EXPECT_EQ(pair.server.status(), EngineStatus::truncated);
        EXPECT_FALSE(pair.server.failure());
    }
}

TEST(End, InTheMiddleOfARecordIsTruncated) {
    auto pair = pair_of(Version::tls1_3);
    pair.talk();
    pair.client.write("QUIT\r\n");
    auto ciphertext = pair.client.take_output();
    ciphertext.pop_back();
    pair.server.receive(ciphertext, 0);
    EXPECT_EQ(read_all(pair.server), "");
    pair.server.receive_end(0);
    EXPECT_EQ(read_all(pair.server), "");
    EXPECT_EQ(pair.server.status(), EngineStatus::truncated);
}

TEST(End, DuringTheHandshakeIsAFailureThatNamesTheLastMessage) {
    auto pair = pair_of(Version::tls1_3);
    pair.client.start(0);
    pair.server.receive(pair.client.output(), 0);
    pair.server.receive_end(0);
    ASSERT_TRUE(pair.server.failed());
    EXPECT_EQ(pair.server.failure()->reason,
              "The client closed the connection before the handshake was complete; the last "
              "message was finished, sent.");
    auto silent = server_engine(std::make_shared<Authority>());
    silent.receive_end(0);
    EXPECT_EQ(silent.failure()->reason,
              "The client closed the connection before the handshake was complete; no message had "
              "passed.");
}

}  // namespace
}  // namespace smtprig::tls

#include "fixture/tls/context.hpp"

#include <gmock/gmock.h>
#include <openssl/pem.h>

#include <set>
#include <thread>

#include "fixture/tls/certificates.hpp"
#include "fixture/tls/pem.hpp"
#include "fixture/tls/x509.hpp"
#include "tests/tls/pair.hpp"
#include "tests/tls/scratch.hpp"

namespace smtprig::tls {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string problem_of(ServerSettings settings) {
    return ServerContext::make(std::move(settings), std::make_shared<Authority>()).problem();
}

TEST(ServerContext, MakesACertificateForTheNameThatTheClientAsksFor) {
    const auto authority = std::make_shared<Authority>();
    const auto context = *ServerContext::make({}, authority);
    for (const auto* name : {"mail.example", "smtp_service", "MAIL.example", "localhost"}) {
        Pair pair{context.new_server_engine(), client_engine(trusting(*authority, name))};
        pair.talk();
        EXPECT_TRUE(pair.client.established()) << name;
        EXPECT_EQ(pair.server.facts().server_name, name);
    }
    EXPECT_EQ(context.leaf_count(), 3u);
}

TEST(ServerContext, ShowsTheCertificateOfItsHostnameWithoutSni) {
    const auto authority = std::make_shared<Authority>();
    ServerSettings settings;
    settings.hostname = "fixture.example";
    for (const auto* address : {"127.0.0.1", "::1"}) {
        Pair pair{server_engine(authority, settings), client_engine(trusting(*authority, address))};
        pair.talk();
        EXPECT_TRUE(pair.client.established()) << address;
        EXPECT_FALSE(pair.server.facts().server_name);
        EXPECT_EQ(pair.client.facts().peer_chain.at(0).subject, "CN=fixture.example");
    }
}

TEST(ServerContext, MakesNoCertificateForANameThatIsNotLegal) {
    const auto authority = std::make_shared<Authority>();
    Pair pair{server_engine(authority), client_engine(trusting(*authority, "*.example"))};
    pair.talk();
    EXPECT_EQ(pair.server.facts().server_name, "*.example");
    EXPECT_TRUE(pair.client.failed());
    EXPECT_THAT(pair.client.failure()->reason, HasSubstr("hostname mismatch"));
    EXPECT_EQ(pair.server.failure()->alert->name, "bad_certificate");
}

// RFC 5280 allows 64 octets for a common name.
TEST(ServerContext, MakesACertificateForANameThatIsTooLongForASubject) {
    const auto authority = std::make_shared<Authority>();
    const std::string name = "a-name-of-more-than-sixty-four-octets.made-of-several-labels.example";
    ASSERT_GT(name.size(), 64u);
    Pair pair{server_engine(authority), client_engine(trusting(*authority, name))};
    pair.talk();
    ASSERT_TRUE(pair.client.established());
    EXPECT_EQ(pair.client.facts().peer_chain.at(0).subject, "");
}

TEST(Leaves, KeepNoMoreThanTheirCapacityAndDropTheOldest) {
    Leaves leaves(std::make_shared<Authority>(), *find_certificate_kind("good"), "localhost", 3);
    const auto first = leaves.for_name("a.example");
    EXPECT_EQ(leaves.for_name("A.example."), first);
    for (const auto* name : {"b.example", "c.example", "d.example"}) leaves.for_name(name);
    EXPECT_EQ(leaves.size(), 3u);
    EXPECT_NE(leaves.for_name("a.example"), first);
}

TEST(Leaves, ShareOneKey) {
    Leaves leaves(std::make_shared<Authority>(), *find_certificate_kind("good"), "localhost", 3);
    EXPECT_EQ(leaves.for_name("a.example")->key, leaves.for_name("b.example")->key);
}

TEST(ServerContext, LetsSeveralThreadsMakeEnginesForNewNames) {
    const auto authority = std::make_shared<Authority>();
    const auto context = *ServerContext::make({}, authority);
    const auto work = [&](int from) {
        for (int i = from; i < from + 20; ++i) {
            // Each name is new to one thread, and most are soon asked for by the other.
            Pair pair{context.new_server_engine(),
                      client_engine(trusting(*authority, "n" + std::to_string(i) + ".example"))};
            pair.talk();
            EXPECT_TRUE(pair.client.established());
        }
    };
    std::thread one(work, 0);
    std::thread two(work, 10);
    one.join();
    two.join();
    EXPECT_EQ(context.leaf_count(), 30u);
}

struct ClientCase {
    ClientCertificates mode;
    bool presents;
    bool from_our_ca;
    bool passes;
};

TEST(ServerContext, AsksForClientCertificatesAsItIsTold) {
    using Mode = ClientCertificates;
    const ClientCase cases[] = {
        {Mode::not_asked, true, true, true}, {Mode::asked, false, false, true},
        {Mode::asked, true, true, true},     {Mode::asked, true, false, true},
        {Mode::required, true, false, true}, {Mode::required, false, false, false},
        {Mode::verified, true, true, true},  {Mode::verified, true, false, false},
    };
    for (const auto version : {Version::tls1_2, Version::tls1_3}) {
        for (const auto& one : cases) {
            const auto authority = std::make_shared<Authority>();
            Authority other;
            ServerSettings settings;
            settings.client_certificates = one.mode;
            settings.protocol.highest = version;
            auto client = trusting(*authority, "mail.example");
            if (one.presents) {
                const auto identity =
                    make_client_identity(one.from_our_ca ? *authority : other, "client.example");
                client.certificate_pem = identity.certificate_pem;
                client.key_pem = identity.key_pem;
            }
            Pair pair{server_engine(authority, settings), client_engine(client)};
            pair.talk();
            SCOPED_TRACE(testing::Message() << static_cast<int>(one.mode) << one.presents
                                            << one.from_our_ca << to_text(version));
            EXPECT_EQ(pair.server.established(), one.passes);
            EXPECT_EQ(pair.client.established(), one.passes);
            const auto facts = pair.server.facts();
            if (one.presents && one.passes && one.mode != Mode::not_asked) {
                ASSERT_EQ(facts.peer_chain.size(), 1u);
                EXPECT_EQ(facts.peer_chain[0].subject, "CN=client.example");
                EXPECT_EQ(facts.peer_verify_result,
                          one.from_our_ca ? "ok" : "unable to get local issuer certificate");
            } else if (!one.presents) {
                EXPECT_TRUE(facts.peer_chain.empty());
            }
            if (one.passes) continue;
            const std::string alert = one.presents                 ? "unknown_ca"
                                      : version == Version::tls1_3 ? "certificate_required"
                                                                   : "handshake_failure";
            EXPECT_EQ(pair.client.failure()->alert->name, alert);
        }
    }
}

class UserCertificate : public testing::Test {
  protected:
    UserCertificate() {
        Recipe recipe;
        recipe.purpose = Purpose::authority;
        recipe.common_name = "somebody's CA";
        ca_.key = make_p256_key();
        ca_.certificate = make_certificate(recipe, *ca_.key, nullptr);
        Recipe own;
        own.common_name = "user.example";
        own.dns_names = {"user.example"};
        key_ = make_p256_key();
        certificate_ = make_certificate(own, *key_, &ca_);
        settings_.certificate_file =
            write_file(scratch_ / "cert.pem", to_pem(*certificate_) + to_pem(*ca_.certificate));
        settings_.key_file = write_file(scratch_ / "key.pem", to_pem(*key_));
    }

    const Scratch scratch_;
    Identity ca_;
    KeyPtr key_;
    X509Ptr certificate_;
    ServerSettings settings_;
};

TEST_F(UserCertificate, IsShownWithItsChain) {
    ClientSettings client;
    client.trust = Trust::given;
    client.ca_pem = to_pem(*ca_.certificate);
    client.server_name = "user.example";
    Pair pair{server_engine(std::make_shared<Authority>(), settings_), client_engine(client)};
    pair.talk();
    ASSERT_TRUE(pair.client.established()) << pair.client.failure()->reason;
    EXPECT_EQ(pair.client.facts().peer_chain.size(), 2u);
}

TEST_F(UserCertificate, MayBeInOneFileWithItsKey) {
    settings_.certificate_file = settings_.key_file =
        write_file(scratch_ / "both.pem", to_pem(*key_) + to_pem(*certificate_));
    EXPECT_EQ(problem_of(settings_), "");
}

TEST_F(UserCertificate, ThatIsWrongIsToldWithItsFile) {
    const auto with = [&](std::string certificate, std::string key) {
        ServerSettings settings;
        settings.certificate_file = std::move(certificate);
        settings.key_file = std::move(key);
        return problem_of(settings);
    };
    const auto good = settings_.certificate_file;
    const auto key = settings_.key_file;
    EXPECT_EQ(with(scratch_ / "none.pem", key), "The certificate file \"" + scratch_ / "none.pem" +
                                                    "\" cannot be read: No such file or "
                                                    "directory.");
    EXPECT_THAT(with(good, scratch_ / "none.pem"),
                AllOf(HasSubstr("The key file"), HasSubstr("none.pem\" cannot be read")));
    EXPECT_THAT(with(testing::TempDir(), key), HasSubstr("cannot be read: Is a directory."));
    EXPECT_THAT(with(key, key), AllOf(HasSubstr("holds no certificate"), HasSubstr("PEM")));
    EXPECT_THAT(with(write_file(scratch_ / "cut.pem", to_pem(*certificate_).substr(0, 300)), key),
                HasSubstr("holds a damaged certificate"));
    EXPECT_THAT(with(good, good), HasSubstr("holds no private key"));
    EXPECT_THAT(with(good, write_file(scratch_ / "other.pem", to_pem(*make_p256_key()))),
                AllOf(HasSubstr("other.pem"), HasSubstr("does not hold the key of")));
    EXPECT_THAT(with(good, ""), HasSubstr("but no key file"));
    EXPECT_THAT(with("", key), HasSubstr("but no certificate file"));
}

TEST_F(UserCertificate, WithAKeyBehindAPassphraseIsRefusedWithoutAsking) {
    BIO* const bio = BIO_new(BIO_s_mem());
    EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(bio, key_.get(), EVP_aes_256_cbc(), "secret", 6,
                                            nullptr, nullptr),
              1);
    char* octets = nullptr;
    const auto size = BIO_get_mem_data(bio, &octets);
    settings_.key_file =
        write_file(scratch_ / "locked.pem", {octets, static_cast<std::size_t>(size)});
    BIO_free(bio);
    EXPECT_THAT(problem_of(settings_), HasSubstr("is protected by a passphrase"));
}

TEST(ServerContext, TellsWhatIsWrongWithItsSettings) {
    ServerSettings settings;
    settings.certificate = "goood";
    EXPECT_EQ(problem_of(settings), "There is no certificate \"goood\"; allowed: good.");
    settings = {};
    settings.protocol.lowest = Version::tls1_3;
    settings.protocol.highest = Version::tls1_2;
    EXPECT_EQ(problem_of(settings),
              "The lowest TLS version, TLSv1.3, is above the highest, TLSv1.2.");
    settings = {};
    settings.protocol.ciphers = "NONSENSE";
    EXPECT_THAT(problem_of(settings), HasSubstr("The cipher list \"NONSENSE\" names no cipher"));
    settings = {};
    settings.protocol.ciphersuites = "TLS_NONSENSE";
    EXPECT_THAT(problem_of(settings), HasSubstr("\"TLS_NONSENSE\""));
    settings = {};
    settings.protocol.alpn = {"smtp", ""};
    EXPECT_THAT(problem_of(settings), HasSubstr("has 0 octets"));
    settings = {};
    settings.client_certificates = ClientCertificates::verified;
    settings.client_ca_pem = "nonsense";
    EXPECT_THAT(problem_of(settings),
                HasSubstr("The list of CAs for clients holds no certificate"));
}

TEST(Version, IsReadInBothForms) {
    EXPECT_EQ(parse_version("1.2"), Version::tls1_2);
    EXPECT_EQ(parse_version("TLSv1.3"), Version::tls1_3);
    EXPECT_FALSE(parse_version("1.4"));
    EXPECT_FALSE(parse_version(""));
}

}  // namespace
}  // namespace smtprig::tls

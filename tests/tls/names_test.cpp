#include "fixture/tls/names.hpp"

#include <gtest/gtest.h>

#include "fixture/tls/dns_name.hpp"
#include "fixture/tls/text.hpp"

namespace smtprig::tls {
namespace {

TEST(Names, AreThoseOfTheRfcsOrNumbers) {
    EXPECT_EQ(alert_name(42), "bad_certificate");
    EXPECT_EQ(alert_name(250), "0xfa");
    EXPECT_EQ(handshake_name(24), "key_update");
    EXPECT_EQ(handshake_name(99), "unknown_message");
    EXPECT_EQ(version_name(0x0304), "TLSv1.3");
    EXPECT_EQ(version_name(0x7f1c), "0x7f1c");
    EXPECT_EQ(group_name(0x001d), "x25519");
    EXPECT_EQ(signature_scheme_name(0x0804), "rsa_pss_rsae_sha256");
}

TEST(Names, RecogniseGrease) {
    EXPECT_EQ(version_name(0x5a5a), "GREASE");
    EXPECT_EQ(group_name(0xfafa), "GREASE");
    EXPECT_EQ(group_name(0x1a2a), "0x1a2a");
}

std::string name_with_label_of(std::size_t octets) {
    std::string name(octets, 'a');
    return name.append(".example");
}

TEST(DnsName, IsMadeLowerCaseAndLosesTheDotAtItsEnd) {
    EXPECT_EQ(legal_dns_name("Mail.EXAMPLE."), "mail.example");
    EXPECT_EQ(legal_dns_name("localhost"), "localhost");
    EXPECT_EQ(legal_dns_name("smtp_server-1"), "smtp_server-1");
    EXPECT_EQ(legal_dns_name("xn--bcher-kva.example"), "xn--bcher-kva.example");
    EXPECT_EQ(legal_dns_name("1.2.3.example"), "1.2.3.example");
    EXPECT_TRUE(legal_dns_name(name_with_label_of(63)));
}

TEST(DnsName, IsNothingWhereACertificateMustNotHoldIt) {
    using namespace std::string_view_literals;
    for (const auto name : {""sv, "."sv, "a..b"sv, ".a"sv, "-a.example"sv, "a-.example"sv,
                            "*.example"sv, "a b"sv, "a,DNS:b"sv, "a\0b"sv,
                            "b\xfc"
                            "cher.example"sv,
                            "127.0.0.1"sv, "::1"sv, "a/b"sv})
        EXPECT_FALSE(legal_dns_name(name)) << quoted(name);
    EXPECT_FALSE(legal_dns_name(name_with_label_of(64)));
    std::string longest;
    while (longest.size() < 250) longest += "abcd.";
    longest += "abc";
    EXPECT_TRUE(legal_dns_name(longest));
    longest += 'd';
    EXPECT_FALSE(legal_dns_name(longest));
}

TEST(Quoted, ShowsWhatIsNotPrintable) {
    EXPECT_EQ(quoted("EHLO \"x\"\\\r\n\x01\xff"), R"("EHLO \"x\"\\\r\n\x01\xff")");
}

}  // namespace
}  // namespace smtprig::tls

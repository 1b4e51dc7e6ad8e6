#include "fixture/tls/digests.hpp"

#include <gtest/gtest.h>

namespace smtprig::tls {
namespace {

TEST(OpenSslCrypto, AnswersTheChallengeOfRfc2195Section2) {
    EXPECT_EQ(OpenSslCrypto().hmac_md5_hex("tanstaaftanstaaf",
                                           "<1896.697170952@postoffice.reston.mci.net>"),
              "b913a602c7eda7a495b4e6e7334d3890");
}

TEST(OpenSslCrypto, TakesEmptyAndLongKeys) {
    const OpenSslCrypto crypto;
    // RFC 2202 section 2, case 6: a key longer than a block.
    EXPECT_EQ(crypto.hmac_md5_hex(std::string(80, '\xaa'),
                                  "Test Using Larger Than Block-Size Key - Hash Key First"),
              "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
    EXPECT_EQ(crypto.hmac_md5_hex({}, {}), "74e6f7298a9c2d168935f58c001bad88");
}

}  // namespace
}  // namespace smtprig::tls

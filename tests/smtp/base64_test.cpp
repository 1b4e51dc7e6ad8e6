#include "fixture/smtp/base64.hpp"

#include <gtest/gtest.h>

namespace smtprig::smtp {
namespace {

TEST(Base64, EncodesTheVectorsOfRfc4648Section10) {
    EXPECT_EQ(to_base64(""), "");
    EXPECT_EQ(to_base64("f"), "Zg==");
    EXPECT_EQ(to_base64("fo"), "Zm8=");
    EXPECT_EQ(to_base64("foo"), "Zm9v");
    EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
    EXPECT_EQ(to_base64("fooba"), "Zm9vYmE=");
    EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, DecodesWhatItEncoded) {
    std::string octets;
    for (int i = 0; i < 300; ++i) {
        EXPECT_EQ(from_base64(to_base64(octets)), octets);
        octets += static_cast<char>(i * 7);
    }
}

TEST(Base64, RefusesWhatIsNotBase64) {
    for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "=Zg=", "Z===", "Zm9v Zg==", "Zh==", "Zm9=",
                             "Zm9v\n", "Zg==Zg==", "Zm-v"})
        EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace
}  // namespace smtprig::smtp

#include "fixture/smtp/sasl/sasl.hpp"

#include <gtest/gtest.h>

#include <set>

namespace smtprig::smtp {
namespace {

using Kind = SaslStep::Kind;

const std::vector<Credential> users{{"tim", "tanstaaftanstaaf", ""}, {"eve", "secret", ""}};
const std::vector<Credential> nobody;

// Knows the one digest of RFC 2195 section 2.
class OneDigest : public Crypto {
  public:
    std::string hmac_md5_hex(std::string_view key, std::string_view text) const override {
        const bool known =
            key == "tanstaaftanstaaf" && text == "<1896.697170952@postoffice.reston.mci.net>";
        return known ? "b913a602c7eda7a495b4e6e7334d3890" : std::string(32, '0');
    }
};

SaslContext context(const std::vector<Credential>& who) {
    static const OneDigest crypto;
    return {&who, &crypto, "<1896.697170952@postoffice.reston.mci.net>"};
}

std::string plain_response(std::string_view authzid, std::string_view user,
                           std::string_view password) {
    return std::string(authzid) + '\0' + std::string(user) + '\0' + std::string(password);
}

TEST(Sasl, MechanismsAreFoundWhateverTheirCase) {
    std::set<std::string_view> names;
    for (const Mechanism& mechanism : all_mechanisms()) {
        EXPECT_TRUE(names.insert(mechanism.name).second);
        EXPECT_FALSE(mechanism.citation.empty());
    }
    ASSERT_NE(find_mechanism("pLaIn"), nullptr);
    EXPECT_EQ(find_mechanism("pLaIn")->name, "PLAIN");
    EXPECT_EQ(find_mechanism("PLAI"), nullptr);
    EXPECT_EQ(find_mechanism(""), nullptr);
}

TEST(Sasl, PlainTakesTheMessageOfRfc4616) {
    auto exchange = plain().begin(context(users));
    EXPECT_EQ(exchange->step(std::nullopt).kind, Kind::challenge);
    EXPECT_EQ(exchange->step(plain_response("", "tim", "tanstaaftanstaaf")).kind, Kind::accepted);
    EXPECT_EQ(exchange->user(), "tim");
    EXPECT_EQ(plain().begin(context(users))->step(plain_response("Ursel", "eve", "secret")).kind,
              Kind::accepted);
    EXPECT_EQ(plain().begin(context(users))->step(plain_response("", "tim", "secret")).kind,
              Kind::refused);
    EXPECT_EQ(plain().begin(context(users))->step(plain_response("", "bob", "secret")).kind,
              Kind::refused);
    EXPECT_EQ(plain().begin(context(nobody))->step(plain_response("", "bob", "any")).kind,
              Kind::accepted);
}

TEST(Sasl, PlainRefusesOtherForms) {
    for (const std::string& wrong :
         {std::string(), std::string("tim"), std::string("\0tim", 4), plain_response("", "", "x"),
          plain_response("", "tim", ""), plain_response("", "tim", std::string("a\0b", 3))})
        EXPECT_EQ(plain().begin(context(nobody))->step(wrong).kind, Kind::malformed)
            << testing::PrintToString(wrong);
}

TEST(Sasl, LoginAsksForUserAndPassword) {
    auto exchange = login().begin(context(users));
    EXPECT_EQ(exchange->step(std::nullopt).challenge, "Username:");
    EXPECT_EQ(exchange->step("eve").challenge, "Password:");
    EXPECT_EQ(exchange->step("secret").kind, Kind::accepted);
    EXPECT_EQ(exchange->user(), "eve");
    auto initial = login().begin(context(users));
    EXPECT_EQ(initial->step("eve").challenge, "Password:");
    EXPECT_EQ(initial->step("wrong").kind, Kind::refused);
}

TEST(Sasl, CramMd5TakesTheExampleOfRfc2195) {
    auto exchange = cram_md5().begin(context(users));
    const SaslStep challenge = exchange->step(std::nullopt);
    EXPECT_EQ(challenge.kind, Kind::challenge);
    EXPECT_EQ(challenge.challenge, "<1896.697170952@postoffice.reston.mci.net>");
    EXPECT_EQ(exchange->step("tim b913a602c7eda7a495b4e6e7334d3890").kind, Kind::accepted);
    EXPECT_EQ(exchange->user(), "tim");
}

TEST(Sasl, CramMd5RefusesWrongDigestsAndForms) {
    const auto answer = [](std::string_view response, const std::vector<Credential>& who) {
        auto exchange = cram_md5().begin(context(who));
        exchange->step(std::nullopt);
        return exchange->step(response).kind;
    };
    EXPECT_EQ(answer("tim b913a602c7eda7a495b4e6e7334d3891", users), Kind::refused);
    EXPECT_EQ(answer("eve b913a602c7eda7a495b4e6e7334d3890", users), Kind::refused);
    EXPECT_EQ(answer("bob 00000000000000000000000000000000", users), Kind::refused);
    EXPECT_EQ(answer("bob 00000000000000000000000000000000", nobody), Kind::accepted);
    for (const std::string_view wrong :
         {"", "tim", "tim ", " b913a602c7eda7a495b4e6e7334d3890", "tim b913",
          "tim B913A602C7EDA7A495B4E6E7334D3890", "b913a602c7eda7a495b4e6e7334d3890"})
        EXPECT_EQ(answer(wrong, nobody), Kind::malformed) << wrong;
    // RFC 4954 section 4: the server speaks first.
    EXPECT_EQ(cram_md5().begin(context(nobody))->step("tim").kind, Kind::malformed);
}

TEST(Sasl, APasswordIsNotAskedForInTheClearStrictly) {
    Settings settings;
    for (const Mechanism& mechanism : all_mechanisms()) {
        settings.posture = Posture::strict();
        settings.auth_in_clear = false;
        EXPECT_FALSE(allowed_now(mechanism, settings, {}));
        EXPECT_TRUE(allowed_now(mechanism, settings, {.tls = true}));
        settings.auth_in_clear = true;
        EXPECT_EQ(allowed_now(mechanism, settings, {}), !mechanism.reveals_password);
        settings.posture = Posture::tolerant();
        EXPECT_TRUE(allowed_now(mechanism, settings, {}));
        settings.auth_in_clear = false;
        EXPECT_FALSE(allowed_now(mechanism, settings, {}));
    }
}

}  // namespace
}  // namespace smtprig::smtp

#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section deprecated_features() {
    Section section("rfc5321", "F", "Deprecated Features");

    section
        .should_not("turn-is-not-served",
                    "TURN is not served to a client that has not "
                    "authenticated.",
                    [](Probe& client) {
                        client.given_hello();
                        client.sends("TURN").never(positively()).server_replies(with_refusal());
                    })
        .row("5321/F.1-1")
        .impact(Impact::high);

    section
        .must("send-is-unknown-or-listed",
              "SEND, SOML and SAML are refused as not implemented, unless EHLO lists them.",
              [](Probe& client) {
                  client.given_hello();
                  for (const char* const verb : {"SEND", "SOML"}) {
                      if (client.offers(verb)) continue;
                      client.sends(std::string(verb) + " FROM:" + client.reverse_path())
                          .server_replies(with_code({500, 502}), with_permanent_refusal());
                  }
              })
        .row("5321/F.6-1");

    section
        .must_not(
            "number-literal-is-refused",
            "A domain in the old form of a number sign and digits is refused.",
            [](Probe& client) {
                client.given_transaction();
                client.given("RSET");
                client.sends("MAIL FROM:<a@#1234567890>").server_replies(with_permanent_refusal());
            })
        .row("5321/F.4-1");

    return section;
}

}  // namespace smtprig::conformance::rfc5321

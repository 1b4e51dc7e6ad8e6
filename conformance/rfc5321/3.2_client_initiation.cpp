#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section client_initiation() {
    Section section("rfc5321", "3.2", "Client Initiation");

    section
        .must_not("helo-lists-no-extensions",
                  "HELO is not answered with the list of extensions that EHLO gets.",
                  [](Probe& client) {
                      client.given_hello();
                      const std::vector<Extension> listed = client.extensions();
                      client.anew();
                      client.given_greeting();
                      const Answer answer = client.given("HELO " + client.settings().helo);
                      for (const Extension& extension : extensions_of(answer.reply()))
                          if (find(listed, extension.keyword) != nullptr)
                              client.falls_short("no EHLO keywords", answer.text());
                  })
        .row("5321/3.2-1")
        .risk(0);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

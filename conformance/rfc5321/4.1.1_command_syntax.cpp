#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section command_syntax() {
    Section section("rfc5321", "4.1.1", "Command Semantics and Syntax");

    section
        .should("trailing-space-is-tolerated",
                "Spaces between the last word of a command and its CRLF do no harm.",
                [](Probe& client) {
                    client.given_hello();
                    client.given("NOOP");
                    client.sends("NOOP ").server_replies(positively());
                    client.sends("RSET  ").server_replies(positively());
                    client.sends(client.mail() + ' ').server_replies(positively());
                    client.given("RSET");
                })
        .row("5321/4.1.1-1");

    section
        .should("rset-with-argument-gets-501", "RSET with an argument gets 501.",
                [](Probe& client) {
                    client.given_hello();
                    client.given("RSET");
                    client.sends("RSET now").server_replies(with_code(501));
                })
        .row("5321/4.1.1-2");

    section
        .should("data-with-argument-gets-501", "DATA with an argument gets 501.",
                [](Probe& client) {
                    client.given_forward_path();
                    const Answer answer = client.sends("DATA now");
                    if (answer.code() == 354) {
                        // No message is meant to come of it.
                        client.drops(probe::HowToClose::rst);
                        client.falls_short("the reply 501", answer.text());
                    }
                    answer.server_replies(with_code(501));
                    client.given("RSET");
                })
        .row("5321/4.1.1-2")
        .needs(Need::recipient);

    section
        .should("quit-with-argument-gets-501", "QUIT with an argument gets 501.",
                [](Probe& client) {
                    client.given_hello();
                    client.sends("QUIT now").server_replies(with_code(501));
                })
        .row("5321/4.1.1-2");

    section
        .must_not("required-commands-are-known",
                  "Commands that every server has are not answered as unknown or missing.",
                  [](Probe& client) {
                      const Matcher unknown = with_code({500, 502});
                      client.given_greeting();
                      for (const std::string& line :
                           {client.ehlo(), client.mail(), std::string("RCPT TO:<postmaster>"),
                            std::string("RSET"), std::string("NOOP"), std::string("QUIT")}) {
                          const Answer answer = client.sends(line);
                          if (answer.matches(unknown))
                              client.falls_short("a reply other than 500 and 502 to " + line,
                                                 answer.text());
                      }
                      client.anew();
                      client.given_hello();
                      const Answer answer = client.sends("DATA");
                      if (answer.matches(unknown))
                          client.falls_short("a reply other than 500 and 502 to DATA",
                                             answer.text());
                  })
        .row("5321/4.1.1-0")
        .impact(Impact::high);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

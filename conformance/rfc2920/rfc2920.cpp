#include "conformance/rfc2920/rfc2920.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance {
namespace {

// A group with failures in its middle: MAIL, RCPT good, bad, good, RSET, NOOP. The bad one has a
// form that every server refuses.
std::string group(Probe& client) {
    const std::string good = client.rcpt() + "\r\n";
    return client.mail() + "\r\n" + good + "RCPT TO:<@>\r\n" + good + "RSET\r\nNOOP\r\n";
}

void reads_group(Probe& client) {
    client.reads().server_replies(positively());
    client.reads().server_replies(positively());
    client.reads().server_replies(with_refusal());
    client.reads().server_replies(positively());
    client.reads().server_replies(positively());
    client.reads().server_replies(positively());
}

// Alone, all of it is accepted.
void control(Probe& client) {
    client.given_forward_path();
    client.given("RSET");
}

Section pipelining() {
    Section section("rfc2920", "3.2", "Server Support of Pipelining");

    section
        .must("replies-come-in-order",
              "Commands that came in one piece are answered one by one and in their order.",
              [](Probe& client) {
                  control(client);
                  const std::string good = client.rcpt() + "\r\n";
                  client.puts(client.mail() + "\r\n" + good + "RCPT TO:<@>\r\nRSET\r\n");
                  client.reads().server_replies(positively());
                  client.reads().server_replies(positively());
                  client.reads().server_replies(with_refusal());
                  client.reads().server_replies(positively());
                  if (client.surplus_replies() != 0) client.fails("one reply a command", "more");
              })
        .row("2920/3.2-1")
        .with_extension("PIPELINING")
        .needs(Need::recipient)
        .impact(Impact::medium);

    section
        .must_not("failure-loses-no-input",
                  "What follows a refused command in the same piece is not lost.",
                  [](Probe& client) {
                      control(client);
                      client.puts(group(client));
                      reads_group(client);
                  })
        .row("2920/3.2-9a")
        .with_extension("PIPELINING")
        .needs(Need::recipient)
        .impact(Impact::high);

    section
        .must_not("split-loses-no-input",
                  "A group of commands that comes octet by octet gets the same replies.",
                  [](Probe& client) {
                      control(client);
                      for (const char c : group(client)) client.puts(std::string(1, c));
                      reads_group(client);
                  })
        .row("2920/3.2-9c")
        .with_extension("PIPELINING")
        .needs(Need::recipient)
        .impact(Impact::high);

    section
        .must_not("end-of-mail-data-loses-no-input",
                  "Commands in the same piece as the end of mail data are not lost.",
                  [](Probe& client) {
                      client.given_mail_data();
                      client.puts(client.message() + client.mail() + "\r\n" + client.rcpt() +
                                  "\r\nRSET\r\n");
                      client.reads().server_replies(positively());
                      client.reads().server_replies(positively());
                      client.reads().server_replies(positively());
                      client.reads().server_replies(positively());
                  })
        .row("2920/3.2-9b")
        .with_extension("PIPELINING")
        .needs(Need::message)
        .impact(Impact::high);

    section
        .must_not("burst-loses-no-input",
                  "A burst of two thousand commands is answered to the last.",
                  [](Probe& client) {
                      control(client);
                      std::string burst;
                      for (int i = 0; i < 2000; ++i) burst += "RSET\r\n";
                      client.puts(burst);
                      for (int i = 0; i < 2000; ++i) {
                          const Answer answer = client.reads();
                          if (answer.positive()) continue;
                          if (answer.closed() || answer.refused())
                              client.is_inconclusive(
                                  "The server bounds commands: " + answer.text() + '.');
                          client.falls_short("2000 replies",
                                             std::to_string(i) + " replies, then " + answer.text());
                      }
                  })
        .row("2920/3.2-9d")
        .with_extension("PIPELINING")
        .needs(Need::recipient)
        .risk(3);

    section
        .should("data-needs-a-recipient",
                "DATA in a group gets 354 only where a recipient was accepted.",
                [](Probe& client) {
                    client.given_hello();
                    client.puts(client.mail() + "\r\nRCPT TO:<@>\r\nDATA\r\n");
                    client.reads().server_replies(positively());
                    client.reads().server_replies(with_refusal());
                    const Answer data = client.reads();
                    if (data.code() == 354) {
                        client.sends_octets(".\r\n");
                        client.falls_short("a refusal of DATA", data.text());
                    }
                    data.server_replies(with_refusal());
                })
        .row("2920/3.2-3")
        .with_extension("PIPELINING");

    section
        .must_not("empty-message-to-nobody-is-refused",
                  "Where DATA got 354 and no recipient was accepted, the end of mail data is "
                  "refused.",
                  [](Probe& client) {
                      client.given_hello();
                      client.puts(client.mail() + "\r\nRCPT TO:<@>\r\nDATA\r\n");
                      client.reads().server_replies(positively());
                      client.reads().server_replies(with_refusal());
                      const Answer data = client.reads();
                      if (data.code() != 354) return;
                      client.sends_octets(".\r\n").server_replies(with_refusal());
                  })
        .row("2920/3.2-4")
        .with_extension("PIPELINING")
        .risk(2);

    section
        .must("replies-are-not-held-back",
              "All replies are sent once there is nothing left to read.",
              [](Probe& client) {
                  control(client);
                  client.puts(client.mail() + "\r\n" + client.rcpt() + "\r\n" + client.rcpt() +
                              "\r\n");
                  client.reads().server_replies(positively());
                  client.reads().server_replies(positively());
                  client.reads().server_replies(positively());
                  client.given("RSET");
              })
        .row("2920/3.2-7")
        .with_extension("PIPELINING")
        .needs(Need::recipient);

    section
        .must_not("noop-is-not-held-back",
                  "The reply to NOOP is sent at once, with those that stand before it.",
                  [](Probe& client) {
                      control(client);
                      client.puts(client.mail() + "\r\n" + client.rcpt() + "\r\nNOOP\r\n");
                      client.reads().server_replies(positively());
                      client.reads().server_replies(positively());
                      client.reads().server_replies(with_anything());
                      client.given("RSET");
                  })
        .row("2920/3.2-5")
        .with_extension("PIPELINING")
        .needs(Need::recipient);

    return section;
}

Section framework() {
    Section section("rfc2920", "2", "Framework");

    section
        .grammar("keyword-has-no-parameter", "The EHLO keyword PIPELINING stands alone.",
                 [](Probe& client) {
                     client.given_hello();
                     const Extension* const extension = find(client.extensions(), "PIPELINING");
                     if (extension && !extension->value.empty())
                         client.is_non_strict("PIPELINING alone", "PIPELINING " + extension->value);
                 })
        .row("2920/2-1")
        .with_extension("PIPELINING")
        .risk(0);
    return section;
}

Section client_use() {
    Section section("rfc2920", "3.1", "Client Use of Pipelining");

    section
        .must("quit-behind-mail-data",
              "QUIT in the same piece as the end of mail data gets 221 behind the 250.",
              [](Probe& client) {
                  client.given_mail_data();
                  client.puts(client.message() + "QUIT\r\n");
                  client.reads().server_replies(positively());
                  client.reads().server_replies(with_code(221));
              })
        .row("2920/3.1-2")
        .with_extension("PIPELINING")
        .needs(Need::message);

    section
        .information("pipelining-that-is-not-offered",
                     "What becomes of a group of commands where PIPELINING is not offered.",
                     [](Probe& client) {
                         client.given_hello();
                         if (client.offers("PIPELINING"))
                             client.is_skipped("The server offers PIPELINING.");
                         client.puts(client.mail() + "\r\nRSET\r\nNOOP\r\n");
                         std::string text;
                         for (int i = 0; i < 3; ++i) {
                             const Answer answer = client.reads();
                             text += (text.empty() ? "" : ", ") + answer.text();
                             if (!answer.replied()) break;
                         }
                         client.observes(text);
                     })
        .row("2920/3.1-1")
        .risk(3);
    return section;
}

}  // namespace

void add_rfc2920(std::vector<Section>& sections) {
    sections.push_back(framework());
    sections.push_back(client_use());
    sections.push_back(pipelining());
}

}  // namespace smtprig::conformance

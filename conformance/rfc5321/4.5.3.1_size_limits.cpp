#include "conformance/rfc5321/sections.hpp"

#include <algorithm>

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
namespace {

// A domain of this many octets, of labels that are not too long.
std::string domain_of(std::size_t octets) {
    std::string domain = "example";
    while (domain.size() + 1 < octets) {
        const std::size_t label = std::min<std::size_t>(63, octets - domain.size() - 1);
        if (octets - domain.size() - 1 - label == 1) {
            domain = std::string(label - 1, 'd') + '.' + domain;
            continue;
        }
        domain = std::string(label, 'd') + '.' + domain;
    }
    return domain;
}

// The server may refuse for other reasons than the length.
void takes_length(Probe& client, const Answer& answer) {
    if (answer.matches(with_syntax_error()) || answer.code() == 552)
        client.falls_short("no refusal for the length", answer.text());
    if (!answer.replied()) client.falls_short("a reply", answer.text());
}

std::size_t recipients_until_refusal(Probe& client, std::size_t most, Answer& refusal) {
    for (std::size_t count = 0; count < most; ++count) {
        Answer answer = client.sends(client.rcpt());
        if (answer.positive()) continue;
        refusal = std::move(answer);
        return count;
    }
    return most;
}

}  // namespace

Section size_limits() {
    Section section("rfc5321", "4.5.3.1", "Size Limits and Minimums");

    section
        .must("local-part-of-64", "A local-part of 64 octets is handled.",
              [](Probe& client) {
                  client.given_transaction();
                  client.given("RSET");
                  takes_length(client, client.sends("MAIL FROM:<" + std::string(64, 'a') + '@' +
                                                    client.sender_domain() + '>'));
              })
        .row("5321/4.5.3.1.1-1");

    section
        .must("domain-of-255", "A domain of 253 octets, the longest that DNS can name, is handled.",
              [](Probe& client) {
                  client.given_greeting();
                  client.given(client.ehlo());
                  takes_length(client, client.sends("EHLO " + domain_of(253)));
              })
        .row("5321/4.5.3.1.2-1");

    section
        .must("path-of-256", "A path of 256 octets, brackets included, is handled.",
              [](Probe& client) {
                  client.given_transaction();
                  client.given("RSET");
                  const std::string local(20, 'a');
                  takes_length(client, client.sends("MAIL FROM:<" + local + '@' +
                                                    domain_of(256 - 3 - local.size()) + '>'));
              })
        .row("5321/4.5.3.1.3-1");

    section
        .must_not("over-long-path-gets-one-reply",
                  "A path of 1000 octets gets one reply, and the session goes on.",
                  [](Probe& client) {
                      client.given_hello();
                      const Answer answer = client.sends("MAIL FROM:<a@" + domain_of(990) + '>');
                      if (answer.closed() || answer.code() == 421 || answer.code() == 521) return;
                      if (!answer.replied()) client.falls_short("one reply", answer.text());
                      const std::size_t surplus = client.surplus_replies();
                      if (surplus != 0)
                          client.falls_short("one reply", std::to_string(surplus + 1) + " replies");
                  })
        .row("5321/4.5.3.1.3-2")
        .risk(3);

    section
        .must(
            "command-line-of-512", "A command line of 512 octets, CRLF included, is taken.",
            [](Probe& client) {
                client.given_hello();
                client.given("NOOP");
                const Answer answer = client.sends("NOOP " + std::string(505, 'x'));
                // NOOP's argument itself may be what is refused.
                if (answer.code() == 501 || answer.code() == 504)
                    client.sends("VRFY " + std::string(505, 'x'))
                        .server_replies(positively() || with_code({550, 551, 553, 502, 501, 252}));
                else
                    answer.server_replies(positively());
            })
        .row("5321/4.5.3.1.4-1")
        .impact(Impact::medium);

    section
        .grammar("line-limit-grows-with-extensions",
                 "A MAIL line may be longer than 512 octets by what the extensions offered add.",
                 [](Probe& client) {
                     client.given_transaction();
                     client.given("RSET");
                     std::string line =
                         "MAIL FROM:<" + std::string(20, 'a') + '@' + domain_of(256 - 23) + '>';
                     if (client.offers("8BITMIME")) line += " BODY=8BITMIME";
                     if (client.offers("SIZE")) line += " SIZE=00000000000000000100";
                     if (client.offers("AUTH")) line += " AUTH=" + std::string(300, 'u');
                     if (line.size() + 2 <= 512)
                         client.is_skipped("The extensions offered do not make the line longer.");
                     const Answer answer = client.sends(line);
                     if (answer.code() == 500)
                         client.falls_short("any reply but 500", answer.text());
                     if (!answer.replied()) client.falls_short("a reply", answer.text());
                 })
        .row("5321/4.5.3.1.4-2");

    for (const std::size_t octets : {600u, 2048u, 8192u, 65536u, 1048576u}) {
        section
            .grammar(
                "over-long-line-of-" + std::to_string(octets),
                "A command line of " + std::to_string(octets) +
                    " octets gets one refusal, and what follows it is read as it is.",
                [octets](Probe& client) {
                    client.given_hello();
                    client.given("NOOP");
                    const Answer answer = client.sends("XLONG " + std::string(octets - 8, 'x'));
                    if (answer.closed() || answer.code() == 421 || answer.code() == 521) return;
                    answer.server_replies(with_permanent_refusal());
                    const std::size_t surplus = client.surplus_replies();
                    if (surplus != 0)
                        client.falls_short("one reply", std::to_string(surplus + 1) + " replies");
                })
            .row("5321/4.5.3.1.9-1")
            .risk(3)
            .impact(Impact::medium);
    }

    section
        .must("hundred-recipients", "A transaction may have a hundred recipients.",
              [](Probe& client) {
                  client.given_transaction();
                  Answer refusal = client.nothing();
                  const std::size_t count = recipients_until_refusal(client, 100, refusal);
                  if (count < 100) {
                      const Extension* const limits = find(client.extensions(), "LIMITS");
                      if (limits && limits->value.find("RCPTMAX") != std::string::npos)
                          client.observes(std::to_string(count) + ", as LIMITS announces");
                      else if (!policy_in(refusal).empty() && refusal.code() != 452)
                          client.is_inconclusive(policy_in(refusal));
                      else
                          client.falls_short("100 recipients",
                                             std::to_string(count) + ", then " + refusal.text());
                  }
                  client.given("RSET");
              })
        .row("5321/4.5.3.1.8-1")
        .needs(Need::recipient);

    section
        .must("too-many-recipients-get-452",
              "A recipient beyond the limit gets 452, and those before it stay accepted.",
              [](Probe& client) {
                  client.given_transaction();
                  Answer refusal = client.nothing();
                  const std::size_t count = recipients_until_refusal(client, 1100, refusal);
                  if (count == 1100)
                      client.is_skipped("The server takes more than 1100 recipients.");
                  if (refusal.code() / 100 == 5 && !policy_in(refusal).empty()) {
                      client.observes(refusal.text());
                      return;
                  }
                  const Matcher wanted = with_code(452);
                  const Matcher old = with_code(552);
                  client.judge(refusal, wanted, &old);
                  client.given("RSET");
              })
        .row("5321/4.5.3.1.10-1")
        .needs(Need::recipient)
        .risk(3);

    section
        .must("line-of-1000-in-mail-data",
              "A line of mail data of 1000 octets, CRLF included, is "
              "taken.",
              [](Probe& client) {
                  client.given_mail_data();
                  client.sends_octets(client.message(std::string(998, 'x') + "\r\n"))
                      .server_replies(positively());
              })
        .row("5321/4.5.3.1.6-1")
        .needs(Need::message);

    section
        .grammar("stuffed-period-is-not-counted",
                 "The period that transparency adds does not count as part of a line.",
                 [](Probe& client) {
                     client.given_mail_data();
                     client
                         .sends_octets(client.message('.' + ('.' + std::string(997, 'x')) + "\r\n"))
                         .server_replies(positively());
                 })
        .row("5321/4.5.3.1.6-3")
        .needs(Need::message);

    section
        .must("message-of-64k", "A message of 64 K octets is taken.",
              [](Probe& client) {
                  std::string body;
                  while (body.size() < 65536) body += std::string(70, 'x') + "\r\n";
                  client.given_mail_data();
                  client.sends_octets(client.message(body)).server_replies(positively());
              })
        .row("5321/4.5.3.1.7-1")
        .needs(Need::message);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

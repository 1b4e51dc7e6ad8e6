#include "conformance/rfc5321/sections.hpp"

#include <algorithm>

#include "conformance/check/probe.hpp"
#include "fixture/smtp/path.hpp"

namespace smtprig::conformance::rfc5321 {
namespace {

// What a reply of VRFY or EXPN says of a mailbox, one a line: "<local@domain>" with a name before
// it or not.
bool names_mailbox(std::string_view text) {
    const std::size_t open = text.find('<');
    if (open != std::string_view::npos) {
        const std::size_t close = text.find('>', open);
        return close != std::string_view::npos &&
               smtp::is_mailbox(text.substr(open + 1, close - open - 1));
    }
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        if (smtp::is_mailbox(text.substr(begin, end - begin))) return true;
        begin = end + 1;
    }
    return false;
}

std::string vrfy(Probe& client) {
    return "VRFY " + client.settings().recipient;
}

}  // namespace

Section debugging_addresses() {
    Section section("rfc5321", "3.5", "Commands for Debugging Addresses");

    section
        .must("vrfy-names-the-mailbox",
              "Where VRFY gets 250, the reply names the mailbox with its domain.",
              [](Probe& client) {
                  client.given_hello();
                  const Answer answer = client.sends(vrfy(client));
                  if (answer.code() != 250)
                      client.is_skipped("VRFY does not say whether a mailbox exists.");
                  for (std::size_t i = 0; i < answer.reply().lines.size(); ++i)
                      if (names_mailbox(answer.reply().text(i))) return;
                  client.falls_short("<local-part@domain> in the reply", answer.text());
              })
        .row("5321/3.5.1-1")
        .needs(Need::recipient);

    section
        .should("vrfy-uses-angle-brackets",
                "Where VRFY gets 250, the mailbox stands in angle brackets.",
                [](Probe& client) {
                    client.given_hello();
                    const Answer answer = client.sends(vrfy(client));
                    if (answer.code() != 250)
                        client.is_skipped("VRFY does not say whether a mailbox exists.");
                    if (answer.reply().wire().find('<') == std::string::npos)
                        client.falls_short("<local-part@domain>", answer.text());
                })
        .row("5321/3.5.2-2")
        .needs(Need::recipient);

    section
        .must_not("vrfy-shows-no-source-route", "A path in a reply to VRFY has no source route.",
                  [](Probe& client) {
                      client.given_hello();
                      const Answer answer = client.sends(vrfy(client));
                      if (answer.code() != 250)
                          client.is_skipped("VRFY does not say whether a mailbox exists.");
                      if (answer.reply().wire().find("<@") != std::string::npos)
                          client.falls_short("a mailbox without a route", answer.text());
                  })
        .row("5321/3.5.2-1")
        .needs(Need::recipient);

    section
        .should("vrfy-takes-mailbox", "VRFY takes local-part@domain as its argument.",
                [](Probe& client) {
                    client.given_hello();
                    client.sends(vrfy(client))
                        .server_replies(with_code({250, 251, 252, 550, 551, 502}), with_refusal());
                })
        .row("5321/3.5.1-2")
        .needs(Need::recipient);

    section
        .must_not("vrfy-confirms-only-what-it-knows",
                  "VRFY gets 250 only where the mailbox was really verified.",
                  [](Probe& client) {
                      if (client.facts().catch_all)
                          client.is_skipped("The server takes mail for any mailbox of the domain.");
                      client.given_hello();
                      client
                          .sends("VRFY no-such-" + client.nonce() + '@' + client.recipient_domain())
                          .server_replies(with_code(252) || with_refusal());
                  })
        .row("5321/3.5.3-1")
        .needs(Need::recipient)
        .impact(Impact::medium);

    section
        .must("expn-is-listed-where-served",
              "A server that serves EXPN lists it in the reply to EHLO.",
              [](Probe& client) {
                  client.given_hello();
                  if (client.offers("EXPN")) return;
                  client.sends("EXPN postmaster")
                      .server_replies(with_code({500, 502, 504, 503}) || with_code(530),
                                      with_code(550));
              })
        .row("5321/3.5.2-3");

    section
        .must("expn-lists-one-mailbox-a-line",
              "Where EXPN gets 250, each line of the reply names one mailbox.",
              [](Probe& client) {
                  client.given_hello();
                  const Answer answer = client.sends("EXPN postmaster");
                  if (answer.code() != 250) client.is_skipped("EXPN shows nothing here.");
                  for (std::size_t i = 0; i < answer.reply().lines.size(); ++i)
                      if (!names_mailbox(answer.reply().text(i)))
                          client.falls_short("one mailbox on each line", answer.text());
              })
        .row("5321/3.5.1-3");
    return section;
}

}  // namespace smtprig::conformance::rfc5321

#include "conformance/rfc3207/rfc3207.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance {
namespace {

// In the clear, EHLO done, STARTTLS listed.
void given_offer(Probe& client) {
    client.stays_in_clear();
    client.given_hello();
    if (!client.offers("STARTTLS")) client.is_inconclusive("STARTTLS is not listed now.");
}

void given_tls(Probe& client) {
    client.given("STARTTLS", with_code(220));
    const probe::TlsOutcome outcome = client.starts_tls();
    if (!outcome.established)
        client.is_inconclusive("TLS could not be established: " + outcome.reason);
}

Section starttls() {
    Section section("rfc3207", "4", "The STARTTLS Command");

    section
        .grammar("starttls-with-argument-gets-501", "STARTTLS with an argument gets 501.",
                 [](Probe& client) {
                     given_offer(client);
                     client.sends("STARTTLS now")
                         .never(with_code(220))
                         .server_replies(with_code(501), with_permanent_refusal());
                 })
        .row("3207/4-1")
        .needs(Need::starttls);

    section
        .grammar("handshake-succeeds", "STARTTLS gets 220, and the TLS handshake succeeds.",
                 [](Probe& client) {
                     given_offer(client);
                     const Answer answer = client.sends("STARTTLS");
                     if (answer.code() == 454) {
                         client.is_non_strict("the reply 220", answer.text());
                         return;
                     }
                     answer.server_replies(with_code(220));
                     const probe::TlsOutcome outcome = client.starts_tls();
                     if (!outcome.established)
                         client.falls_short("a TLS handshake that succeeds", outcome.reason);
                     client.sends(client.ehlo()).server_replies(positively());
                 })
        .row("3207/4-2")
        .needs(Need::starttls)
        .risk(0)
        .impact(Impact::high);

    section
        .must_not("mail-without-tls-is-taken",
                  "A server for the mail of its domain takes mail from clients without TLS.",
                  [](Probe& client) {
                      client.stays_in_clear();
                      client.given_hello();
                      const Answer mail = client.sends(client.mail());
                      // Exactly this refusal is what the requirement forbids.
                      if (mail.code() == 530) client.falls_short("the reply 250", mail.text());
                      mail.server_replies(positively());
                      const Answer rcpt = client.sends(client.rcpt());
                      if (rcpt.code() == 530) client.falls_short("the reply 250", rcpt.text());
                      rcpt.server_replies(positively());
                      client.given("RSET");
                  })
        .row("3207/4-3")
        .needs(Need::starttls | Need::recipient)
        .only_for(bit(Profile::mx))
        .impact(Impact::policy);

    section
        .best_practice("plaintext-is-no-handshake",
                       "Plaintext in place of a TLS handshake is not served as a session.",
                       [](Probe& client) {
                           given_offer(client);
                           client.given("STARTTLS", with_code(220));
                           client.puts("NOOP\r\n");
                           const Answer answer = client.reads_within(client.silence_window());
                           if (answer.code() == 250) client.fails("no reply", answer.text());
                       })
        .row("3207/4-5")
        .needs(Need::starttls)
        .risk(3)
        .impact(Impact::high);
    return section;
}

Section result() {
    Section section("rfc3207", "4.2", "Result of the STARTTLS Command");

    section
        .must_not("not-offered-under-tls", "Under TLS, STARTTLS is not offered any more.",
                  [](Probe& client) {
                      given_offer(client);
                      given_tls(client);
                      client.given(client.ehlo());
                      if (client.offers("STARTTLS"))
                          client.falls_short("no STARTTLS in the list", "it is listed under TLS");
                  })
        .row("3207/4.2-1")
        .needs(Need::starttls)
        .risk(0);

    section
        .must("second-starttls-is-refused", "STARTTLS under TLS is refused.",
              [](Probe& client) {
                  given_offer(client);
                  given_tls(client);
                  client.given(client.ehlo());
                  client.sends("STARTTLS").server_replies(with_permanent_refusal());
              })
        .row("3207/4.2-2")
        .needs(Need::starttls);

    section
        .must("ehlo-is-forgotten", "After the handshake the server has forgotten EHLO.",
              [](Probe& client) {
                  given_offer(client);
                  given_tls(client);
                  const Answer answer = client.sends(client.mail());
                  if (answer.positive()) {
                      // Some servers take MAIL without EHLO anyhow.
                      client.drops(probe::HowToClose::rst);
                      client.stays_in_clear();
                      client.given_greeting();
                      if (client.sends(client.mail()).positive()) {
                          client.is_non_strict("the reply 503", answer.text());
                          return;
                      }
                      client.fails("the reply 503", answer.text());
                  }
                  answer.server_replies(with_code(503));
              })
        .row("3207/4.2-3")
        .needs(Need::starttls)
        .impact(Impact::medium);

    section
        .must("transaction-is-forgotten",
              "A transaction that began in the clear does not go on under TLS.",
              [](Probe& client) {
                  client.stays_in_clear();
                  client.given_forward_path();
                  const Answer answer = client.sends("STARTTLS");
                  if (answer.refused()) return;
                  answer.server_replies(with_code(220));
                  const probe::TlsOutcome outcome = client.starts_tls();
                  if (!outcome.established)
                      client.is_inconclusive("TLS could not be established: " + outcome.reason);
                  const Answer data = client.sends("DATA");
                  if (data.code() == 354) {
                      client.drops(probe::HowToClose::rst);
                      client.fails("a refusal of DATA", data.text());
                  }
                  data.server_replies(with_refusal());
              })
        .row("3207/4.2-4")
        .needs(Need::starttls | Need::recipient)
        .impact(Impact::high);

    section
        .grammar("no-second-greeting", "There is no greeting under TLS.",
                 [](Probe& client) {
                     given_offer(client);
                     given_tls(client);
                     client.server_is_silent();
                 })
        .row("3207/4.2-6")
        .needs(Need::starttls)
        .risk(0)
        .impact(Impact::medium);

    section
        .must_not("plaintext-behind-starttls-is-discarded",
                  "Commands that came in the clear behind STARTTLS are not obeyed under TLS.",
                  [](Probe& client) {
                      given_offer(client);
                      client.puts("STARTTLS\r\nNOOP\r\n");
                      const Answer answer = client.reads();
                      if (!answer.replied() || answer.refused()) return;
                      answer.server_replies(with_code(220));
                      const probe::TlsOutcome outcome = client.starts_tls();
                      // The handshake may break on the octets: nothing was obeyed then.
                      if (!outcome.established) return;
                      client.server_is_silent();
                  })
        .row("3207/6 (injection)")
        .needs(Need::starttls)
        .risk(3)
        .impact(Impact::critical);

    section
        .information("list-in-clear-and-under-tls",
                     "What the list of extensions has in the clear and under TLS only.",
                     [](Probe& client) {
                         given_offer(client);
                         const std::vector<Extension> before = client.extensions();
                         given_tls(client);
                         client.given(client.ehlo());
                         std::string text;
                         for (const Extension& one : before)
                             if (!client.offers(one.keyword)) text += '-' + one.keyword + ' ';
                         for (const Extension& one : client.extensions())
                             if (find(before, one.keyword) == nullptr)
                                 text += '+' + one.keyword + ' ';
                         client.observes(text.empty() ? "the same list" : text);
                     })
        .row("3207/4.2-7")
        .needs(Need::starttls)
        .risk(0);
    return section;
}

Section framework() {
    Section section("rfc3207", "2", "STARTTLS Extension");
    section
        .grammar("keyword-has-no-parameter", "The EHLO keyword STARTTLS stands alone.",
                 [](Probe& client) {
                     given_offer(client);
                     const Extension* const extension = find(client.extensions(), "STARTTLS");
                     if (extension && !extension->value.empty())
                         client.is_non_strict("STARTTLS alone", "STARTTLS " + extension->value);
                 })
        .row("3207/2-1")
        .needs(Need::starttls)
        .risk(0);
    return section;
}

}  // namespace

void add_rfc3207(std::vector<Section>& sections) {
    sections.push_back(framework());
    sections.push_back(starttls());
    sections.push_back(result());
}

}  // namespace smtprig::conformance

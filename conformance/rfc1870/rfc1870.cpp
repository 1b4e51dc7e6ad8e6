#include "conformance/rfc1870/rfc1870.hpp"

#include "conformance/check/probe.hpp"
#include "fixture/smtp/character.hpp"

namespace smtprig::conformance {
namespace {

// The limit that is announced; nothing where there is none, or no number.
std::optional<std::uint64_t> limit_of(Probe& client) {
    const Extension* const extension = find(client.extensions(), "SIZE");
    if (extension == nullptr || extension->value.empty() || extension->value.size() > 19)
        return std::nullopt;
    std::uint64_t limit = 0;
    for (const char c : extension->value) {
        if (!smtp::is_digit(c)) return std::nullopt;
        limit = limit * 10 + static_cast<unsigned>(c - '0');
    }
    return limit == 0 ? std::nullopt : std::optional(limit);
}

std::uint64_t needs_limit(Probe& client) {
    const auto limit = limit_of(client);
    if (!limit) client.is_skipped("The server announces no limit.");
    return *limit;
}

void control(Probe& client) {
    client.given_hello();
    client.given(client.mail() + " SIZE=100");
    client.given("RSET");
}

Section framework() {
    Section section("rfc1870", "3", "Framework for the Size Declaration Extension");

    section
        .grammar("keyword-has-at-most-a-number",
                 "The EHLO keyword SIZE stands alone or with a number of at most 20 digits.",
                 [](Probe& client) {
                     client.given_hello();
                     const Extension* const extension = find(client.extensions(), "SIZE");
                     if (extension == nullptr) client.is_inconclusive("SIZE is not listed now.");
                     bool digits = extension->value.size() <= 20;
                     for (const char c : extension->value) digits = digits && smtp::is_digit(c);
                     if (!digits) client.falls_short("SIZE and digits", "SIZE " + extension->value);
                 })
        .row("1870/3-1")
        .with_extension("SIZE")
        .risk(0);

    section
        .grammar("twenty-digits-are-read", "A declared size may have 20 digits.",
                 [](Probe& client) {
                     control(client);
                     client.sends(client.mail() + " SIZE=00000000000000000001")
                         .server_replies(positively());
                     client.given("RSET");
                     const bool limited = limit_of(client).has_value();
                     const Answer huge = client.sends(client.mail() + " SIZE=99999999999999999999");
                     if (huge.code() == 501 || (limited && huge.positive()))
                         client.falls_short(limited ? "the reply 552" : "no syntax error",
                                            huge.text());
                 })
        .row("1870/3-2")
        .with_extension("SIZE");
    return section;
}

Section parameter() {
    Section section("rfc1870", "6", "Use of the Size Parameter");

    section
        .grammar("size-of-the-limit-is-accepted", "A declared size of the limit is accepted.",
                 [](Probe& client) {
                     control(client);
                     client.sends(client.mail() + " SIZE=" + std::to_string(needs_limit(client)))
                         .server_replies(positively());
                     client.given("RSET");
                 })
        .row("1870/6.1-1")
        .with_extension("SIZE");

    section
        .grammar("size-above-the-limit-gets-552", "A declared size above the limit gets 552.",
                 [](Probe& client) {
                     control(client);
                     client
                         .sends(client.mail() + " SIZE=" + std::to_string(needs_limit(client) + 1))
                         .server_replies(with_code(552), with_refusal());
                 })
        .row("1870/6.1-2")
        .with_extension("SIZE")
        .impact(Impact::medium);

    section
        .grammar("second-size-is-refused", "A second SIZE parameter is refused.",
                 [](Probe& client) {
                     control(client);
                     client.sends(client.mail() + " SIZE=1 SIZE=2")
                         .server_replies(with_permanent_refusal(), positively());
                 })
        .row("1870/6-1")
        .with_extension("SIZE");

    section
        .grammar("bad-size-is-refused", "A SIZE that is no number is refused.",
                 [](Probe& client) {
                     for (const char* const value : {"abc", "-1", "1k"}) {
                         control(client);
                         client.sends(client.mail() + " SIZE=" + value)
                             .server_replies(with_code(501), with_permanent_refusal());
                         client.anew();
                     }
                 })
        .row("1870/6-2")
        .with_extension("SIZE");

    section
        .must_not("size-does-not-end-mail-data",
                  "Mail data ends at its end, whatever size was declared.",
                  [](Probe& client) {
                      client.given_hello();
                      client.given(client.mail() + " SIZE=10");
                      client.given(client.rcpt());
                      client.given("DATA", with_code(354));
                      std::string body;
                      while (body.size() < 2000) body += std::string(70, 'x') + "\r\n";
                      client.sends_octets(client.message(body))
                          .server_replies(positively() || with_code(552));
                      const std::size_t surplus = client.surplus_replies();
                      if (surplus != 0)
                          client.fails("one reply", std::to_string(surplus + 1) + " replies");
                  })
        .row("1870/6-3")
        .with_extension("SIZE")
        .needs(Need::message)
        .impact(Impact::high);

    section
        .should_not("agreed-size-is-kept",
                    "A message no larger than was declared and agreed to does not get 552.",
                    [](Probe& client) {
                        const std::string text = client.message();
                        client.given_hello();
                        client.given(client.mail() + " SIZE=" + std::to_string(text.size()));
                        client.given(client.rcpt());
                        client.given("DATA", with_code(354));
                        client.sends_octets(text).server_replies(positively());
                    })
        .row("1870/6.3-1")
        .with_extension("SIZE")
        .needs(Need::message);
    return section;
}

Section definition() {
    Section section("rfc1870", "4", "The Message Size Declaration");

    section
        .grammar(
            "message-above-the-limit-gets-552",
            "A message above the limit gets 552 at its end, and the session goes on.",
            [](Probe& client) {
                client.given_mail_data();
                const std::uint64_t limit = needs_limit(client);
                if (limit > 10 * 1024 * 1024)
                    client.is_skipped("The limit is above 10 MB, which the rig does not send.");
                std::string line = std::string(998, 'x') + "\r\n";
                std::string body;
                while (body.size() < limit + 65536) body += line;
                const Answer answer = client.sends_octets(client.message(body));
                if (answer.closed()) {
                    client.is_non_strict("the reply 552", answer.text());
                    return;
                }
                answer.server_replies(with_code(552), with_refusal());
                client.session_goes_on();
            })
        .row("1870/4-1")
        .with_extension("SIZE")
        .needs(Need::message | Need::big)
        .risk(3);
    return section;
}

}  // namespace

void add_rfc1870(std::vector<Section>& sections) {
    sections.push_back(framework());
    sections.push_back(definition());
    sections.push_back(parameter());
}

}  // namespace smtprig::conformance

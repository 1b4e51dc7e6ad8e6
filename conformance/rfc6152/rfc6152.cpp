#include "conformance/rfc6152/rfc6152.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance {
namespace {

void control(Probe& client) {
    client.given_transaction();
    client.given("RSET");
}

Section framework() {
    Section section("rfc6152", "2", "Framework for the 8-bit MIME Transport Extension");
    section
        .grammar("keyword-has-no-parameter", "The EHLO keyword 8BITMIME stands alone.",
                 [](Probe& client) {
                     client.given_hello();
                     const Extension* const extension = find(client.extensions(), "8BITMIME");
                     if (extension && !extension->value.empty())
                         client.is_non_strict("8BITMIME alone", "8BITMIME " + extension->value);
                 })
        .row("6152/2-1")
        .with_extension("8BITMIME")
        .risk(0);
    return section;
}

Section body_parameter() {
    Section section("rfc6152", "3", "The 8bit-MIMEtransport Service Extension");

    section
        .grammar("body-7bit-is-accepted", "MAIL with BODY=7BIT is accepted.",
                 [](Probe& client) {
                     control(client);
                     client.sends(client.mail() + " BODY=7BIT").server_replies(positively());
                     client.given("RSET");
                 })
        .row("6152/3-1")
        .with_extension("8BITMIME")
        .impact(Impact::medium);

    section
        .grammar("body-8bitmime-is-accepted", "MAIL with BODY=8BITMIME is accepted.",
                 [](Probe& client) {
                     control(client);
                     client.sends(client.mail() + " BODY=8BITMIME").server_replies(positively());
                     client.given("RSET");
                 })
        .row("6152/3-1")
        .with_extension("8BITMIME")
        .impact(Impact::medium);

    section
        .grammar(
            "unknown-body-is-refused", "A value of BODY that is not known is refused.",
            [](Probe& client) {
                control(client);
                client.sends(client.mail() + " BODY=FOO").server_replies(with_permanent_refusal());
            })
        .row("6152/3-2")
        .with_extension("8BITMIME");

    section
        .grammar("second-body-is-refused", "A second BODY parameter is refused.",
                 [](Probe& client) {
                     control(client);
                     client.sends(client.mail() + " BODY=8BITMIME BODY=7BIT")
                         .server_replies(with_permanent_refusal(), positively());
                 })
        .row("6152/3-2")
        .with_extension("8BITMIME");

    section
        .must("8bit-mail-data-is-accepted",
              "Mail data with octets above 127 is accepted after BODY=8BITMIME.",
              [](Probe& client) {
                  client.given_hello();
                  client.given(client.mail() + " BODY=8BITMIME");
                  client.given(client.rcpt());
                  client.given("DATA", with_code(354));
                  std::string text = client.message(
                      "Gr\xC3\xBC\xC3\x9F"
                      "e\r\n");
                  text.insert(text.find("\r\n\r\n") + 2,
                              "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                              "Content-Transfer-Encoding: 8bit\r\n");
                  client.sends_octets(text).server_replies(positively());
              })
        .row("6152/3-3")
        .with_extension("8BITMIME")
        .needs(Need::message)
        .impact(Impact::medium);
    return section;
}

}  // namespace

void add_rfc6152(std::vector<Section>& sections) {
    sections.push_back(framework());
    sections.push_back(body_parameter());
}

}  // namespace smtprig::conformance

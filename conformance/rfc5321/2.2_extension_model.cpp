#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"
#include "fixture/smtp/character.hpp"

namespace smtprig::conformance::rfc5321 {
namespace {

// Keywords of the registry "SMTP Service Extensions" of IANA, as of September 2026.
constexpr std::string_view registered[] = {
    "SEND",          "SOML",          "SAML",
    "EXPN",          "HELP",          "TURN",
    "8BITMIME",      "SIZE",          "VERB",
    "ONEX",          "CHUNKING",      "BINARYMIME",
    "CHECKPOINT",    "DELIVERBY",     "PIPELINING",
    "DSN",           "ETRN",          "ENHANCEDSTATUSCODES",
    "STARTTLS",      "NO-SOLICITING", "MTRK",
    "SUBMITTER",     "ATRN",          "AUTH",
    "FUTURERELEASE", "CONPERM",       "CONNEG",
    "MT-PRIORITY",   "RRVS",          "SMTPUTF8",
    "UTF8SMTP",      "BURL",          "REQUIRETLS",
    "LIMITS",        "VRFY",          "UTF8ONLY",
};

bool is_registered(std::string_view keyword) {
    for (const std::string_view known : registered)
        if (smtp::equal_ignoring_case(known, keyword)) return true;
    return false;
}

}  // namespace

Section extension_model() {
    Section section("rfc5321", "2.2", "The Extension Model");

    section
        .must("ehlo-is-supported", "A server knows EHLO, even when it has no extension to offer.",
              [](Probe& client) {
                  client.given_greeting();
                  client.sends(client.ehlo()).server_replies(with_code(250));
              })
        .row("5321/2.2.1-1")
        .risk(0)
        .impact(Impact::high);

    section
        .must("helo-is-supported", "A server still knows HELO, for clients that never learnt EHLO.",
              [](Probe& client) {
                  client.given_greeting();
                  client.sends("HELO " + client.settings().helo).server_replies(with_code(250));
              })
        .row("5321/4.1.1.1-1")
        .risk(0);

    section
        .must_not("keywords-are-registered",
                  "An EHLO keyword that does not begin with X is one of a registered extension.",
                  [](Probe& client) {
                      client.given_hello();
                      for (const Extension& extension : client.extensions()) {
                          const std::string& keyword = extension.keyword;
                          // The old spelling "AUTH=LOGIN" is judged by the grammar of the line.
                          const std::string word = keyword.substr(0, keyword.find('='));
                          if (word.empty() || smtp::to_lower(word[0]) == 'x' || is_registered(word))
                              continue;
                          client.falls_short("registered keywords", "the keyword " + keyword);
                      }
                  })
        .row("5321/2.2.2-1")
        .risk(0);

    return section;
}

}  // namespace smtprig::conformance::rfc5321

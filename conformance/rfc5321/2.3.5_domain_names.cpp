#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"
#include "fixture/smtp/character.hpp"
#include "fixture/smtp/path.hpp"

namespace smtprig::conformance::rfc5321 {
namespace {

// The word that a greeting or EHLO reply begins with.
std::string first_word(std::string_view text) {
    return std::string(text.substr(0, text.find(' ')));
}

bool is_local_name(std::string_view name) {
    return name.find('.') == std::string_view::npos ||
           smtp::equal_ignoring_case(name.substr(0, 10), "localhost.");
}

}  // namespace

Section host_names() {
    Section section("rfc5321", "2.3.5", "Domain Names");

    section
        .must_not("server-name-is-qualified",
                  "A server calls itself by a fully-qualified domain name and not by a nickname.",
                  [](Probe& client) {
                      client.given_greeting();
                      const Answer answer = client.given(client.ehlo());
                      const std::string name = first_word(answer.reply().text());
                      const std::string expected = "a fully-qualified domain name";
                      if (!name.empty() && name.front() == '[') {
                          client.is_non_strict(expected, "the address literal " + name);
                          return;
                      }
                      if (!smtp::is_domain(name) || is_local_name(name))
                          client.falls_short(expected, "the name \"" + name + "\"");
                  })
        .row("5321/2.3.5-1")
        .risk(0)
        .only_for(every_profile & ~bit(Profile::sink));

    return section;
}

}  // namespace smtprig::conformance::rfc5321

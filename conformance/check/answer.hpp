// What came back after something was sent, and the matchers that say what should have.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "conformance/probe/client.hpp"

namespace smtprig::conformance {

class Probe;
class Matcher;

// The lines of a reply on one line, escaped and not too many of them.
std::string shown(const probe::Reply& reply);

class Answer {
  public:
    Answer(Probe& probe, probe::Heard heard, std::string verb)
        : probe_(&probe), heard_(std::move(heard)), verb_(std::move(verb)) {}

    probe::Outcome outcome() const { return heard_.outcome; }
    bool replied() const { return heard_.outcome == probe::Outcome::reply; }
    bool closed() const { return heard_.outcome == probe::Outcome::closed; }
    bool silent() const { return heard_.outcome == probe::Outcome::silence; }
    std::uint16_t code() const { return replied() ? heard_.reply.code : std::uint16_t{0}; }
    bool positive() const { return code() / 100 == 2; }
    bool refused() const { return code() / 100 == 4 || code() / 100 == 5; }
    bool matches(const Matcher& matcher) const;
    const probe::Reply& reply() const { return heard_.reply; }
    const std::string& partial() const { return heard_.partial; }
    const std::string& verb() const { return verb_; }
    // For people: "503 5.5.1 Bad sequence", "the server closed", "no reply within 10 s".
    std::string text() const;

    // Ends the check where it is not so: as the level of the check says, or inconclusive where
    // the reply is one of policy. What is `tolerated` makes the check non-strict and lets it go on.
    const Answer& server_replies(const Matcher& wanted) const;
    const Answer& server_replies(const Matcher& wanted, const Matcher& tolerated) const;
    // Fails whatever the level of the check is.
    const Answer& never(const Matcher& unwanted) const;

  private:
    Probe* probe_;
    probe::Heard heard_;
    std::string verb_;
};

class Matcher {
  public:
    Matcher(std::function<bool(const Answer&)> test, std::string description)
        : test_(std::move(test)), description_(std::move(description)) {}

    bool matches(const Answer& answer) const { return test_(answer); }
    const std::string& description() const { return description_; }
    friend Matcher operator||(const Matcher& a, const Matcher& b);

  private:
    std::function<bool(const Answer&)> test_;
    std::string description_;
};

Matcher with_code(std::uint16_t code);
Matcher with_code(std::initializer_list<std::uint16_t> codes);
Matcher positively();              // 2yz
Matcher with_refusal();            // 4yz or 5yz
Matcher with_permanent_refusal();  // 5yz
Matcher by_closing();              // with 421 or 521, or without a word
Matcher with_anything();           // any reply
// A refusal that is about the form of the argument: 500, 501, 504, 555, or 550 and 553 with an
// enhanced status code that says so.
Matcher with_syntax_error();

// Why this reply says nothing about the requirement: the server refused for a reason that RFC 5321
// sections 7.8 and 7.9 leave to it. Empty: it does not.
std::string policy_in(const Answer& answer);

}  // namespace smtprig::conformance

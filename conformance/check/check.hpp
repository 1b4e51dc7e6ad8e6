// Checks and sections. A check is one requirement of one document, with what it needs, what it may
// do to a server, and the conversation that decides it. A section registers its checks in order.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/check/settings.hpp"
#include "conformance/check/verdict.hpp"
#include "conformance/probe/reply_reader.hpp"

namespace smtprig::conformance {

class Probe;

// What a run has to offer so that a check can be run.
enum class Need : unsigned {
    nothing = 0,
    recipient = 1,           // --rcpt, accepted by the server; the transaction is reset
    second_recipient = 2,    // --rcpt2
    message = 4,             // the server really takes a message for --rcpt
    foreign = 8,             // --foreign, refused by the server so far
    credentials = 16,        // --auth
    starttls = 32,           // the server offers STARTTLS, and TLS is not implicit
    long_time = 64,          // minutes
    big = 128,               // megabytes
    relaying = 256,          // a next hop of the rig; comes with the relay checks
    refused_greeting = 512,  // a server that greets with 554
};
constexpr Need operator|(Need a, Need b) {
    return static_cast<Need>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool has(Need all, Need one) {
    return (static_cast<unsigned>(all) & static_cast<unsigned>(one)) != 0;
}

inline constexpr unsigned every_profile = 15;
constexpr unsigned bit(Profile profile) {
    return static_cast<unsigned>(profile);
}

// Which text asks for it: RFC 5321, the document that replaces it, or both alike.
enum class Spec : std::uint8_t { both, rfc5321, successor };

enum class Hello : std::uint8_t { none, helo, ehlo };

// One reply of the run, and what was asked.
struct Exchange {
    std::string verb;  // upper case; "greeting", "end of mail data", or empty where it is not known
    Hello hello = Hello::none;          // of the session when the command was sent
    std::vector<Extension> extensions;  // what the latest EHLO reply listed
    bool tls = false;
    bool last = false;  // the server closed behind it
    probe::Reply reply;
    std::string check;        // during which check
    std::size_t session = 0;  // which of its sessions
};

// What an observation of every reply says about one of them.
struct Remark {
    bool concerned = false;  // the rule applies to this reply
    std::string complaint;   // what is wrong with it; empty: nothing
    bool lenient = false;    // wrong, but a deviation that is put up with
};

class Check {
  public:
    std::string id;           // "rfc5321/4.1.4/new-ehlo-resets"; for ever
    std::string document;     // "rfc5321"
    std::string section;      // "4.1.4"
    std::string requirement;  // a whole sentence in our words
    Level level = Level::must;
    std::function<void(Probe&)> body;
    std::function<Remark(const Exchange&)> every_reply;  // instead of a body

    std::string row_id;  // in the catalogue of checks
    Need need = Need::nothing;
    int risk_level = 1;
    Impact impact_level = Impact::low;
    unsigned profiles = every_profile;
    std::string extension;  // EHLO keyword without which there is nothing to check
    Spec spec_of = Spec::both;
    int messages = 0;  // that it delivers at most

    // For the registration; each returns the check.
    Check& row(std::string_view id_of_row);
    Check& needs(Need what);
    Check& risk(int how_much);
    Check& impact(Impact what);
    Check& only_for(unsigned which_profiles);
    Check& with_extension(std::string_view keyword);
    Check& spec(Spec which);
    Check& delivers(int count);

    bool passive() const { return static_cast<bool>(every_reply); }
    // "RFC 5321 section 4.1.4".
    std::string citation() const;
};

class Section {
  public:
    using Body = std::function<void(Probe&)>;
    using Observer = std::function<Remark(const Exchange&)>;

    Section(std::string document, std::string number, std::string title)
        : document_(std::move(document)), number_(std::move(number)), title_(std::move(title)) {}

    Check& must(std::string_view slug, std::string_view requirement, Body body);
    Check& must_not(std::string_view slug, std::string_view requirement, Body body);
    Check& should(std::string_view slug, std::string_view requirement, Body body);
    Check& should_not(std::string_view slug, std::string_view requirement, Body body);
    Check& may(std::string_view slug, std::string_view requirement, Body body);
    Check& grammar(std::string_view slug, std::string_view requirement, Body body);
    Check& best_practice(std::string_view slug, std::string_view requirement, Body body);
    Check& information(std::string_view slug, std::string_view requirement, Body body);
    // A rule about every reply of the run.
    Check& every_reply(Level level, std::string_view slug, std::string_view requirement,
                       Observer observer);

    const std::string& document() const { return document_; }
    const std::string& number() const { return number_; }
    const std::string& title() const { return title_; }
    const std::deque<Check>& checks() const { return checks_; }

  private:
    Check& add(Level level, std::string_view slug, std::string_view requirement);
    Check& with_body(Level level, std::string_view slug, std::string_view requirement, Body body);

    std::string document_;
    std::string number_;
    std::string title_;
    std::deque<Check> checks_;  // references to a check stay good while others are added
};

}  // namespace smtprig::conformance

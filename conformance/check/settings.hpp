// What a run is told by the person who started it, and what the preflight found out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smtprig::conformance {

using Microseconds = std::int64_t;

// What the server is there for; it decides which checks make sense.
enum class Profile : std::uint8_t {
    mx = 1,     // receives mail for its domains from anybody
    msa = 2,    // takes mail of authenticated users (RFC 6409)
    relay = 4,  // forwards what this client sends
    sink = 8,   // a server for tests that takes everything
};
std::string_view to_text(Profile profile);
std::optional<Profile> profile_of(std::string_view text);

enum class Tls : std::uint8_t { none, starttls, implicit };
std::string_view to_text(Tls tls);

// From none to abuse-looking: what a check may do to the server.
//   0 greeting, EHLO, NOOP, QUIT · 1 envelopes that are reset · 2 delivers small marked messages ·
//   3 malformed, large or slow · 4 relaying
inline constexpr int highest_risk = 4;

struct RunSettings {
    std::string target;  // as given
    Profile profile = Profile::mx;
    Tls tls = Tls::none;
    std::string helo = "client.example";
    std::string sender = "sender@client.example";  // empty: the null reverse-path
    std::string recipient;                         // mailboxes; empty: none was given
    std::string second_recipient;
    std::string foreign;  // a mailbox elsewhere that belongs to the tester
    std::string user;
    std::string password;
    int safety = 1;
    std::uint64_t seed = 1;
    Microseconds timeout = 10'000'000;    // for a reply
    Microseconds patience = 300'000'000;  // for the greeting (RFC 5321 section 4.5.3.2.1)
    bool run_long = false;
    bool run_big = false;
};

// An EHLO reply, as far as it can be read.
struct Extension {
    std::string keyword;  // as sent
    std::string value;    // what stands behind the first space
};
const Extension* find(const std::vector<Extension>& extensions, std::string_view keyword);

struct Facts {
    bool reachable = false;
    std::uint16_t greeting_code = 0;
    std::string greeting;  // the first line
    Microseconds greeting_latency = 0;
    Microseconds reply_time = 0;  // the slowest reply to an ordinary command
    std::vector<Extension> in_clear;
    std::vector<Extension> in_tls;  // where TLS was used
    std::string tls_version;
    std::string certificate;  // "ok" or what is wrong with it
    bool helo = false;
    bool sender_accepted = false;
    bool null_sender_used = false;  // the sender was refused, the null reverse-path is used
    bool recipient_accepted = false;
    bool second_recipient_accepted = false;
    bool catch_all = false;       // an unknown mailbox of the domain is accepted
    bool privileged = false;      // the foreign mailbox is accepted: this address may relay
    int errors_before_close = 0;  // 0: more than were tried
    Microseconds error_time = 0;  // the slowest reply to an error: a tarpit
    bool noop = true;
    std::string product;  // a guess from the greeting
    // Why no check can be run, and which option would change that; empty: all is well.
    std::string abort;

    // Of the session that the checks have: under TLS where the run asks for it.
    const std::vector<Extension>& extensions(Tls tls) const {
        return tls == Tls::none ? in_clear : in_tls;
    }
};

}  // namespace smtprig::conformance

// A well-behaved client for a conversation on a manual clock: it reads replies as a stream, keeps
// to RFC 5321, and tries again later what was put off. What it is to do is a Play.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fixture/scenario/engine.hpp"
#include "fixture/scenario/model.hpp"
#include "tests/server/harness.hpp"

namespace smtprig::scenario {

enum class Tls { never, offered, required };

struct Play {
    std::string name;  // of the part in the golden file; empty where there is only one
    std::vector<std::pair<std::string, std::string>> set;  // parameters of the scenario
    Tls tls = Tls::never;
    std::string auth;                 // PLAIN, LOGIN, XOAUTH2; empty for none
    int auth_tries = 1;               // more than one: wrong credentials, again and again
    int messages = 1;                 // in one session where the server allows it
    int lines = 2;                    // of the text, of 72 octets each
    int sessions = 3;                 // at most
    bool apart = false;               // each message in a session of its own
    int others = 0;                   // sessions of the same client that are open meanwhile
    bool declare = false;             // SIZE= in MAIL
    bool data_anyway = false;         // DATA although no recipient was accepted
    std::vector<std::string> before;  // lines in front of MAIL, in place of nothing
    std::string from = "sender@client.example";
    std::vector<std::string> to = {"first@example.test", "second@other.example"};
    std::string header;  // further header lines, with CRLF
    std::string text;    // in front of the lines, with its own line ends
};

// What came of it.
struct Played {
    std::string transcript;  // of all sessions, without times
    std::string faults;      // what is wrong with the transcripts as such
    int delivered = 0;       // messages that the client knows accepted
};

Played play(const Play& play, const std::shared_ptr<const Scenario>& scenario,
            const std::shared_ptr<Engine>& engine);

}  // namespace smtprig::scenario

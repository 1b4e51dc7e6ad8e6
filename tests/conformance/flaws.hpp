// Faults that no scenario can describe, since they lie below the commands: input that gets lost,
// replies that are held back, sessions that exclude each other. Each is a switch of mutants.txt,
// NAME or NAME:VALUE, and changes what passes between the probe and the conversation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace smtprig::conformance {

class Flaw {
  public:
    // Throws where there is no such switch.
    explicit Flaw(const std::string& text = "");

    // What arrives at the server of a segment, in pieces.
    std::vector<std::string> arriving(std::string_view segment);
    // The probe reads for the first time: from now on nothing is early.
    void read_begins() { reading_ = true; }
    // What the probe gets of the octets that the server has said.
    std::string heard(std::string octets) const;
    // Replies stay with the server until the client says more.
    bool holds() const;
    // The server has closed, since the client was silent for a minute.
    bool gives_up() const;
    // What was in the clear behind STARTTLS and is served under TLS.
    std::string take_kept();
    // What the server says once the handshake is done.
    std::string said_under_tls() const;
    bool excludes(bool other_in_mail_data) const;

  private:
    bool is(std::string_view name) const { return name_ == name; }

    std::string name_;
    std::string value_;
    std::string last_;  // segment of the client
    std::string kept_;
    bool reading_ = false;
};

}  // namespace smtprig::conformance

// Dialogues as text: what is said in which order, in the text form of a transcript.
//
// A file in tests/dialogues/ holds
//   # a comment: the section of the RFC, or the attack
//   ! a directive: a setting before the first line, or something that happens (see dialogue.cpp)
//   C: S: and #  lines, which are the transcript
// The lines of the client are the input: each is sent alone, those between `! together` and
// `! apart` as one piece.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/server/harness.hpp"

namespace smtprig::server {

// How a piece of input is cut before it is fed.
using Cut = std::function<std::vector<std::string_view>(std::string_view)>;

class Dialogue {
  public:
    explicit Dialogue(const std::string& text);

    struct Outcome {
        std::string transcript;  // without times
        std::string heard;       // what the server said
        std::string faults;
        std::string problem;  // a directive that is not known
    };
    Outcome run(const Cut& cut = {}) const;

    const std::string& expected() const { return expected_; }
    // False where the place of a cut changes what happens.
    bool may_be_cut() const { return may_be_cut_; }
    // The file with this transcript in place of its own.
    std::string with(const std::string& transcript) const;

  private:
    struct Directive {
        std::size_t before = 0;  // the line of the client in front of which it stands
        std::string text;
    };
    std::string comment_;
    std::vector<std::string> settings_;
    std::vector<Directive> directives_;
    std::vector<std::string> input_;
    std::string expected_;
    bool may_be_cut_ = true;
};

// The first difference with the lines around it; empty where there is none.
std::string difference(const std::string& expected, const std::string& actual);

}  // namespace smtprig::server

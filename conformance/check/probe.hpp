// The probe of a check: an SMTP client that says what it is told and judges what comes back. The
// body of a check reads like the sentence that it tests:
//
//     client.given_hello();
//     client.given("MAIL FROM:<sender@client.example>");
//     client.given("EHLO client.example");
//     client.sends("RCPT TO:<recipient@server.example>").server_replies(with_code(503));
//
// What is `given` is a precondition: where the server refuses it, the check is inconclusive. One
// connection a check; `anew` takes another for a further variant, so that a server which counts
// errors is not provoked more than it stands.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/check/answer.hpp"
#include "conformance/check/check.hpp"

namespace smtprig::conformance {

class Probe {
  public:
    // All of it must outlive the probe.
    struct Surroundings {
        const RunSettings& settings;
        const Facts& facts;
        probe::Connector& connector;
        const Check& check;
    };
    explicit Probe(const Surroundings& around);
    ~Probe();

    const RunSettings& settings() const { return around_.settings; }
    const Facts& facts() const { return around_.facts; }
    // What the latest EHLO reply of this connection listed.
    const std::vector<Extension>& extensions() const;
    bool offers(std::string_view keyword) const { return find(extensions(), keyword) != nullptr; }
    bool offers_pipelining() const { return offers("PIPELINING"); }
    // Letters and digits, different in each check and each run, the same when it is judged again.
    std::string nonce() const { return nonce_; }
    std::string ehlo() const { return "EHLO " + settings().helo; }
    std::string reverse_path() const;  // "<sender@client.example>"
    std::string mail() const { return "MAIL FROM:" + reverse_path(); }
    std::string forward_path() const { return '<' + settings().recipient + '>'; }
    std::string rcpt() const { return "RCPT TO:" + forward_path(); }
    std::string recipient_domain() const;
    std::string sender_domain() const;
    // A small valid message with the end of mail data; `body` is put behind the header.
    std::string message(std::string_view body = "This is a test.\r\n") const;
    Microseconds reply_timeout() const;
    // How long silence is watched before it counts: no reply is expected.
    Microseconds silence_window() const;

    // From now on connections begin in the clear, also where the run asks for STARTTLS.
    void stays_in_clear() { in_clear_ = true; }

    // Preconditions.
    void given_connection();  // connected, TLS where it is implicit, nothing read
    void given_greeting();    // 220, and TLS where the run wants it: as right after the greeting
    void given_hello();       // EHLO, and AUTH where the run has credentials
    void given_authentication();  // where the run has credentials and the server offers AUTH
    void given_transaction();     // MAIL too
    void given_forward_path();    // RCPT too
    void given_mail_data();       // DATA too, answered with 354
    Answer given(std::string_view line);
    Answer given(std::string_view line, const Matcher& wanted);

    // Provocations. A line gets its CRLF.
    Answer sends(std::string_view line);
    Answer sends_octets(std::string_view octets);
    void puts(std::string_view octets);  // without waiting for anything
    Answer reads();                      // the next reply
    Answer reads_within(Microseconds timeout);
    // Nothing comes for a while; judged by the level of the check.
    void server_is_silent();
    // The server still serves this session.
    void session_goes_on();
    // QUIT, and everything until the server closes: the number of replies before that to QUIT.
    // More than what was asked for means that something was taken for a command.
    std::size_t surplus_replies();
    // To be filled later: no reply.
    Answer nothing() { return Answer(*this, probe::Heard{}, ""); }
    probe::TlsOutcome starts_tls();
    void drops(probe::HowToClose how);

    // Another connection, instead of the present one or beside it.
    void anew();
    void other_connection(std::size_t number);  // from 0; opened on first use

    // Judgements.
    void judge(const Answer& answer, const Matcher& wanted, const Matcher* tolerated);
    [[noreturn]] void falls_short(std::string expected, std::string actual);
    [[noreturn]] void fails(std::string expected, std::string actual);
    [[noreturn]] void is_inconclusive(std::string reason, bool once_more = false);
    [[noreturn]] void is_skipped(std::string reason);
    void is_non_strict(std::string expected, std::string actual);
    void observes(std::string what);  // for information
    // The judgement of a body that came to its end.
    Judgement judgement() const { return judgement_; }

    // Closes everything; what was recorded stays.
    void finish();
    std::vector<transcript::Session> take_transcripts();
    const std::vector<Exchange>& exchanges() const { return exchanges_; }

  private:
    struct Line {
        std::unique_ptr<probe::Client> client;
        std::size_t session = 0;  // among transcripts_
        Hello hello = Hello::none;
        std::vector<Extension> extensions;
        bool in_mail_data = false;
        std::deque<std::string> asked;  // verbs whose replies are owed; empty text: not known
        int errors = 0;
    };
    Line& line() { return lines_[current_]; }
    const Line& line() const { return lines_[current_]; }
    void open();
    void close_line(Line& line);
    void note_sent(std::string_view octets);
    Answer heard(probe::Heard heard);

    Surroundings around_;
    std::string nonce_;
    std::vector<Line> lines_;
    std::size_t current_ = 0;
    bool in_clear_ = false;
    std::vector<transcript::Session> transcripts_;
    std::vector<Exchange> exchanges_;
    Judgement judgement_;
};

// Keyword and value of each line of an EHLO reply but the first.
std::vector<Extension> extensions_of(const probe::Reply& reply);

}  // namespace smtprig::conformance

#include "conformance/check/probe.hpp"

#include <algorithm>

#include "fixture/smtp/base64.hpp"
#include "fixture/smtp/character.hpp"

namespace smtprig::conformance {
namespace {

using probe::HowToClose;

std::uint64_t hashed(std::uint64_t seed, std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325u ^ (seed * 0x9E3779B97F4A7C15u);
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

std::string token_of(std::uint64_t number) {
    constexpr std::string_view letters = "abcdefghijkmnpqrstuvwxyz23456789";
    std::string token = "t";
    for (int i = 0; i < 8; ++i, number >>= 5) token += letters[number & 31];
    return token;
}

std::string verb_of(std::string_view line) {
    std::string verb;
    for (const char c : line.substr(0, line.find(' ')))
        verb += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return verb;
}

}  // namespace

std::vector<Extension> extensions_of(const probe::Reply& reply) {
    std::vector<Extension> extensions;
    for (std::size_t i = 1; i < reply.lines.size(); ++i) {
        const std::string_view text = reply.text(i);
        const std::size_t space = text.find(' ');
        Extension& extension = extensions.emplace_back();
        extension.keyword = text.substr(0, space);
        if (space != std::string_view::npos) extension.value = text.substr(space + 1);
    }
    return extensions;
}

Probe::Probe(const Surroundings& around)
    : around_(around), nonce_(token_of(hashed(around.settings.seed, around.check.id))) {
    lines_.resize(1);
}

Probe::~Probe() {
    finish();
}

const std::vector<Extension>& Probe::extensions() const {
    return line().extensions;
}

std::string Probe::reverse_path() const {
    return facts().null_sender_used ? "<>" : '<' + settings().sender + '>';
}

std::string Probe::recipient_domain() const {
    const std::string& mailbox = settings().recipient;
    const std::size_t at = mailbox.rfind('@');
    return at == std::string::npos ? "" : mailbox.substr(at + 1);
}

std::string Probe::message(std::string_view body) const {
    std::string text = "From: <" +
                       (settings().sender.empty() ? "test@" + settings().helo : settings().sender) +
                       ">\r\nTo: <" + settings().recipient + ">\r\nSubject: smtprig " + nonce_ +
                       "\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\nMessage-ID: <" + nonce_ +
                       "@smtprig.test>\r\nX-Smtprig-Check: " + around_.check.id +
                       "\r\nAuto-Submitted: auto-generated\r\nPrecedence: bulk\r\n\r\n";
    text += body;
    return text + ".\r\n";
}

std::string Probe::sender_domain() const {
    const std::size_t at = settings().sender.rfind('@');
    return at == std::string::npos ? settings().helo : settings().sender.substr(at + 1);
}

// Servers slow down on purpose; what an ordinary command took says what is to be expected.
Microseconds Probe::reply_timeout() const {
    const Microseconds slowest = std::max(facts().reply_time, facts().error_time);
    return std::max(settings().timeout, 4 * slowest);
}

Microseconds Probe::silence_window() const {
    return std::max<Microseconds>(2'000'000, 4 * std::max(facts().reply_time, facts().error_time));
}

void Probe::open() {
    probe::Connected connected = around_.connector.connect(reply_timeout());
    if (!connected.wire) is_inconclusive(connected.problem, true);
    Line& line = this->line();
    line = Line();
    line.session = transcripts_.size();
    transcripts_.emplace_back();
    line.client = std::make_unique<probe::Client>(
        std::move(connected.wire), nonce_ + '-' + std::to_string(transcripts_.size()),
        around_.connector.wall_clock());
    line.asked.emplace_back("greeting");
}

void Probe::close_line(Line& line) {
    if (!line.client) return;
    line.client->close();
    transcripts_[line.session] = line.client->transcript();
    line.client.reset();
}

void Probe::finish() {
    for (Line& line : lines_) close_line(line);
}

std::vector<transcript::Session> Probe::take_transcripts() {
    finish();
    return std::move(transcripts_);
}

void Probe::anew() {
    // Polite servers count sessions that end without QUIT.
    if (line().client && !line().client->server_closed() && !line().in_mail_data) puts("QUIT\r\n");
    close_line(line());
    line() = Line();
}

void Probe::other_connection(std::size_t number) {
    if (number >= lines_.size()) lines_.resize(number + 1);
    current_ = number;
}

void Probe::note_sent(std::string_view octets) {
    Line& line = this->line();
    const bool one_line = octets.size() > 2 && octets.find("\r\n") == octets.size() - 2;
    if (line.in_mail_data) {
        const bool ends = octets.size() >= 3 && octets.substr(octets.size() - 3) == ".\r\n";
        if (ends) {
            line.asked.emplace_back("end of mail data");
            line.in_mail_data = false;
        }
        return;
    }
    line.asked.emplace_back(one_line ? verb_of(octets.substr(0, octets.size() - 2)) : "");
}

Answer Probe::heard(probe::Heard heard) {
    Line& line = this->line();
    std::string verb;
    if (!line.asked.empty()) {
        verb = line.asked.front();
        if (heard.outcome == probe::Outcome::reply && line.asked.size() > 1)
            line.asked.pop_front();
        else if (heard.outcome == probe::Outcome::reply && !verb.empty())
            line.asked.pop_front();
    }
    if (heard.outcome == probe::Outcome::reply) {
        const probe::Reply& reply = heard.reply;
        Exchange exchange;
        exchange.verb = verb;
        exchange.hello = line.hello;
        exchange.extensions = line.extensions;
        exchange.tls = line.client->tls();
        exchange.reply = reply;
        exchange.check = around_.check.id;
        exchange.session = line.session;
        if (reply.code / 100 == 5) ++line.errors;
        if (verb == "EHLO" && reply.code == 250) {
            line.hello = Hello::ehlo;
            line.extensions = extensions_of(reply);
        }
        if (verb == "HELO" && reply.code == 250) {
            line.hello = Hello::helo;
            line.extensions.clear();
        }
        if (verb == "DATA" && reply.code == 354) line.in_mail_data = true;
        exchanges_.push_back(std::move(exchange));
    } else if (heard.outcome == probe::Outcome::closed && !exchanges_.empty() &&
               exchanges_.back().session == line.session) {
        exchanges_.back().last = true;
    }
    return Answer(*this, std::move(heard), std::move(verb));
}

void Probe::given_connection() {
    if (line().client) return;
    open();
    if (settings().tls != Tls::implicit) return;
    const probe::TlsOutcome tls = line().client->start_tls(reply_timeout());
    if (!tls.established) is_inconclusive("TLS could not be established: " + tls.reason, true);
}

void Probe::given_greeting() {
    if (line().client) return;
    given_connection();
    const Answer greeting = heard(line().client->hear(settings().patience));
    if (greeting.code() != 220)
        is_inconclusive("The greeting was not 220: " + greeting.text() + '.', true);
    if (settings().tls != Tls::starttls || in_clear_) return;
    given(ehlo());
    given("STARTTLS", with_code(220));
    const probe::TlsOutcome tls = starts_tls();
    if (!tls.established) is_inconclusive("TLS could not be established: " + tls.reason, true);
}

void Probe::given_hello() {
    given_greeting();
    given(ehlo());
    given_authentication();
}

void Probe::given_authentication() {
    using namespace std::string_literals;
    if (settings().user.empty() || !offers("AUTH")) return;
    const std::string secret =
        "AUTH PLAIN " + smtp::to_base64("\0"s + settings().user + "\0"s + settings().password) +
        "\r\n";
    line().asked.emplace_back("AUTH");
    line().client->send(secret, transcript::Secret::yes);
    const Answer answer = heard(line().client->hear(reply_timeout()));
    if (answer.code() != 235) is_inconclusive("AUTH PLAIN was refused: " + answer.text() + '.');
}

void Probe::given_transaction() {
    given_hello();
    given(mail());
}

void Probe::given_forward_path() {
    given_transaction();
    given(rcpt());
}

void Probe::given_mail_data() {
    given_forward_path();
    given("DATA", with_code(354));
}

Answer Probe::given(std::string_view line) {
    return given(line, positively());
}

Answer Probe::given(std::string_view text, const Matcher& wanted) {
    Answer answer = sends(text);
    if (!answer.matches(wanted))
        is_inconclusive("The precondition " + std::string(text.substr(0, 80)) +
                            " was not met: " + answer.text() + '.',
                        answer.closed() || answer.code() == 421);
    return answer;
}

Answer Probe::sends(std::string_view text) {
    return sends_octets(std::string(text) + "\r\n");
}

Answer Probe::sends_octets(std::string_view octets) {
    puts(octets);
    return reads();
}

void Probe::puts(std::string_view octets) {
    if (!line().client) given_greeting();
    note_sent(octets);
    line().client->send(octets);
}

Answer Probe::reads() {
    return reads_within(reply_timeout());
}

Answer Probe::reads_within(Microseconds timeout) {
    return heard(line().client->hear(timeout));
}

void Probe::server_is_silent() {
    const Answer answer = reads_within(silence_window());
    if (answer.silent()) return;
    const std::string policy = policy_in(answer);
    if (!policy.empty()) is_inconclusive(policy, answer.code() == 421);
    falls_short("no reply", answer.text());
}

void Probe::session_goes_on() {
    // Some servers refuse NOOP before they know the client; RSET is the other sign of life.
    const Answer answer = sends(facts().noop ? "NOOP" : "RSET");
    if (answer.positive()) return;
    if (answer.code() == 421 || (answer.closed() && line().errors >= 3))
        is_inconclusive(
            "The server ended the session, as it may after errors: " + answer.text() + '.', true);
    falls_short("the session goes on", answer.text());
}

std::size_t Probe::surplus_replies() {
    puts("QUIT\r\n");
    std::size_t count = 0;
    while (true) {
        const Answer answer = reads();
        if (!answer.replied()) break;
        ++count;
        if (answer.code() == 221 || answer.code() == 421) {
            // What follows the reply to QUIT is the close; nothing else is owed.
            if (reads_within(silence_window()).replied()) ++count;
            break;
        }
    }
    return count == 0 ? 0 : count - 1;
}

probe::TlsOutcome Probe::starts_tls() {
    Line& line = this->line();
    probe::TlsOutcome outcome = line.client->start_tls(reply_timeout());
    // RFC 3207 section 4.2: what was learned before is forgotten.
    line.asked.clear();
    line.hello = Hello::none;
    line.extensions.clear();
    line.in_mail_data = false;
    return outcome;
}

void Probe::drops(HowToClose how) {
    if (!line().client) return;
    line().client->close(how);
    if (how != HowToClose::half) close_line(line());
}

void Probe::judge(const Answer& answer, const Matcher& wanted, const Matcher* tolerated) {
    if (wanted.matches(answer)) return;
    std::string expected = wanted.description();
    if (tolerated) expected += "; " + tolerated->description() + " is put up with";
    const std::string policy = policy_in(answer);
    if (!policy.empty())
        throw Stop{{Verdict::inconclusive, policy, expected, answer.text()}, answer.code() == 421};
    if (tolerated && tolerated->matches(answer)) {
        is_non_strict(expected, answer.text());
        return;
    }
    if (answer.closed() && line().errors >= 3)
        throw Stop{{Verdict::inconclusive,
                    "The server closed after several errors, as RFC 5321 section 7.8 lets it.",
                    expected, answer.text()},
                   true};
    falls_short(expected, answer.text());
}

void Probe::falls_short(std::string expected, std::string actual) {
    throw Stop{{shortfall(around_.check.level), "", std::move(expected), std::move(actual)}};
}

void Probe::fails(std::string expected, std::string actual) {
    throw Stop{{Verdict::fail, "", std::move(expected), std::move(actual)}};
}

void Probe::is_inconclusive(std::string reason, bool once_more) {
    throw Stop{{Verdict::inconclusive, std::move(reason), "", ""}, once_more};
}

void Probe::is_skipped(std::string reason) {
    throw Stop{{Verdict::skip, std::move(reason), "", ""}};
}

void Probe::is_non_strict(std::string expected, std::string actual) {
    if (judgement_.verdict == Verdict::non_strict) return;
    judgement_ = {Verdict::non_strict, "", std::move(expected), std::move(actual)};
}

void Probe::observes(std::string what) {
    if (judgement_.verdict == Verdict::pass) judgement_ = {Verdict::info, "", "", std::move(what)};
}

}  // namespace smtprig::conformance

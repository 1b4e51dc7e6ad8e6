#include "tests/server/dialogue.hpp"

#include <algorithm>
#include <sstream>

namespace smtprig::server {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

bool begins(std::string_view line, std::string_view with) {
    return line.substr(0, with.size()) == with;
}

// The octets behind a line in the text form (fixture/transcript/printable.hpp).
std::string octets_of(std::string_view line) {
    std::string octets;
    bool ended = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] != '\\' || i + 1 == line.size()) {
            octets += line[i];
            continue;
        }
        const char c = line[++i];
        const bool last = i + 1 == line.size();
        if (c == 'r') octets += '\r';
        if (c == 'n') octets += '\n';
        if (c == 't') octets += '\t';
        if (c == '\\') octets += '\\';
        if (c == 'x') {
            octets += static_cast<char>(std::stoi(std::string(line.substr(i + 1, 2)), nullptr, 16));
            i += 2;
        }
        if (last && (c == 'n' || c == 'c')) ended = true;
    }
    return ended ? octets : octets + "\r\n";
}

// What follows the first word, and that word.
std::string rest_of(const std::string& text) {
    const std::size_t space = text.find(' ');
    return space == std::string::npos ? std::string() : text.substr(space + 1);
}
std::string word_of(const std::string& text) {
    return text.substr(0, text.find(' '));
}

bool set_limit(smtp::Limits& limits, const std::string& name, std::size_t value) {
    if (name == "message")
        limits.message = value;
    else if (name == "commands")
        limits.commands = value;
    else if (name == "recipients")
        limits.recipients = value;
    else if (name == "line_bound")
        limits.line_bound = value;
    else if (name == "auth_line")
        limits.auth_line = value;
    else
        return false;
    return true;
}

bool apply(Scene& scene, const std::string& directive) {
    smtp::Settings& settings = scene.settings;
    const std::string word = word_of(directive), rest = rest_of(directive);
    if (word == "strict")
        settings.posture = smtp::Posture::strict();
    else if (word == "starttls")
        settings.tls = smtp::TlsMode::starttls;
    else if (word == "implicit-tls")
        settings.tls = smtp::TlsMode::implicit;
    else if (word == "auth-in-clear")
        settings.auth_in_clear = true;
    else if (word == "require-tls")
        settings.require_tls = true;
    else if (word == "require-auth")
        settings.require_auth = true;
    else if (word == "trace")
        settings.trace = true;
    else if (word == "redact")
        scene.show_secrets = false;
    else if (word == "user")
        settings.users.push_back({word_of(rest), rest_of(rest), ""});
    else if (word == "withhold")
        settings.withheld.push_back(rest);
    else if (word == "relay")
        settings.relay.push_back({rest, ""});
    else if (word == "limit")
        return set_limit(settings.limits, word_of(rest), std::stoul(rest_of(rest)));
    else if (word == "session-bound")
        scene.session_bound = std::stoul(rest);
    else if (word == "too-many-sessions")
        scene.refused = smtp::Situation::too_many_sessions;
    else if (word == "xml")
        scene.scenario += rest + '\n';
    else
        return false;
    return true;
}

}  // namespace

Dialogue::Dialogue(const std::string& text) {
    for (const std::string& line : lines_of(text)) {
        if (begins(line, "C: ") || line == "C:") {
            input_.push_back(
                octets_of(std::string_view(line).substr(std::min<std::size_t>(3, line.size()))));
            expected_ += line + '\n';
        } else if (begins(line, "S:") || begins(line, "#  ")) {
            expected_ += line + '\n';
        } else if (begins(line, "! ")) {
            Scene scratch;
            const std::string directive = line.substr(2);
            if (directive == "unsplit") may_be_cut_ = false;
            if (directive == "unsplit" || apply(scratch, directive))
                settings_.push_back(directive);
            else
                directives_.push_back({input_.size(), directive});
        } else if (!line.empty()) {
            comment_ += line + '\n';
        }
    }
}

Dialogue::Outcome Dialogue::run(const Cut& cut) const {
    Outcome outcome;
    Scene scene;
    for (const std::string& setting : settings_) apply(scene, setting);
    Talk talk(scene);
    bool together = false;
    std::string piece;
    const auto feed = [&] {
        if (piece.empty()) return;
        if (cut)
            for (const std::string_view part : cut(piece)) talk.send(part);
        else
            talk.send(piece);
        piece.clear();
    };
    std::size_t next = 0;
    for (std::size_t i = 0; i <= input_.size(); ++i) {
        for (; next < directives_.size() && directives_[next].before == i; ++next) {
            const std::string& directive = directives_[next].text;
            const std::string word = word_of(directive);
            if (word == "together") together = true;
            if (word == "together") continue;
            feed();
            if (word == "apart")
                together = false;
            else if (word == "tls")
                talk.tls();
            else if (word == "tls-fails")
                talk.tls_fails();
            else if (word == "fin")
                talk.fin();
            else if (word == "rst")
                talk.rst();
            else if (word == "shut-down")
                talk.shut_down();
            else if (word == "store-full")
                talk.store_is_full();
            else if (word == "pass")
                talk.pass(std::stol(rest_of(directive)));
            else
                outcome.problem = "There is no directive \"" + directive + "\".";
        }
        if (i < input_.size()) piece += input_[i];
        if (!together) feed();
    }
    feed();
    if (!talk.over()) talk.rst();
    outcome.transcript = talk.text();
    outcome.heard = talk.heard();
    outcome.faults = talk.faults();
    return outcome;
}

std::string Dialogue::with(const std::string& transcript) const {
    std::string text = comment_;
    for (const std::string& setting : settings_) text += "! " + setting + '\n';
    std::size_t said = 0, next = 0;
    const auto happen = [&] {
        for (; next < directives_.size() && directives_[next].before <= said; ++next)
            text += "! " + directives_[next].text + '\n';
    };
    for (const std::string& line : lines_of(transcript)) {
        // What happens behind a line happens when the server has answered it.
        if (begins(line, "C:")) {
            happen();
            ++said;
        }
        text += line + '\n';
    }
    happen();
    return text;
}

std::string difference(const std::string& expected, const std::string& actual) {
    const auto a = lines_of(expected), b = lines_of(actual);
    std::size_t i = 0;
    while (i < a.size() && i < b.size() && a[i] == b[i]) ++i;
    if (i == a.size() && i == b.size()) return "";
    std::string text;
    for (std::size_t k = i > 3 ? i - 3 : 0; k < i; ++k) text += "  " + a[k] + '\n';
    for (std::size_t k = i; k < std::min(i + 3, a.size()); ++k) text += "- " + a[k] + '\n';
    for (std::size_t k = i; k < std::min(i + 3, b.size()); ++k) text += "+ " + b[k] + '\n';
    return text;
}

}  // namespace smtprig::server

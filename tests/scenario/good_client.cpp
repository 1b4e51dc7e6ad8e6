#include "tests/scenario/good_client.hpp"

#include <algorithm>

#include "fixture/smtp/base64.hpp"

namespace smtprig::scenario {
namespace {

using server::Scene;
using server::Talk;

constexpr std::int64_t between_sessions = 60'000'000;  // microseconds

// Of a reply: nothing at all, or something that is no reply.
constexpr int silence = 0;
constexpr int nonsense = -1;

struct Mail {
    std::vector<std::string> pending;  // recipients that are not decided yet
    bool done() const { return pending.empty(); }
};

class GoodClient {
  public:
    GoodClient(const Play& play, Talk& talk) : play_(play), talk_(talk) {}

    // The session; false where trying again makes no sense.
    bool run(std::vector<Mail>& mails, int& delivered) {
        buffer_ = talk_.heard();
        bool again = true;
        if (open(again) && secure(again) && log_in(again)) {
            for (const std::string& line : play_.before)
                if (!usable(say(line))) return leave(true);
            for (std::size_t index = 0; index < mails.size(); ++index) {
                if (mails[index].done()) continue;
                if (!send(mails[index], index, delivered) || play_.apart) break;
            }
        }
        return leave(again);
    }

  private:
    bool open(bool& again) {
        const int code = read();
        if (code / 100 != 2) {
            again = code / 100 != 5;
            return false;
        }
        return greet(again);
    }

    bool greet(bool& again) {
        int code = say("EHLO client.example");
        if (code == 500 || code == 502) code = say("HELO client.example");
        again = code / 100 != 5;
        return code / 100 == 2;
    }

    bool secure(bool& again) {
        if (play_.tls == Tls::never) return true;
        if (reply_.find("STARTTLS") == std::string::npos) {
            again = false;
            return play_.tls == Tls::offered;
        }
        const int code = say("STARTTLS");
        if (code != 220 && usable(code)) return play_.tls == Tls::offered;
        if (!talk_.waits_for_tls()) {
            lost_ = true;
            return false;
        }
        talk_.tls();
        // RFC 3207 section 4.2: what came in the clear is thrown away.
        buffer_.clear();
        return greet(again);
    }

    bool log_in(bool& again) {
        if (play_.auth.empty()) return true;
        for (int attempt = 0; attempt < play_.auth_tries; ++attempt) {
            int code = authenticate(play_.auth);
            if (code == 504 || code == 534 || code == 538) code = authenticate("LOGIN");
            if (code / 100 == 2) return true;
            again = code / 100 != 5;
            if (!usable(code)) return false;
        }
        return false;
    }

    int authenticate(const std::string& mechanism) {
        const std::string secret = play_.auth_tries > 1 ? "wrong" : "s3cret";
        if (mechanism == "PLAIN")
            return say("AUTH PLAIN " + smtp::to_base64(std::string("\0app\0", 5) + secret));
        if (mechanism == "LOGIN") {
            int code = say("AUTH LOGIN");
            if (code == 334) code = say(smtp::to_base64("app"));
            if (code == 334) code = say(smtp::to_base64(secret));
            return code;
        }
        const int code =
            say("AUTH " + mechanism + " " + smtp::to_base64("user=app\1auth=Bearer token\1\1"));
        return code == 334 ? say("") : code;
    }

    // The transaction; false where the session cannot go on.
    bool send(Mail& mail, std::size_t index, int& delivered) {
        const std::string data = message(index);
        const std::string size = play_.declare ? " SIZE=" + std::to_string(data.size()) : "";
        const int begun = say("MAIL FROM:<" + play_.from + ">" + size);
        if (begun / 100 == 5) mail.pending.clear();
        if (begun / 100 != 2) return usable(begun);
        std::vector<std::string> taken, later;
        for (const std::string& to : mail.pending) {
            const int code = say("RCPT TO:<" + to + ">");
            if (!usable(code)) return false;
            if (code / 100 == 2) taken.push_back(to);
            if (code / 100 == 4 || code == 552) later.push_back(to);
        }
        if (taken.empty() && !play_.data_anyway) {
            mail.pending = later;
            return usable(say("RSET"));
        }
        const int go_ahead = say("DATA");
        if (go_ahead / 100 == 5) mail.pending = later;
        if (go_ahead != 354) return usable(go_ahead) && usable(say("RSET"));
        const int code = taken.empty() ? say(".") : mail_data(data);
        if (code / 100 == 2) ++delivered;
        if (code / 100 == 2 || code / 100 == 5) mail.pending = later;
        return usable(code);
    }

    // In two pieces, so that a server that answers in the middle is heard.
    int mail_data(const std::string& data) {
        const std::size_t half = data.size() - 8;
        buffer_ += talk_.send(data.substr(0, half));
        if (!buffer_.empty() || talk_.over()) {
            const int code = read();
            lost_ = true;
            return code;
        }
        buffer_ += talk_.send(data.substr(half) + ".\r\n");
        return read();
    }

    std::string message(std::size_t index) const {
        std::string out = "Message-ID: <" + std::to_string(index + 1) + "@client.example>\r\n";
        out += play_.header + "\r\n" + play_.text;
        for (int line = 0; line < play_.lines; ++line)
            out += "0123456789012345678901234567890123456789012345678901234567890123456789\r\n";
        return out;
    }

    bool usable(int code) {
        if (code == silence || code == nonsense || code == 421) lost_ = true;
        return !lost_ && !talk_.over();
    }

    int say(const std::string& line) {
        // RFC 5321 section 4.2: a reply that nobody asked for belongs to no command.
        if (!buffer_.empty() || talk_.over()) {
            lost_ = true;
            return silence;
        }
        buffer_ += talk_.line(line);
        return read();
    }

    // The next reply of the stream (RFC 5321 section 4.2.1).
    int read() {
        reply_.clear();
        while (true) {
            const std::size_t end = buffer_.find('\n');
            if (end == std::string::npos) return buffer_.empty() ? silence : nonsense;
            const std::string line = buffer_.substr(0, end + 1);
            buffer_.erase(0, end + 1);
            reply_ += line;
            const auto digit = [&line](std::size_t at) {
                return at < line.size() && line[at] >= '0' && line[at] <= '9';
            };
            if (!digit(0) || !digit(1) || !digit(2) || line[0] < '2' || line[0] > '5')
                return nonsense;
            const char behind = line[3];
            if (behind == '-') continue;
            if (behind != ' ' && behind != '\r') return nonsense;
            return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
        }
    }

    bool leave(bool again) {
        if (!lost_ && !talk_.over()) talk_.line("QUIT");
        if (!talk_.over()) talk_.fin();
        // A hang lasts until somebody goes.
        if (!talk_.over()) talk_.rst();
        return again;
    }

    const Play& play_;
    Talk& talk_;
    std::string buffer_;  // heard and not read
    std::string reply_;
    bool lost_ = false;
};

Scene scene_of(const Scenario& scenario, const std::shared_ptr<Engine>& engine) {
    Scene scene;
    scene.settings = scenario.settings;
    scene.settings.auth_in_clear = true;  // as the listener for any credentials has it
    scene.engine = engine;
    scene.ordinal = 0;
    return scene;
}

}  // namespace

Played play(const Play& play, const std::shared_ptr<const Scenario>& scenario,
            const std::shared_ptr<Engine>& engine) {
    Played played;
    Scene scene = scene_of(*scenario, engine);
    std::vector<std::unique_ptr<Talk>> others;
    for (int other = 0; other < play.others; ++other) {
        ++scene.ordinal;
        others.push_back(std::make_unique<Talk>(scene));
    }
    std::vector<Mail> mails(static_cast<std::size_t>(play.messages), Mail{play.to});
    for (int session = 0; session < play.sessions; ++session) {
        ++scene.ordinal;
        Talk talk(scene);
        talk.release_holds();
        const bool again = GoodClient(play, talk).run(mails, played.delivered);
        played.transcript += "=== session " + std::to_string(session + 1) + "\n" + talk.text();
        played.faults += talk.faults();
        if (talk.count("internal error") != 0) played.faults += "an internal error\n";
        if (!others.empty()) others.pop_back();
        scene.run_time += between_sessions;
        const bool done =
            std::all_of(mails.begin(), mails.end(), [](const Mail& mail) { return mail.done(); });
        if (!again || done) break;
    }
    for (const auto& other : others) other->fin();
    return played;
}

}  // namespace smtprig::scenario

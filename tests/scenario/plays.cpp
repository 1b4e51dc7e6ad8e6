#include "tests/scenario/plays.hpp"

#include <map>

namespace smtprig::scenario {
namespace {

using Sets = std::vector<std::pair<std::string, std::string>>;

Play with(Sets set) {
    Play play;
    play.name = set.front().first + "=" + set.front().second;
    play.set = std::move(set);
    return play;
}

Play secured(Tls tls, std::string auth) {
    Play play;
    play.tls = tls;
    play.auth = std::move(auth);
    return play;
}

Play authenticated(std::string auth, Sets set = {}) {
    Play play;
    if (!set.empty()) play = with(std::move(set));
    play.auth = std::move(auth);
    return play;
}

Play messages(int count) {
    Play play;
    play.messages = count;
    return play;
}

Play first(std::vector<std::string> lines) {
    Play play;
    play.before = std::move(lines);
    return play;
}

Play long_message() {
    Play play;
    play.lines = 20;
    play.declare = true;
    return play;
}

Play written(std::string name, std::string header, std::string text) {
    Play play;
    play.name = std::move(name);
    play.header = std::move(header);
    play.text = std::move(text);
    return play;
}

std::map<std::string, std::vector<Play>> table() {
    std::map<std::string, std::vector<Play>> rows;

    rows["http-client"] = {first({"GET / HTTP/1.1"})};
    rows["greeting-hostile"] = {with({{"octets", "40"}})};
    rows["unusual-greeting"] = {Play(), with({{"reply", "220"}})};
    rows["wrong-greeting-code"] = {Play()};
    rows["ehlo-not-recognised"] = {Play()};
    rows["ehlo-refused"] = {Play(), with({{"reply", "502 5.5.1 No command here"}})};
    rows["ehlo-deferred"] = {Play()};
    // HELO is only reached where EHLO is not known.
    rows["ehlo-deferred"].push_back(with({{"reply", "500 5.5.2 Not now"}}));
    rows["odd-ehlo-lines"] = {
        Play(), with({{"line", "SIZE 18446744073709551616"}, {"last", "AUTH=PLAIN LOGIN"}})};
    rows["ehlo-line-too-long"] = {with({{"octets", "600"}})};
    rows["endless-ehlo"] = {with({{"lines", "3"}})};

    rows["malformed-reply"] = {Play(), with({{"at", "connect"}, {"octets", "SSH-2.0-x\\r\\n"}}),
                               with({{"at", "dot"}, {"octets", "22X OK\\r\\n"}})};
    rows["reply-cut-short"] = {Play(), with({{"at", "dot"}})};
    rows["unfinished-reply"] = {Play()};
    rows["extra-reply"] = {Play(), with({{"at", "data"}, {"octets", "354 again\\r\\n"}})};
    rows["broken-up-replies"] = {with({{"split", "crlf"}})};
    rows["chosen-reply"] = {first({"VRFY somebody"}),
                            with({{"at", "mail"}, {"reply", "259 2.1.0 A code of its own"}})};

    rows["starttls-stripped"] = {secured(Tls::required, "PLAIN")};
    rows["starttls-refused"] = {secured(Tls::required, "PLAIN")};
    rows["starttls-refused"].push_back(with({{"reply", "354 Go ahead"}}));
    rows["starttls-refused"].back().tls = Tls::required;
    for (const char* name : {"starttls-injected-reply", "starttls-closes", "starttls-silent",
                             "starttls-plaintext-answer", "tls-too-weak"})
        rows[name] = {secured(Tls::required, "PLAIN")};
    rows["tls-required"] = {secured(Tls::never, ""), secured(Tls::never, "CRAM-MD5"),
                            secured(Tls::required, "PLAIN")};
    rows["tls-required"][0].name = "in the clear";
    rows["tls-required"][1].name = "AUTH in the clear";
    rows["tls-required"][2].name = "under TLS";
    rows["ehlo-list-changes"] = {with({{"size-after", "100"}})};
    rows["ehlo-list-changes"][0].tls = Tls::required;
    rows["ehlo-list-changes"][0].auth = "LOGIN";
    rows["ehlo-list-changes"][0].declare = true;

    rows["auth-refused"] = {authenticated("PLAIN"),
                            authenticated("LOGIN", {{"at", "auth-response"}})};
    rows["auth-deferred"] = {authenticated("PLAIN")};
    rows["auth-exhausted"] = {authenticated("PLAIN")};
    rows["auth-mechanism-refused"] = {authenticated("PLAIN")};
    rows["auth-required"] = {Play(), authenticated("PLAIN")};
    rows["auth-required"][0].name = "without AUTH";
    rows["auth-required"][1].name = "with AUTH";
    rows["odd-challenge"] = {authenticated("LOGIN"),
                             authenticated("LOGIN", {{"octets", "+\\r\\n"}})};
    rows["oauth-error"] = {authenticated("XOAUTH2")};
    rows["auth-too-many-tries"] = {authenticated("PLAIN")};
    rows["auth-too-many-tries"][0].auth_tries = 3;
    rows["auth-closes"] = {authenticated("PLAIN")};
    rows["auth-slow-refusal"] = {authenticated("PLAIN")};
    rows["auth-odd-success"] = {authenticated("PLAIN")};

    rows["mail-size-refused"] = {long_message()};
    rows["too-many-connections"] = {Play()};
    rows["too-many-connections"][0].others = 3;
    rows["message-rate"] = {messages(3)};
    rows["recipient-rate"] = {messages(3)};
    rows["quota"] = {messages(3)};
    rows["messages-per-connection"] = {messages(2)};
    rows["silent-close-after-messages"] = {messages(2)};
    rows["too-many-errors"] = {first({"XONE", "XTWO", "XTHREE"})};
    rows["tls-rate"] = {secured(Tls::required, "PLAIN")};
    rows["tls-rate"][0].set = {{"rate", "1/10m"}};
    rows["tls-rate"][0].messages = 2;
    rows["tls-rate"][0].apart = true;

    rows["greylisting"] = {Play()};
    rows["mixed-recipients"] = {Play()};
    rows["mixed-recipients"][0].to = {"good@example.test", "nobody@example.test",
                                      "full@example.test", "foreign@other.example"};
    rows["one-domain-per-transaction"] = {Play(), Play()};
    rows["one-domain-per-transaction"][0].name = "ours first";
    rows["one-domain-per-transaction"][1].name = "the other first";
    rows["one-domain-per-transaction"][1].to = {"second@other.example", "first@example.test"};
    rows["too-many-recipients"] = {Play(), with({{"reply", "552 5.5.3 Too many recipients"}})};

    rows["go-ahead-without-recipients"] = {Play()};
    rows["go-ahead-without-recipients"][0].data_anyway = true;
    rows["data-early-reply"] = {Play()};
    rows["data-dies"] = {Play()};
    rows["data-dies"][0].lines = 12;
    rows["message-too-big"] = {Play()};
    rows["message-too-big"][0].lines = 20;
    rows["content-refused"] = {written("Subject", "Subject: cheap VIAGRA\r\n", ""),
                               written("text", "", "viagra, again\r\n"),
                               written("neither", "", "")};
    rows["unauthenticated-domain"] = {written("unsigned", "", ""),
                                      written("signed", "DKIM-Signature: v=1\r\n", "")};
    rows["bare-lf-refused"] = {written("bare LF", "", "one\ntwo\r\n"), written("CRLF", "", "")};
    rows["long-line-refused"] = {written("999", "", std::string(999, 'x') + "\r\n"),
                                 written("998", "", std::string(998, 'x') + "\r\n")};

    rows["magic"] = {};
    for (const char* path : {"550-5.1.1", "450", "greylist", "delay-30s", "close", "rst", "hang",
                             "malformed", "dot-554-5.7.1", "dot-451", "delay-dot-30s",
                             "drop-after-dot", "lost-after-dot", "hang-after-dot", "discard"}) {
        Play play;
        play.name = path;
        play.to = {std::string(path) + "@example.test"};
        play.sessions = 2;
        rows["magic"].push_back(play);
    }

    rows["silent"] = {Play(), with({{"at", "dot"}})};
    rows["service-closing"] = {Play(), with({{"at", "connect"}}), with({{"at", "dot"}})};
    rows["drops"] = {Play(), with({{"at", "data"}})};
    rows["extension-refused"] = {Play()};
    rows["extension-refused"][0].declare = true;
    rows["limits"] = {messages(3)};
    return rows;
}

}  // namespace

std::vector<Play> plays_of(const std::string& scenario) {
    static const auto rows = table();
    const auto found = rows.find(scenario);
    return found == rows.end() ? std::vector<Play>{Play()} : found->second;
}

}  // namespace smtprig::scenario

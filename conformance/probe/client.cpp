#include "conformance/probe/client.hpp"

#include "fixture/transcript/facts.hpp"

namespace smtprig::probe {

using transcript::Kind;
using transcript::Side;
namespace key = transcript::key;

Client::Client(std::unique_ptr<Wire> wire, const std::string& id, std::int64_t began)
    : wire_(std::move(wire)),
      log_(id, "default", wire_->client_name(), wire_->server_name(), began, nullptr) {
    log_.event(Kind::connected, 0);
}

Client::~Client() {
    close();
}

void Client::record_lines(Side side, std::string_view octets) {
    const std::uint32_t segment = segments_[side == Side::client ? 0 : 1];
    const transcript::Log::Wire wire{side, tls_, segment};
    recorded_ += octets.size();
    while (!octets.empty()) {
        const std::size_t end = octets.find("\r\n");
        if (end == std::string_view::npos) {
            log_.wire(Kind::octets, now(), wire, octets);
            return;
        }
        log_.wire(side == Side::client ? Kind::client_line : Kind::server_line, now(), wire,
                  octets.substr(0, end + 2));
        octets.remove_prefix(end + 2);
    }
}

void Client::flush_partial() {
    if (partial_.empty()) return;
    const std::string octets = std::move(partial_);
    partial_.clear();
    record_lines(Side::server, octets);
}

// Whole lines at once, the begin of one when it is known that the rest is not coming now.
void Client::record_server(std::string_view octets) {
    if (recorded_ > recorded_bound) return;
    ++segments_[1];
    partial_ += octets;
    const std::size_t end = partial_.rfind('\n');
    if (end == std::string::npos) return;
    const std::string whole = partial_.substr(0, end + 1);
    partial_.erase(0, end + 1);
    record_lines(Side::server, whole);
}

void Client::send(std::string_view octets, transcript::Secret secret) {
    if (server_closed_ || finished_ || octets.empty()) return;
    flush_partial();
    ++segments_[0];
    if (secret == transcript::Secret::yes) {
        log_.secret(Kind::client_line, now(), {Side::client, tls_, segments_[0], secret}, "*****",
                    octets.size());
    } else {
        record_lines(Side::client, octets);
    }
    asked_ = now();
    wire_->send(octets);
}

Heard Client::hear(Microseconds timeout) {
    Heard heard;
    const Microseconds deadline = now() + timeout;
    const Microseconds since = now();
    while (true) {
        if (auto reply = reader_.next()) {
            heard.outcome = Outcome::reply;
            heard.reply = std::move(*reply);
            heard.reply.asked = asked_;
            heard.reply.came = now();
            return heard;
        }
        if (reader_.flooded()) {
            heard.outcome = Outcome::flood;
            close(HowToClose::rst);
            return heard;
        }
        if (server_closed_ || finished_) {
            heard.outcome = Outcome::closed;
            heard.partial = reader_.rest();
            return heard;
        }
        std::string octets;
        switch (wire_->receive(octets, deadline)) {
            case Arrival::octets:
                record_server(octets);
                reader_.receive(octets);
                break;
            case Arrival::closed:
                flush_partial();
                server_closed_ = true;
                finish("server", "fin");
                break;
            case Arrival::deadline:
                flush_partial();
                log_.event(Kind::waited, now(),
                           {{key::waited_us, now() - since}, {key::why, std::string("deadline")}});
                heard.outcome = Outcome::silence;
                heard.partial = reader_.rest();
                return heard;
        }
    }
}

TlsOutcome Client::start_tls(Microseconds timeout) {
    TlsOutcome outcome;
    if (server_closed_ || finished_) {
        outcome.reason = "The server closed before the handshake.";
        return outcome;
    }
    flush_partial();
    reader_.clear();
    outcome = wire_->start_tls(now() + timeout);
    tls_ = outcome.established;
    if (tls_) {
        log_.event(Kind::tls_started, now(),
                   {{key::version, outcome.version}, {key::cipher, outcome.cipher}});
    } else {
        log_.event(Kind::tls_failed, now(), {{key::reason, outcome.reason}});
    }
    return outcome;
}

void Client::close(HowToClose how) {
    if (finished_) return;
    if (how == HowToClose::half) {
        wire_->close(how);
        return;
    }
    flush_partial();
    finish("client", how == HowToClose::rst ? "rst" : "fin");
    wire_->close(how);
}

void Client::finish(std::string_view by, std::string_view how) {
    finished_ = true;
    log_.event(Kind::closed, now(), {{key::by, std::string(by)}, {key::how, std::string(how)}});
    log_.close();
}

}  // namespace smtprig::probe

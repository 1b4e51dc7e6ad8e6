#include "conformance/probe/replay_wire.hpp"

#include "fixture/transcript/facts.hpp"
#include "fixture/transcript/printable.hpp"

namespace smtprig::probe {
namespace {

using transcript::Event;
using transcript::Kind;
using transcript::Side;
namespace key = transcript::key;

bool is_of(const Event& event, Side side) {
    return transcript::is_wire(event.kind) && event.side == side;
}

bool tells(const Event& event) {
    return transcript::is_wire(event.kind) || event.kind == Kind::waited ||
           event.kind == Kind::closed || event.kind == Kind::tls_started ||
           event.kind == Kind::tls_failed;
}

std::string shown(std::string_view octets) {
    std::string text;
    transcript::append_escaped(text, octets.substr(0, 80));
    return '"' + text + '"';
}

std::string text_of(const transcript::Session& session, const Event& event, std::string_view name) {
    const transcript::Fact* const fact = session.fact(event, name);
    const std::string* const text = fact ? std::get_if<std::string>(&fact->value) : nullptr;
    return text ? *text : "";
}

}  // namespace

const Event* ReplayWire::peek() {
    while (next_ < session_.events.size() && !tells(session_.events[next_])) ++next_;
    return next_ < session_.events.size() ? &session_.events[next_] : nullptr;
}

void ReplayWire::advance() {
    now_ = session_.events[next_].at;
    ++next_;
    sent_ = 0;
}

void ReplayWire::send(std::string_view octets) {
    while (!octets.empty()) {
        const Event* event = peek();
        for (; event && is_of(*event, Side::server); event = peek()) {
            arrived_ += session_.octets_of(*event);
            advance();
        }
        if (event == nullptr || !is_of(*event, Side::client))
            throw RecordingDiffers(
                "The recording has nothing that the client sends where the check "
                "sends " +
                shown(octets) + '.');
        if (event->secret == transcript::Secret::yes) {
            advance();
            return;
        }
        const std::string_view recorded = session_.octets_of(*event).substr(sent_);
        const std::size_t size = std::min(recorded.size(), octets.size());
        if (recorded.substr(0, size) != octets.substr(0, size))
            throw RecordingDiffers("The check sends " + shown(octets) + ", the recording has " +
                                   shown(recorded) + '.');
        octets.remove_prefix(size);
        sent_ += size;
        now_ = event->at;
        if (size == recorded.size()) advance();
    }
}

Arrival ReplayWire::receive(std::string& to, Microseconds) {
    if (!arrived_.empty()) {
        to += arrived_;
        arrived_.clear();
        return Arrival::octets;
    }
    if (closed_) return Arrival::closed;
    const Event* const event = peek();
    if (event && is_of(*event, Side::server)) {
        to += session_.octets_of(*event);
        advance();
        return Arrival::octets;
    }
    if (event && event->kind == Kind::waited) {
        advance();
        return Arrival::deadline;
    }
    if (event && event->kind == Kind::closed && text_of(session_, *event, key::by) == "server") {
        advance();
        closed_ = true;
        return Arrival::closed;
    }
    throw RecordingDiffers("The check reads where the recording does not.");
}

TlsOutcome ReplayWire::start_tls(Microseconds) {
    TlsOutcome outcome;
    const Event* event = peek();
    for (; event && is_of(*event, Side::server); event = peek()) advance();
    if (event == nullptr || (event->kind != Kind::tls_started && event->kind != Kind::tls_failed))
        throw RecordingDiffers("The check starts TLS where the recording does not.");
    outcome.established = event->kind == Kind::tls_started;
    outcome.version = text_of(session_, *event, key::version);
    outcome.cipher = text_of(session_, *event, key::cipher);
    outcome.reason = text_of(session_, *event, key::reason);
    arrived_.clear();
    advance();
    return outcome;
}

Connected Recording::connect(Microseconds) {
    Connected connected;
    if (next_ == sessions_.size())
        throw RecordingDiffers("The check connects more often than was recorded.");
    connected.wire = std::make_unique<ReplayWire>(sessions_[next_++]);
    return connected;
}

std::int64_t Recording::wall_clock() const {
    return sessions_.empty() ? 0 : sessions_.front().began;
}

}  // namespace smtprig::probe

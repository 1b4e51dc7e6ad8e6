#include "tests/scenario/scene.hpp"

#include <gtest/gtest.h>

namespace smtprig::scenario {
namespace {

std::string shown(std::string_view octets) {
    std::string out;
    for (const char octet : octets) {
        if (octet == '\r')
            out += "\\r";
        else if (octet == '\n')
            out += "\\n";
        else
            out += octet;
    }
    return out;
}

std::string how(CloseHow how) {
    switch (how) {
        case CloseHow::fin:
            return "fin";
        case CloseHow::rst:
            return "rst";
        case CloseHow::half:
            return "half";
        case CloseHow::tls_only:
            return "tls-only";
        case CloseHow::no_close_notify:
            return "no-close-notify";
    }
    return "?";
}

std::string text_of(const Effect& effect) {
    switch (effect.kind) {
        case Effect::Kind::send: {
            std::string out = "send " + shown(effect.octets);
            if (effect.then == Then::by_reply) out += " (" + std::to_string(effect.code) + ")";
            if (effect.then == Then::proceed) out += " (proceed)";
            if (effect.flush == Flush::alone) out += " alone";
            if (effect.flush == Flush::hold) out += " held";
            if (effect.below_tls) out += " below-tls";
            return out;
        }
        case Effect::Kind::server_reply:
            return "server_reply";
        case Effect::Kind::wait:
            return "wait " + std::to_string(effect.time);
        case Effect::Kind::close:
            return "close " + how(effect.how) +
                   (effect.bytes > 0 ? " after " + std::to_string(effect.bytes) : "");
        case Effect::Kind::hang:
            return "hang " + std::to_string(effect.time) + (effect.reading ? "" : " deaf");
        case Effect::Kind::window:
            return "window " + std::to_string(effect.bytes);
        case Effect::Kind::start_tls:
            return "start_tls";
        case Effect::Kind::tls_fault:
            return "tls_fault " + effect.octets;
        case Effect::Kind::accept:
            return "accept";
        case Effect::Kind::discard:
            return "discard";
        case Effect::Kind::receive:
            return "receive";
    }
    return "?";
}

std::shared_ptr<const Scenario> good(const Loaded& loaded) {
    if (!loaded.good()) {
        std::string all;
        for (const Diagnostic& one : loaded.diagnostics) all += to_text(one);
        throw std::runtime_error("the scenario does not load:\n" + all);
    }
    return loaded.scenario;
}

}  // namespace

std::vector<std::string> complaints(const Loaded& loaded) {
    std::vector<std::string> out;
    for (const Diagnostic& one : loaded.diagnostics)
        if (one.gravity != Gravity::note)
            out.push_back(std::to_string(one.line) + ":" + std::to_string(one.column) + " " +
                          one.message);
    return out;
}

std::string document(std::string_view inside) {
    return "<scenario name=\"test\" xmlns=\"urn:smtp-scenario:1\">\n" + std::string(inside) +
           "\n</scenario>\n";
}

Loaded load(std::string_view inside, const Sources& sources) {
    return load_text(document(inside), "test.xml", sources);
}

std::vector<std::string> texts(const Decision& decision) {
    std::vector<std::string> out;
    for (const Effect& effect : decision.effects) out.push_back(text_of(effect));
    return out;
}

Scene::Scene(const Loaded& loaded, std::uint64_t seed) : engine_(good(loaded), seed) {}

Scene::Client Scene::connect(std::string ip) {
    Client client;
    client.ordinal = ++sessions_;
    client.ip = std::move(ip);
    SessionView view;
    view.ordinal = client.ordinal;
    client.state = engine_.begin(view, now);
    return client;
}

Moment Scene::moment(const Client& client, Happening happening) const {
    Moment moment;
    moment.happening = happening;
    moment.now = now;
    moment.session.ordinal = client.ordinal;
    moment.session.client_ip = client.ip;
    moment.session.client_port = 50123;
    moment.session.hostname = "mx.example.test";
    moment.session.helo = "client.example";
    moment.session.user = client.user;
    moment.session.tls = client.tls;
    moment.server_reply = server_reply;
    moment.refused_for_form = refused_for_form;
    return moment;
}

Decision Scene::at(Client& client, Happening happening) {
    return engine_.decide(moment(client, happening), *client.state);
}

Decision Scene::mail(Client& client, std::string_view from, std::string_view line) {
    Moment at_mail = moment(client, Happening::mail);
    const std::string text =
        line.empty() ? "MAIL FROM:<" + std::string(from) + ">" : std::string(line);
    const auto parsed = smtp::parse_command(text, {});
    if (parsed.command) at_mail.command = &*parsed.command;
    at_mail.from = from;
    return engine_.decide(at_mail, *client.state);
}

Decision Scene::rcpt(Client& client, std::string_view from, std::string_view to) {
    Moment at_rcpt = moment(client, Happening::rcpt);
    const std::string text = "RCPT TO:<" + std::string(to) + ">";
    const auto parsed = smtp::parse_command(text, {});
    if (parsed.command) at_rcpt.command = &*parsed.command;
    at_rcpt.from = from;
    at_rcpt.to = to;
    return engine_.decide(at_rcpt, *client.state);
}

Decision Scene::dot(Client& client, std::string_view from, std::vector<std::string> to,
                    std::string_view message) {
    smtp::Envelope envelope;
    envelope.reverse_path = from;
    for (const std::string& path : to) {
        smtp::ForwardPath forward;
        forward.path = path;
        forward.mailbox = path;
        envelope.forward_paths.push_back(std::move(forward));
    }
    smtp::MailData data;
    data.wire = message;
    data.complete = true;
    Moment at_dot = moment(client, Happening::dot);
    at_dot.from = from;
    if (!to.empty()) at_dot.to = to.front();
    at_dot.envelope = &envelope;
    at_dot.mail_data = &data;
    return engine_.decide(at_dot, *client.state);
}

}  // namespace smtprig::scenario

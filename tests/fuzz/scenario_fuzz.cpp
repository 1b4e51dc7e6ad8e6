// The scenario loader on any text, and the engine on whatever it takes. What loads, decides: every
// event is asked about, and every reply that it makes is a legal one.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fixture/scenario/engine.hpp"
#include "fixture/scenario/loader.hpp"
#include "fixture/scenario/model.hpp"
#include "fixture/smtp/reply.hpp"
#include "tests/fuzz/check.hpp"

namespace smtprig::scenario {
namespace {

using fuzz::check;

void look_at(const Loaded& loaded) {
    bool error = false;
    for (const Diagnostic& one : loaded.diagnostics) {
        error = error || one.gravity == Gravity::error;
        check(!one.message.empty());
        check(!to_text(one).empty());
        check(one.line == 0 || one.column >= 1);
    }
    check(loaded.good() == !error);
}

void judge(const Decision& decision) {
    for (const Effect& effect : decision.effects) {
        check(effect.time >= 0);
        // Of a reply that is cut into pieces only the last one has a code.
        if (effect.kind != Effect::Kind::send || effect.then != Then::by_reply) continue;
        check(effect.code >= 200 && effect.code <= 599);
        if (effect.flush != Flush::alone)
            check(static_cast<bool>(smtp::parse_reply(effect.octets, smtp::ReplyText::utf8)));
    }
}

void ask(const std::shared_ptr<const Scenario>& scenario) {
    Engine engine(scenario, 7);
    const std::string line = "RCPT TO:<full+tag@example.test>";
    const smtp::ParsedCommand parsed = smtp::parse_command(line, {});
    smtp::Envelope envelope;
    smtp::ForwardPath path;
    path.path = path.mailbox = "full+tag@example.test";
    envelope.forward_paths.push_back(path);
    smtp::MailData data;
    data.wire = "Message-ID: <a@b>\r\nSubject: x\r\n y\r\n\r\nbody\r\n";
    for (std::uint64_t session = 1; session <= 3; ++session) {
        SessionView view;
        view.ordinal = session;
        view.client_ip = "192.0.2.7";
        view.hostname = "mx.example.test";
        view.user = "app";
        const auto state = engine.begin(view, 0);
        for (std::size_t index = 0; index < happening_count; ++index) {
            Moment moment;
            moment.happening = static_cast<Happening>(index);
            moment.now = static_cast<std::int64_t>(session) * 1'000'000;
            moment.session = view;
            moment.command = &*parsed.command;
            moment.from = "a@x.example";
            moment.to = path.mailbox;
            moment.envelope = &envelope;
            moment.mail_data = &data;
            moment.server_reply = "250-one\r\n250 two\r\n";
            judge(engine.decide(moment, *state));
        }
        engine.end(*state, 0);
    }
}

}  // namespace
}  // namespace smtprig::scenario

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    using namespace smtprig::scenario;
    const std::string_view text(reinterpret_cast<const char*>(octets), size);
    const Loaded loaded = load_text(text, "fuzz.xml", {});
    look_at(loaded);
    if (loaded.good()) ask(loaded.scenario);
    return 0;
}

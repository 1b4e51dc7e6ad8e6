// A whole session: the first octets choose the settings, the others are what the client says and
// where it is cut. Whatever that is, replies are legal, the transcript is sound and accounts for
// every octet, and memory is bounded.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "fixture/smtp/reply.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/server/harness.hpp"

namespace {

using namespace smtprig;
using fuzz::check;

server::Scene scene_of(unsigned choice) {
    server::Scene scene;
    smtp::Settings& settings = scene.settings;
    if ((choice & 1) != 0) settings.posture = smtp::Posture::strict();
    if ((choice & 2) != 0) settings.tls = smtp::TlsMode::starttls;
    if ((choice & 4) != 0) settings.auth_in_clear = true;
    if ((choice & 8) != 0) settings.users.push_back({"tim", "secret", ""});
    if ((choice & 16) != 0) settings.withheld = {"ENHANCEDSTATUSCODES", "SMTPUTF8"};
    if ((choice & 32) != 0) settings.relay.push_back({"*.example", ""});
    if ((choice & 64) != 0) settings.require_auth = true;
    if ((choice & 128) != 0) scene.show_secrets = false;
    if ((choice & 256) != 0) settings.limits.message = 100;
    if ((choice & 512) != 0) settings.limits.line_bound = 600;
    if ((choice & 1024) != 0) settings.trace = true;
    if ((choice & 2048) != 0)
        scene.scenario =
            "<on event=\"rcpt\" per=\"connection\" nth=\"2\"><reply>450 4.2.0 ${to.path} ${helo}"
            "</reply></on><on event=\"dot\" per=\"connection\" nth=\"2\"><send>no</send></on>"
            "<on event=\"dot\" per=\"connection\" nth=\"3\"><accept/><delay for=\"1s\"/></on>"
            "<on event=\"noop\" per=\"connection\" nth=\"3\"><close/></on>";
    scene.session_bound = 256 * 1024;
    scene.budget = 1 << 20;
    return scene;
}

// Octets of a scenario's <send> are no replies.
void judge_replies(std::string_view heard) {
    while (!heard.empty()) {
        std::size_t end = 0;
        for (;;) {
            const std::size_t lf = heard.find("\r\n", end);
            check(lf != std::string_view::npos && lf >= end + 3);
            const bool last = heard[end + 3] != '-';
            end = lf + 2;
            if (last) break;
        }
        check(static_cast<bool>(smtp::parse_reply(heard.substr(0, end))));
        heard.remove_prefix(end);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4) return 0;
    const unsigned choice = data[0] | (data[1] & 0x0fu) << 8;
    const std::size_t cut = 1 + data[2];
    const unsigned end = data[3] % 5;
    const std::string_view octets(reinterpret_cast<const char*>(data) + 4, size - 4);

    const server::Scene scene = scene_of(choice);
    // Making the words of a server takes longer than a session. A scenario has state, though, which
    // must not get from one input into the next.
    static std::map<unsigned, std::shared_ptr<server::Rules>> made;
    std::shared_ptr<server::Rules>& rules = made[choice];
    if (!rules || !scene.scenario.empty()) rules = server::rules_of(scene);
    server::Talk talk(scene, rules);
    for (std::size_t i = 0; i < octets.size() && !talk.over(); i += cut) {
        talk.send(octets.substr(i, cut));
        if (talk.waits_for_tls()) talk.tls();
    }
    switch (end) {
        case 0:
            talk.fin();
            break;
        case 1:
            talk.shut_down();
            break;
        case 2:
            talk.pass(300'000);
            break;
        default:
            break;
    }
    if (!talk.over()) talk.rst();
    check(talk.over());
    if ((choice & 2048) == 0) judge_replies(talk.heard());
    check(talk.faults().empty());
    check(talk.log().memory() <= 4 * octets.size() + (std::size_t{1} << 20));
    for (const transcript::Message& message : talk.messages()) {
        check(message.data != nullptr && message.data->complete);
        if ((choice & 256) != 0) check(message.data->content_size() <= 100 || (choice & 2048) != 0);
    }
    return 0;
}

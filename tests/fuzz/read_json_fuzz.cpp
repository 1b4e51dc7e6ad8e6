// Any octets, read as JSON Lines: what comes out is well-formed, and written and read again it is
// the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fixture/transcript/facts.hpp"
#include "fixture/transcript/json.hpp"
#include "fixture/transcript/reader/read_json.hpp"
#include "fixture/transcript/text.hpp"

using namespace smtprig::transcript;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    JsonOptions alone;
    alone.mail_data = MailDataOctets::in_line;
    TextOptions unfolded;
    unfolded.mail_data = MailDataLines::unfolded;
    const auto open = [&](const std::string& name) {
        return name.empty() ? std::nullopt : std::optional<std::string>(name);
    };
    for (const Session& session : read_json(input, open).sessions) {
        const std::string lines = json(session, alone);
        const Transcripts again = read_json(lines);
        require(again.problems.empty());
        require(again.sessions.size() == (session.events.empty() ? 0 : 1));
        if (again.sessions.empty()) continue;
        require(json(again.sessions[0], alone) == lines);
        require(text(again.sessions[0], unfolded) == text(session, unfolded));
        require(again.sessions[0].began == session.began);
    }
    return 0;
}

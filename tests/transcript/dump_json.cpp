// Prints every kind of event in its JSON forms, for schema_test.py.
#include <cstdio>

#include "fixture/transcript/json.hpp"
#include "tests/transcript/sample.hpp"

int main() {
    using namespace smtprig::transcript;
    const Session session = sample::everything();
    JsonOptions alone;
    alone.mail_data = MailDataOctets::in_line;
    alone.file = [](const Session& of, std::uint32_t) { return of.id + ".eml"; };
    const std::string lines = json(session) + json(session, alone);
    return std::fwrite(lines.data(), 1, lines.size(), stdout) == lines.size() ? 0 : 1;
}

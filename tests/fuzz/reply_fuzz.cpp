// The reply parser on any text: what it takes is written and read again without a change, and every
// line that is written is legal.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fixture/smtp/reply.hpp"
#include "tests/fuzz/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace smtprig::smtp;
    using smtprig::fuzz::check;
    const std::string wire(reinterpret_cast<const char*>(data), size);
    for (const auto text : {ReplyText::ascii, ReplyText::utf8}) {
        const auto parsed = parse_reply(wire, text);
        if (!parsed) {
            check(parsed.error().offset <= wire.size());
            check(!parsed.error().expected.empty());
            continue;
        }
        check(!parsed->lines.empty());
        check(parsed->code >= 200 && parsed->code <= 559);
        const auto again = parse_reply(to_wire(*parsed), text);
        check(static_cast<bool>(again) && *again == *parsed);
        if (text == ReplyText::ascii) check(static_cast<bool>(parse_reply(wire, ReplyText::utf8)));
        if (const auto enhanced = parsed->enhanced())
            check(parsed->lines.front().compare(0, to_string(*enhanced).size(),
                                                to_string(*enhanced)) == 0);
    }
    return 0;
}

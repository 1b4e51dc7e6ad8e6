// Every path parser on any octets: views stay inside, what is accepted is accepted again when it
// stands alone, and strictness only takes away.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fixture/smtp/path.hpp"
#include "tests/fuzz/check.hpp"

namespace smtprig::smtp {
namespace {

using fuzz::check;
using fuzz::is_within;

using Parser = Parsed<PathAt> (*)(std::string_view, PathRules);

void look_at(std::string_view text, PathRules rules, Parser parse) {
    const auto parsed = parse(text, rules);
    if (!parsed) {
        check(parsed.error().offset <= text.size());
        check(!parsed.error().expected.empty());
        return;
    }
    const Path& path = parsed->path;
    check(parsed->length <= text.size());
    for (const auto part : {path.text, path.source_route, path.local_part, path.domain})
        check(is_within(part, text.substr(0, parsed->length)));
    check(is_within(path.mailbox(), path.text));
    check(rules.utf8 || !path.utf8);
    check(is_utf8(path.text));
    check(path.domain.empty() == (path.domain_kind == DomainKind::none));
    if (!path.domain.empty()) check(is_mailbox(path.mailbox(), rules));
    check(unquoted(path.local_part).size() <= path.local_part.size());
    const auto again = parse(text.substr(0, parsed->length), rules);
    check(static_cast<bool>(again) && again->path.text == path.text);
}

}  // namespace
}  // namespace smtprig::smtp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace smtprig::smtp;
    // A copy of its own, so that the address sanitizer sees a read behind the end.
    const std::string text(reinterpret_cast<const char*>(data), size);
    for (const bool utf8 : {false, true}) {
        const PathRules rules{utf8};
        for (const auto parse : {parse_reverse_path, parse_forward_path, parse_bare_reverse_path,
                                 parse_bare_forward_path})
            look_at(text, rules, parse);
    }
    if (is_domain(text)) smtprig::fuzz::check(is_domain(text, PathRules{true}));
    const auto literal = parse_address_literal(text);
    smtprig::fuzz::check(!literal || *literal >= DomainKind::ipv4);
    return 0;
}

// The command parser on any line. The first octet chooses the rules, so that each posture is
// fuzzed; whatever the strict rules take, every laxer ones take in the same way.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fixture/smtp/argument.hpp"
#include "fixture/smtp/command.hpp"
#include "tests/fuzz/check.hpp"

namespace smtprig::smtp {
namespace {

using fuzz::check;
using fuzz::is_within;

CommandRules rules_of(std::uint8_t bits) {
    CommandRules rules;
    rules.path.utf8 = (bits & 1) != 0;
    rules.space_after_colon = (bits & 2) != 0;
    rules.missing_angle_brackets = (bits & 4) != 0;
    rules.undeclared_8bit = (bits & 8) != 0;
    rules.odd_helo_name = (bits & 16) != 0;
    return rules;
}

void look_at(const Command& command, std::string_view line, const CommandRules& rules) {
    check(is_within(command.verb_text, line));
    check(is_within(command.argument, line));
    check(command.verb == verb_of(command.verb_text));
    check(command.path.has_value() == (command.verb == Verb::mail || command.verb == Verb::rcpt));
    if (command.path) check(is_within(command.path->text, command.argument));
    for (const auto& parameter : command.parameters) {
        check(is_within(parameter.keyword, command.argument));
        check(is_within(parameter.value, command.argument));
        check(parameter.keyword.data() == line.data() + parameter.offset);
        check(parameter.has_value == !parameter.value.empty());
    }
    check(rules.space_after_colon || !has(command.leniency, Leniency::space_after_colon));
    check(rules.missing_angle_brackets || !has(command.leniency, Leniency::missing_angle_brackets));
    check(rules.undeclared_8bit || !has(command.leniency, Leniency::undeclared_8bit));
    check(rules.odd_helo_name || !has(command.leniency, Leniency::odd_helo_name));
    switch (command.verb) {
        case Verb::auth:
            check(static_cast<bool>(parse_auth_argument(command.argument)));
            break;
        case Verb::bdat:
            check(static_cast<bool>(parse_bdat_argument(command.argument)));
            break;
        case Verb::etrn:
            check(static_cast<bool>(parse_etrn_argument(command.argument)));
            break;
        default:
            break;
    }
}

}  // namespace
}  // namespace smtprig::smtp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace smtprig::smtp;
    using smtprig::fuzz::check;
    if (size == 0) return 0;
    const std::string line(reinterpret_cast<const char*>(data) + 1, size - 1);
    const CommandRules rules = rules_of(data[0]);
    const auto parsed = parse_command(line, rules);
    check(parsed.command.has_value() != parsed.error.has_value());
    if (parsed.error) {
        check(parsed.error->code == 500 || parsed.error->code == 501);
        check(parsed.error->syntax.offset <= line.size());
        check(!parsed.error->syntax.expected.empty());
        check(!parse_command(line, {}).command);
        return 0;
    }
    look_at(*parsed.command, line, rules);
    if (const auto strict = parse_command(line, {}); strict.command) {
        check(strict.command->leniency == Leniency::none);
        check(parsed.command->leniency == Leniency::none);
        check(strict.command->parameters == parsed.command->parameters);
    }
    return 0;
}

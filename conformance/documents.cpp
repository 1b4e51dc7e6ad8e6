#include "conformance/documents.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "conformance/check/selection.hpp"
#include "conformance/rfc5321/normative.hpp"
#include "conformance/suites.hpp"

namespace smtprig::conformance {
namespace {

struct NeedWords {
    Need need;
    std::string_view words;
};
constexpr std::array<NeedWords, 9> need_words{{
    {Need::recipient, "a recipient (--rcpt)"},
    {Need::second_recipient, "a second recipient (--rcpt2)"},
    {Need::message, "that messages may be delivered (--safety 2)"},
    {Need::foreign, "a mailbox elsewhere (--foreign)"},
    {Need::credentials, "credentials (--auth)"},
    {Need::starttls, "a server that offers STARTTLS"},
    {Need::long_time, "minutes (--long)"},
    {Need::big, "megabytes (--big)"},
    {Need::refused_greeting, "a server that greets with 554"},
}};

std::string needs_of(const Check& check) {
    std::string text;
    for (const NeedWords& one : need_words)
        if (has(check.need, one.need)) text += (text.empty() ? "" : ", ") + std::string(one.words);
    if (!check.extension.empty()) text += (text.empty() ? "" : ", ") + check.extension + " offered";
    return text;
}

std::string profiles_of(const Check& check) {
    if (check.profiles == every_profile) return "all";
    std::string text;
    for (const Profile profile : {Profile::mx, Profile::msa, Profile::relay, Profile::sink})
        if (check.profiles & bit(profile))
            text += (text.empty() ? "" : ", ") + std::string(to_text(profile));
    return text;
}

std::string_view spec_of(const Check& check) {
    switch (check.spec_of) {
        case Spec::rfc5321:
            return "RFC 5321 only";
        case Spec::successor:
            return "its successor only";
        case Spec::both:
            break;
    }
    return "both";
}

std::vector<std::string> fields_of(std::string_view line) {
    std::vector<std::string> fields;
    for (std::size_t begin = 0; begin <= line.size();) {
        const std::size_t end = std::min(line.find('\t', begin), line.size());
        fields.emplace_back(line.substr(begin, end - begin));
        begin = end + 1;
    }
    return fields;
}

// "id id" or "- why no client can observe it".
std::string covered_by(const std::string& field) {
    if (!field.empty() && field.front() == '-') return "Not checked: " + field.substr(2);
    std::string text;
    for (std::size_t begin = 0; begin < field.size();) {
        const std::size_t end = std::min(field.find(' ', begin), field.size());
        const std::string id = field.substr(begin, end - begin);
        begin = end + 1;
        if (find_check(suite(), id) == nullptr)
            throw std::runtime_error("normative.tsv names the check " + id +
                                     ", which there is not");
        text += (text.empty() ? "" : ", ") + id;
    }
    return text;
}

}  // namespace

std::string explanation(const Check& check) {
    std::string text = check.id + "\n\n" + check.requirement + "\n\n";
    const auto row = [&text](std::string name, std::string_view value) {
        name.resize(11, ' ');
        if (!value.empty()) text += name + std::string(value) + '\n';
    };
    row("level", to_text(check.level));
    row("asked by", check.citation());
    row("texts", spec_of(check));
    row("impact", to_text(check.impact_level));
    row("needs", needs_of(check));
    row("risk", check.passive() ? "0, it only looks at replies" : std::to_string(check.risk_level));
    row("delivers",
        check.messages == 0 ? "" : std::to_string(check.messages) + " messages at most");
    row("profiles", profiles_of(check));
    row("catalogue", check.row_id);
    row("fails as", to_text(shortfall(check.level)));
    return text;
}

std::string checks_markdown() {
    std::string text =
        "# The checks\n\nThis page is made from the suite by `smtprig conform checks-markdown`. "
        "Ids are for ever; requirements are in our own words. Level says how strong the "
        "requirement is, impact what a failure costs, risk what the check may do to a server: 0 "
        "greeting and EHLO, 1 envelopes that are reset, 2 small messages, 3 malformed, large or "
        "slow input, 4 relaying.\n";
    std::size_t count = 0;
    for (const Section& section : suite()) {
        text += "\n## " + section.document() + '/' + section.number() + ' ' + section.title() +
                "\n\n| check | level | requirement | impact | risk | needs | texts | row |\n"
                "|---|---|---|---|--:|---|---|---|\n";
        for (const Check& check : section.checks()) {
            ++count;
            text += "| `" + check.id + "` | " + std::string(to_text(check.level)) + " | " +
                    check.requirement + " | " + std::string(to_text(check.impact_level)) + " | " +
                    std::to_string(check.risk_level) + " | " + needs_of(check) + " | " +
                    std::string(spec_of(check)) + " | " + check.row_id + " |\n";
        }
    }
    return text + "\n" + std::to_string(count) +
           " checks. Relaying and bounces (the rows 2.L of the catalogue) need a server that "
           "relays through the rig, and delivered messages (2.K) need a mailbox that it can read: "
           "both wait for later checks.\n";
}

std::string coverage_markdown() {
    std::string rows;
    std::size_t checked = 0;
    std::size_t all = 0;
    const std::string_view data = normative_statements();
    for (std::size_t begin = data.find('\n') + 1; begin < data.size();) {
        const std::size_t end = std::min(data.find('\n', begin), data.size());
        const std::vector<std::string> fields = fields_of(data.substr(begin, end - begin));
        begin = end + 1;
        if (fields.size() != 4) throw std::runtime_error("A line of normative.tsv has no 4 fields");
        ++all;
        const std::string covered = covered_by(fields[3]);
        if (fields[3].front() != '-') ++checked;
        rows += "| " + fields[0] + " | " + fields[1] + " | " + fields[2] + " | " + covered + " |\n";
    }
    return "# Coverage of RFC 5321\n\nThis page is made by `smtprig conform coverage-markdown` "
           "from rfc5321/normative.tsv. Each statement of RFC 5321 with a word of RFC 2119 stands "
           "here, in our words, with its checks, or with the reason why no client can observe "
           "it.\n\n" +
           std::to_string(all) + " statements, " + std::to_string(checked) +
           " with checks.\n\n| section | words | statement | checks |\n|---|---|---|---|\n" + rows;
}

}  // namespace smtprig::conformance

#include "conformance/reports/baseline.hpp"

#include "fixture/smtp/glob.hpp"

namespace smtprig::conformance {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

std::string_view take_word(std::string_view& text) {
    text = trimmed(text);
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    const std::string_view word = text.substr(0, end);
    text = trimmed(text.substr(end));
    return word;
}

// The problem with a line that is not empty, or nothing.
std::string read_entry(std::string_view line, BaselineEntry& entry) {
    entry.id = take_word(line);
    const std::string_view word = take_word(line);
    const auto verdict = verdict_of(word);
    if (!verdict) return "\"" + std::string(word) + "\" is no verdict.";
    entry.verdict = *verdict;
    if (!line.empty() && line.front() == '"') {
        const std::size_t end = line.find('"', 1);
        if (end == std::string_view::npos) return "The quotation does not end.";
        entry.actual = line.substr(1, end - 1);
        line = trimmed(line.substr(end + 1));
    }
    if (line.empty() || line.front() != '#') return "There is no reason: \"# why\" at the end.";
    entry.reason = trimmed(line.substr(1));
    return entry.reason.empty() ? "The reason is empty." : "";
}

const BaselineEntry* find(const Baseline& baseline, const std::string& id) {
    for (const BaselineEntry& entry : baseline.entries)
        if (entry.id == id) return &entry;
    return nullptr;
}

}  // namespace

Baseline parse_baseline(std::string_view text) {
    Baseline baseline;
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view line = trimmed(text.substr(begin, end - begin));
        begin = end + 1;
        ++number;
        if (line.empty() || line.front() == '#') continue;
        BaselineEntry entry;
        const std::string problem = read_entry(line, entry);
        if (problem.empty())
            baseline.entries.push_back(std::move(entry));
        else
            baseline.problems.push_back(std::to_string(number) + ": " + problem);
    }
    return baseline;
}

std::string baseline_of(const Report& report, const Baseline& known) {
    std::string text = "# Known deviations of " + report.settings.target;
    if (!report.facts.product.empty()) text += " (" + report.facts.product + ')';
    text += "; see smtprig conform run --check-baseline.\n";
    for (const Result& result : report.results) {
        const Verdict verdict = result.judgement.verdict;
        if (verdict != Verdict::fail && verdict != Verdict::non_strict) continue;
        const BaselineEntry* const entry = find(known, result.check->id);
        const bool same = entry && entry->verdict == verdict;
        text += result.check->id + "  " + std::string(to_text(verdict));
        if (same && !entry->actual.empty()) text += "  \"" + entry->actual + '"';
        text += "  # " + (same ? entry->reason : "unreviewed") + '\n';
    }
    return text;
}

void apply(const Baseline& baseline, Report& report) {
    for (Result& result : report.results) {
        const BaselineEntry* const entry = find(baseline, result.check->id);
        if (entry == nullptr) continue;
        const Verdict verdict = result.judgement.verdict;
        // What was not judged this time says nothing about what is known.
        if (verdict == Verdict::skip || verdict == Verdict::inconclusive) continue;
        result.known_because = entry->reason;
        const bool said =
            entry->actual.empty() || smtp::matches_glob(entry->actual, result.judgement.actual);
        if (verdict == entry->verdict && said)
            result.overlay = Overlay::xfail;
        else
            result.overlay = verdict == Verdict::pass || verdict == Verdict::info
                                 ? Overlay::xpass
                                 : Overlay::changed;
    }
}

}  // namespace smtprig::conformance

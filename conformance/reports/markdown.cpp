#include "conformance/reports/counts.hpp"
#include "conformance/reports/files.hpp"

namespace smtprig::conformance {
namespace {

// Text of a server inside a table: neither markup nor a new column.
std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view("|\\`*_<>[]").find(c) != std::string_view::npos) out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

}  // namespace

std::string markdown_report(const Report& report) {
    const Counts counts = count(report.results);
    std::string out = "## SMTP conformance of " + cell(report.settings.target) + "\n\n| level |";
    std::string line = "|---|";
    for (std::size_t i = 0; i < verdict_count; ++i) {
        out += ' ' + std::string(to_text(static_cast<Verdict>(i))) + " |";
        line += "--:|";
    }
    out += '\n' + line + '\n';
    for (std::size_t level = 0; level < level_count; ++level) {
        std::size_t sum = 0;
        for (const std::size_t number : counts.by_level[level]) sum += number;
        if (sum == 0) continue;
        out += "| " + std::string(to_text(static_cast<Level>(level))) + " |";
        for (const std::size_t number : counts.by_level[level])
            out += ' ' + std::to_string(number) + " |";
        out += '\n';
    }
    bool first = true;
    for (const Result& result : report.results) {
        const Verdict verdict = result.judgement.verdict;
        if (verdict != Verdict::fail && verdict != Verdict::non_strict &&
            verdict != Verdict::error && result.overlay == Overlay::none)
            continue;
        if (first)
            out +=
                "\n| verdict | check | requirement | expected | actual |\n|---|---|---|---|---|\n";
        first = false;
        out += "| " + std::string(to_text(verdict)) +
               (result.overlay == Overlay::xfail ? " (known)" : "") + " | " +
               cell(result.check->id) + " | " + cell(result.check->requirement) + " | " +
               cell(result.judgement.expected) + " | " + cell(result.judgement.actual) + " |\n";
    }
    return out;
}

}  // namespace smtprig::conformance

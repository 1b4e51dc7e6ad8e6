#include "conformance/reports/terminal.hpp"

#include "conformance/reports/counts.hpp"

namespace smtprig::conformance {
namespace {

constexpr std::size_t longest_dialogue = 40;  // lines; of longer ones the begin and the end

class Page {
  public:
    explicit Page(const TerminalOptions& options) : options_(options) {}

    std::string painted(std::string_view text, std::string_view code) const {
        if (options_.colour == transcript::Colour::none) return std::string(text);
        return "\x1b[" + std::string(code) + 'm' + std::string(text) + "\x1b[0m";
    }
    std::string bold(std::string_view text) const { return painted(text, "1"); }

    // Colour by verdict; a failure by what it costs.
    std::string verdict(const Result& result) const {
        const Verdict word = result.judgement.verdict;
        std::string text(to_text(word));
        if (result.overlay == Overlay::xfail) text = "xfail (" + text + ')';
        if (result.overlay == Overlay::xpass) text = "xpass (" + text + ')';
        if (result.overlay == Overlay::changed) text = "changed (" + text + ')';
        const bool grave = result.check->impact_level == Impact::high ||
                           result.check->impact_level == Impact::critical;
        switch (word) {
            case Verdict::pass:
                return painted(text, "32");
            case Verdict::fail:
                return painted(text, grave ? "1;31" : "31");
            case Verdict::non_strict:
                return painted(text, "33");
            case Verdict::error:
                return painted(text, "35");
            default:
                return painted(text, "2");
        }
    }

    void tree(const Report& report) {
        std::string section;
        for (const Result& result : report.results) {
            const std::string here = result.check->citation();
            if (here != section) text_ += '\n' + bold(here) + '\n';
            section = here;
            const std::string slug = result.check->id.substr(result.check->id.rfind('/') + 1);
            text_ += "  " + verdict(result) + "  " + slug;
            if (result.judgement.verdict == Verdict::info)
                text_ += "  " + painted(result.judgement.actual, "2");
            text_ += '\n';
        }
    }

    void detail(const Report& report, const Result& result) {
        const Check& check = *result.check;
        text_ += '\n' + verdict(result) + "  " + bold(check.id) + "  (" +
                 std::string(to_text(check.level)) + ", " + check.citation() + ", impact " +
                 std::string(to_text(check.impact_level)) + ")\n";
        text_ += "  " + check.requirement + '\n';
        const auto line = [this](std::string_view name, const std::string& value) {
            if (!value.empty()) text_ += "  " + std::string(name) + value + '\n';
        };
        line("Expected: ", result.judgement.expected);
        line("Actual:   ", result.judgement.actual);
        line("", result.judgement.reason);
        line("Known:    ", result.known_because);
        if (!result.seen_in.empty()) line("Seen in:  ", result.seen_in);
        if (const transcript::Session* session = shown_session(report, result)) dialogue(*session);
        if (!options_.command.empty()) line("Alone:    ", options_.command + ' ' + check.id);
    }

    void summary(const Report& report) {
        const Counts counts = count(report.results);
        text_ += '\n';
        for (std::size_t i = 0; i < level_count; ++i) {
            const Level level = static_cast<Level>(i);
            const std::size_t judged = counts.judged(level);
            if (judged == 0) continue;
            text_ += std::string(to_text(level)) + ' ' +
                     std::to_string(counts.of(level, Verdict::pass)) + '/' +
                     std::to_string(judged) + "  ";
        }
        for (const Verdict verdict : {Verdict::fail, Verdict::non_strict, Verdict::info,
                                      Verdict::skip, Verdict::inconclusive, Verdict::error})
            if (counts.of(verdict) != 0)
                text_ +=
                    std::string(to_text(verdict)) + ' ' + std::to_string(counts.of(verdict)) + "  ";
        text_ += '\n';
        for (const auto& [reason, times] : skip_reasons(report.results))
            text_ += "skipped " + std::to_string(times) + ": " + reason + '\n';
    }

    std::string take() { return std::move(text_); }
    void append(const std::string& text) { text_ += text; }

  private:
    void dialogue(const transcript::Session& session) {
        transcript::TextOptions options;
        options.colour = options_.colour;
        options.prefix = "    ";
        options.events = transcript::Events::telling;
        const std::string all = transcript::text(session, options);
        std::vector<std::string> lines;
        for (std::size_t begin = 0; begin < all.size();) {
            const std::size_t end = all.find('\n', begin) + 1;
            std::string line = all.substr(begin, end - begin);
            if (line.size() > 300) line = line.substr(0, 290) + "…\n";
            lines.push_back(std::move(line));
            begin = end;
        }
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const bool cut = lines.size() > longest_dialogue;
            if (cut && i == longest_dialogue / 2) {
                text_ += "    … " + std::to_string(lines.size() - longest_dialogue) + " lines …\n";
                i = lines.size() - longest_dialogue / 2;
            }
            text_ += lines[i];
        }
    }

    const TerminalOptions& options_;
    std::string text_;
};

std::string listed(const std::vector<Extension>& extensions) {
    std::string text;
    for (const Extension& extension : extensions)
        text += (text.empty() ? "" : ", ") + extension.keyword +
                (extension.value.empty() ? "" : ' ' + extension.value);
    return text.empty() ? "none" : text;
}

std::string milliseconds(Microseconds span) {
    return std::to_string(span / 1000) + '.' + std::to_string(span / 100 % 10) + " ms";
}

}  // namespace

std::string facts_table(const RunSettings& settings, const Facts& facts) {
    std::string text;
    const auto row = [&text](std::string name, const std::string& value) {
        name.resize(24, ' ');
        text += name + value + '\n';
    };
    row("target", settings.target + ", profile " + std::string(to_text(settings.profile)) +
                      ", TLS " + std::string(to_text(settings.tls)) + ", safety " +
                      std::to_string(settings.safety));
    if (!facts.reachable) return text;
    row("greeting", facts.greeting + " after " + milliseconds(facts.greeting_latency));
    if (!facts.product.empty()) row("product (a guess)", facts.product);
    row("extensions in the clear", listed(facts.in_clear));
    if (!facts.in_tls.empty())
        row("extensions under TLS", listed(facts.in_tls) + " (" + facts.tls_version + ')');
    row("HELO", facts.helo ? "accepted" : "refused");
    row("sender", facts.null_sender_used ? "refused; the null reverse-path is used" : "accepted");
    if (settings.recipient.empty())
        row("recipient", "none: --rcpt runs what needs one");
    else
        row("recipient", settings.recipient + " accepted" +
                             (facts.catch_all ? "; so is any other mailbox of the domain" : ""));
    if (!settings.foreign.empty())
        row("relaying", facts.privileged ? "this client may relay: checks of relaying and of "
                                           "smuggling tell nothing"
                                         : "refused to this client");
    row("errors before close",
        facts.errors_before_close == 0 ? "more than 4" : std::to_string(facts.errors_before_close));
    row("slowest reply",
        milliseconds(facts.reply_time) + ", to errors " + milliseconds(facts.error_time));
    return text;
}

std::string terminal_report(const Report& report, const TerminalOptions& options) {
    Page page(options);
    if (!options.quiet) {
        page.append(facts_table(report.settings, report.facts));
        page.tree(report);
    }
    for (const Result& result : report.results) {
        const bool weak = result.judgement.verdict == Verdict::non_strict ||
                          result.judgement.verdict == Verdict::inconclusive;
        if (!is_alarming(result) &&
            (options.every_dialogue || (weak && result.overlay == Overlay::none)))
            page.detail(report, result);
    }
    for (const Result& result : report.results)
        if (is_alarming(result)) page.detail(report, result);
    page.summary(report);
    return page.take();
}

}  // namespace smtprig::conformance

#include "fixture/transcript/json.hpp"
#include "conformance/reports/counts.hpp"
#include "conformance/reports/files.hpp"
#include "fixture/transcript/json_writer.hpp"

namespace smtprig::conformance {
namespace {

using transcript::JsonWriter;

std::string_view to_text(Overlay overlay) {
    switch (overlay) {
        case Overlay::none:
            return "none";
        case Overlay::xfail:
            return "xfail";
        case Overlay::xpass:
            return "xpass";
        case Overlay::changed:
            break;
    }
    return "changed";
}

void text_field(JsonWriter& json, std::string_view name, std::string_view value) {
    json.key(name).string(value);
}

void write_extensions(JsonWriter& json, std::string_view name,
                      const std::vector<Extension>& extensions) {
    json.key(name).begin_array();
    for (const Extension& extension : extensions) {
        json.begin_object();
        text_field(json, "keyword", extension.keyword);
        text_field(json, "value", extension.value);
        json.end_object();
    }
    json.end_array();
}

void write_settings(JsonWriter& json, const RunSettings& settings) {
    json.key("settings").begin_object();
    text_field(json, "target", settings.target);
    text_field(json, "profile", conformance::to_text(settings.profile));
    text_field(json, "tls", conformance::to_text(settings.tls));
    text_field(json, "helo", settings.helo);
    text_field(json, "from", settings.sender);
    text_field(json, "rcpt", settings.recipient);
    text_field(json, "rcpt2", settings.second_recipient);
    text_field(json, "foreign", settings.foreign);
    text_field(json, "user", settings.user);
    json.key("safety").integer(settings.safety);
    // Beyond what a double holds exactly, so it is text.
    text_field(json, "seed", std::to_string(settings.seed));
    json.key("timeout_us").integer(settings.timeout);
    json.key("long").boolean(settings.run_long);
    json.key("big").boolean(settings.run_big);
    json.end_object();
}

void write_facts(JsonWriter& json, const Facts& facts) {
    json.key("facts").begin_object();
    json.key("reachable").boolean(facts.reachable);
    json.key("greeting_code").integer(facts.greeting_code);
    text_field(json, "greeting", facts.greeting);
    json.key("greeting_us").integer(facts.greeting_latency);
    json.key("reply_us").integer(facts.reply_time);
    write_extensions(json, "extensions_in_clear", facts.in_clear);
    write_extensions(json, "extensions_under_tls", facts.in_tls);
    text_field(json, "tls_version", facts.tls_version);
    text_field(json, "certificate", facts.certificate);
    json.key("helo").boolean(facts.helo);
    json.key("null_sender_used").boolean(facts.null_sender_used);
    json.key("recipient_accepted").boolean(facts.recipient_accepted);
    json.key("catch_all").boolean(facts.catch_all);
    json.key("privileged").boolean(facts.privileged);
    json.key("errors_before_close").integer(facts.errors_before_close);
    json.key("error_us").integer(facts.error_time);
    text_field(json, "product", facts.product);
    text_field(json, "abort", facts.abort);
    json.end_object();
}

void write_sessions(std::string& out, const std::vector<transcript::Session>& sessions) {
    transcript::JsonOptions options;
    options.mail_data = transcript::MailDataOctets::in_line;
    out += '[';
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        std::string lines = transcript::json(sessions[i], options);
        if (!lines.empty()) lines.pop_back();
        std::string events;
        for (const char c : lines) events += c == '\n' ? ',' : c;
        out += (i == 0 ? "[" : ",[") + events + ']';
    }
    out += ']';
}

// The head of the object, without its closing brace.
std::string head(const Report& report, const std::string& tool_version) {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    json.key("version").integer(report_version);
    text_field(json, "tool", "smtprig");
    text_field(json, "tool_version", tool_version);
    json.key("began_us").integer(report.began);
    json.key("took_us").integer(report.took);
    write_settings(json, report.settings);
    write_facts(json, report.facts);
    const Counts counts = count(report.results);
    json.key("counts").begin_object();
    for (std::size_t level = 0; level < level_count; ++level) {
        json.key(conformance::to_text(static_cast<Level>(level))).begin_object();
        for (std::size_t verdict = 0; verdict < verdict_count; ++verdict)
            json.key(conformance::to_text(static_cast<Verdict>(verdict)))
                .natural(counts.by_level[level][verdict]);
        json.end_object();
    }
    json.end_object();
    out += ",\"preflight\":";
    write_sessions(out, report.preflight);
    return out;
}

std::string one(const Result& result) {
    std::string out;
    JsonWriter json(out);
    const Check& check = *result.check;
    json.begin_object();
    text_field(json, "id", check.id);
    text_field(json, "row", check.row_id);
    text_field(json, "citation", check.citation());
    text_field(json, "level", conformance::to_text(check.level));
    text_field(json, "impact", conformance::to_text(check.impact_level));
    text_field(json, "requirement", check.requirement);
    text_field(json, "verdict", conformance::to_text(result.judgement.verdict));
    text_field(json, "overlay", to_text(result.overlay));
    text_field(json, "known_because", result.known_because);
    text_field(json, "reason", result.judgement.reason);
    text_field(json, "expected", result.judgement.expected);
    text_field(json, "actual", result.judgement.actual);
    text_field(json, "seen_in", result.seen_in);
    json.key("shown").natural(result.shown);
    json.key("took_us").integer(result.took);
    json.key("attempts").integer(result.attempts);
    out += ",\"transcripts\":";
    write_sessions(out, result.transcripts);
    return out + '}';
}

}  // namespace

std::string json_report(const Report& report, const std::string& tool_version) {
    std::string out = head(report, tool_version) + ",\"results\":[\n";
    for (std::size_t i = 0; i < report.results.size(); ++i)
        out += (i == 0 ? "" : ",\n") + one(report.results[i]);
    return out + "\n]}\n";
}

std::string json_lines_report(const Report& report, const std::string& tool_version) {
    std::string out = head(report, tool_version) + "}\n";
    for (const Result& result : report.results) out += one(result) + '\n';
    return out;
}

}  // namespace smtprig::conformance

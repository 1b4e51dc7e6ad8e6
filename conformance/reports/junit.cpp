// The JUnit form as CI servers read it: one suite a section.

#include <map>

#include "conformance/reports/counts.hpp"
#include "conformance/reports/files.hpp"
#include "fixture/transcript/printable.hpp"
#include "fixture/transcript/text.hpp"

namespace smtprig::conformance {
namespace {

std::string escaped(std::string_view text) {
    std::string printable;
    for (const char c : text)
        if (c == '\n')
            printable += c;
        else if (static_cast<unsigned char>(c) >= 32)
            printable += c;
    std::string out;
    for (const char c : printable) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

std::string seconds(Microseconds span) {
    std::string fraction = std::to_string(span % 1'000'000);
    fraction.insert(0, 6 - fraction.size(), '0');
    return std::to_string(span / 1'000'000) + '.' + fraction;
}

enum class Kind : std::uint8_t { passed, failure, error, skipped };

Kind kind_of(const Result& result, Strictness strictness) {
    if (result.overlay == Overlay::xfail) return Kind::passed;
    switch (result.judgement.verdict) {
        case Verdict::fail:
            return Kind::failure;
        case Verdict::non_strict:
            return strictness == Strictness::strict || result.overlay == Overlay::changed
                       ? Kind::failure
                       : Kind::passed;
        case Verdict::error:
            return Kind::error;
        case Verdict::skip:
        case Verdict::inconclusive:
            return Kind::skipped;
        default:
            return Kind::passed;
    }
}

std::string story(const Report& report, const Result& result) {
    std::string text = result.check->requirement + "\nExpected: " + result.judgement.expected +
                       "\nActual: " + result.judgement.actual + '\n';
    if (!result.judgement.reason.empty()) text += result.judgement.reason + '\n';
    if (const transcript::Session* session = shown_session(report, result))
        text += transcript::text(*session).substr(0, 16384);
    return escaped(text);
}

std::string case_of(const Report& report, const Result& result, Strictness strictness) {
    std::string classname = result.check->document + '.' + result.check->section;
    std::string text = "    <testcase classname=\"smtp." + classname + "\" name=\"" +
                       escaped(result.check->id) + "\" time=\"" + seconds(result.took) + "\"";
    const std::string message =
        escaped(result.judgement.reason.empty() ? "expected " + result.judgement.expected +
                                                      "; actual: " + result.judgement.actual
                                                : result.judgement.reason);
    switch (kind_of(result, strictness)) {
        case Kind::passed:
            if (result.judgement.verdict == Verdict::pass) return text + "/>\n";
            return text + ">\n      <system-out>" + std::string(to_text(result.judgement.verdict)) +
                   ": " + story(report, result) + "</system-out>\n    </testcase>\n";
        case Kind::failure:
            return text + ">\n      <failure type=\"" + std::string(to_text(result.check->level)) +
                   "\" message=\"" + message + "\">" + story(report, result) +
                   "</failure>\n    </testcase>\n";
        case Kind::error:
            return text + ">\n      <error message=\"" + message + "\"/>\n    </testcase>\n";
        case Kind::skipped:
            break;
    }
    return text + ">\n      <skipped message=\"" + message + "\"/>\n    </testcase>\n";
}

struct Numbers {
    std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
    Microseconds took = 0;

    void add(const Result& result, Strictness strictness) {
        const Kind kind = kind_of(result, strictness);
        ++tests;
        failures += kind == Kind::failure ? 1 : 0;
        errors += kind == Kind::error ? 1 : 0;
        skipped += kind == Kind::skipped ? 1 : 0;
        took += result.took;
    }
    std::string attributes() const {
        return " tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failures) +
               "\" errors=\"" + std::to_string(errors) + "\" skipped=\"" + std::to_string(skipped) +
               "\" time=\"" + seconds(took) + '"';
    }
};

}  // namespace

std::string junit_report(const Report& report, Strictness strictness) {
    Numbers all;
    std::vector<std::string> order;
    std::map<std::string, std::pair<Numbers, std::string>> suites;
    for (const Result& result : report.results) {
        const std::string name = result.check->document + '/' + result.check->section;
        if (suites.find(name) == suites.end()) order.push_back(name);
        auto& suite = suites[name];
        suite.first.add(result, strictness);
        suite.second += case_of(report, result, strictness);
        all.add(result, strictness);
    }
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"smtprig " +
                      escaped(report.settings.target) + '"' + all.attributes() + ">\n";
    for (const std::string& name : order) {
        const auto& suite = suites[name];
        out += "  <testsuite name=\"" + escaped(name) + '"' + suite.first.attributes() + ">\n" +
               suite.second + "  </testsuite>\n";
    }
    return out + "</testsuites>\n";
}

}  // namespace smtprig::conformance

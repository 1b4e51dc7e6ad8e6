#include "tests/conformance/matrix.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "conformance/suites.hpp"

namespace smtprig::conformance {
namespace {

bool is_fault(const Judgement& judgement) {
    return judgement.verdict == Verdict::fail || judgement.verdict == Verdict::non_strict ||
           judgement.verdict == Verdict::error;
}

smtp::TlsMode mode_of(const std::string& word) {
    if (word == "starttls") return smtp::TlsMode::starttls;
    if (word == "implicit" || word == "implicit-auth") return smtp::TlsMode::implicit;
    return smtp::TlsMode::none;
}

smtp::Tolerance tolerance_of(const std::string& id) {
    for (const smtp::ToleranceRow& row : smtp::tolerances())
        if (row.id == id) return row.tolerance;
    throw std::runtime_error("There is no tolerance " + id + ".");
}

}  // namespace

std::vector<Mutant> mutants() {
    std::ifstream file(std::string(SMTPRIG_SOURCE_DIR) + "/tests/mutants/mutants.txt");
    std::vector<Mutant> all;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream words(line);
        Mutant mutant;
        words >> mutant.name >> mutant.mode >> mutant.kills;
        for (std::string word; words >> word;) {
            if (word.rfind("tolerate=", 0) == 0)
                mutant.tolerates.push_back(word.substr(9));
            else if (word.rfind("switch=", 0) == 0)
                mutant.flaw = word.substr(7);
            else if (word.rfind("kin=", 0) == 0)
                mutant.kin.insert(word.substr(4));
            else
                throw std::runtime_error("mutants.txt: " + word + " is not known.");
        }
        all.push_back(std::move(mutant));
    }
    return all;
}

Fixture fixture_of(const Mutant& mutant) {
    Fixture fixture = strict_fixture(
        mode_of(mutant.mode),
        mutant.tolerates.empty() && mutant.flaw.empty() ? mutant.name + ".xml" : std::string());
    fixture.flaw = mutant.flaw;
    for (const std::string& id : mutant.tolerates)
        fixture.settings.posture = fixture.settings.posture.with(tolerance_of(id));
    return fixture;
}

Matrix::Matrix(const std::string& mode) : mode_(mode) {
    PipeConnector connector(strict_fixture(mode_of(mode)));
    RunSettings settings = settings_for(mode_of(mode));
    settings.run_big = true;
    if (mode == "implicit-auth") settings.user = settings.password = "user";
    settings_ = settings;
    preflight_ = preflight(settings_, connector);
    base_ = run(connector);
}

Report Matrix::run(PipeConnector& connector) const {
    RunOptions options;
    options.most_mail = 1000;
    std::vector<const Check*> checks;
    for (const Section& section : suite())
        for (const Check& check : section.checks()) checks.push_back(&check);
    return run_all(checks, settings_, preflight_, connector, options, nullptr);
}

std::vector<std::string> Matrix::changed_by(const Mutant& mutant) const {
    Matrix other = *this;
    // A server that greets with 554 is looked at by the checks for that.
    if (mutant.name.rfind("refused-session", 0) == 0) other.preflight_.facts.greeting_code = 554;
    PipeConnector connector(fixture_of(mutant));
    const Report report = other.run(connector);
    std::vector<std::string> changed;
    for (std::size_t i = 0; i < report.results.size(); ++i) {
        const Judgement& now = report.results[i].judgement;
        const Judgement& then = base_.results[i].judgement;
        const bool observed = now.verdict == Verdict::info &&
                              (then.verdict != Verdict::info || now.actual != then.actual);
        if ((is_fault(now) && !is_fault(then)) || observed)
            changed.push_back(report.results[i].check->id);
        last_[report.results[i].check->id] = std::string(to_text(now.verdict)) + ": " + now.reason +
                                             " expected " + now.expected + ", actual " + now.actual;
    }
    return changed;
}

std::string Matrix::last(const std::string& id) const {
    const auto found = last_.find(id);
    return found == last_.end() ? "not there" : found->second;
}

}  // namespace smtprig::conformance

#include "conformance/check/selection.hpp"

#include <algorithm>
#include <numeric>

#include "fixture/smtp/glob.hpp"

namespace smtprig::conformance {
namespace {

bool matches(const Check& check, std::string_view pattern) {
    if (pattern.find_first_of("*?") != std::string_view::npos)
        return smtp::matches_glob(pattern, check.id) || check.row_id == pattern;
    if (check.row_id == pattern) return true;
    const std::string_view id = check.id;
    return id.substr(0, pattern.size()) == pattern &&
           (id.size() == pattern.size() || id[pattern.size()] == '/' || pattern.back() == '/' ||
            id[pattern.size()] == '.');
}

bool is_selected(const Check& check, const Selection& selection) {
    bool wanted = true;
    bool any = false;
    for (const std::string& pattern : selection.patterns) {
        if (!pattern.empty() && pattern.front() == '-') {
            if (matches(check, std::string_view(pattern).substr(1))) return false;
        } else {
            if (!any) wanted = false;
            any = true;
            wanted = wanted || matches(check, pattern);
        }
    }
    const auto& levels = selection.levels;
    if (!levels.empty() && std::find(levels.begin(), levels.end(), check.level) == levels.end())
        return false;
    if (selection.spec && check.spec_of != Spec::both && check.spec_of != *selection.spec)
        return false;
    return wanted;
}

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] =
                std::min({above + 1, row[j - 1] + 1,
                          diagonal + (a[i - 1] == b[j - 1] ? std::size_t{0} : std::size_t{1})});
            diagonal = above;
        }
    }
    return row[b.size()];
}

}  // namespace

std::vector<const Check*> selected(const std::vector<Section>& sections,
                                   const Selection& selection) {
    std::vector<const Check*> checks;
    for (const Section& section : sections)
        for (const Check& check : section.checks())
            if (is_selected(check, selection)) checks.push_back(&check);
    return checks;
}

const Check* find_check(const std::vector<Section>& sections, std::string_view id) {
    for (const Section& section : sections)
        for (const Check& check : section.checks())
            if (check.id == id || check.row_id == id) return &check;
    return nullptr;
}

std::string nearest_id(const std::vector<Section>& sections, std::string_view id) {
    std::string best;
    std::size_t least = id.size() / 2 + 1;
    for (const Section& section : sections)
        for (const Check& check : section.checks()) {
            const std::size_t found = distance(id, check.id);
            if (found >= least) continue;
            least = found;
            best = check.id;
        }
    return best;
}

}  // namespace smtprig::conformance

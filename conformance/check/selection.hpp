// Which checks of a suite are asked for: id prefixes, globs and exclusions, and levels.
#pragma once

#include <string>
#include <vector>

#include "conformance/check/check.hpp"

namespace smtprig::conformance {

struct Selection {
    // "rfc5321", "rfc5321/4.1.4", "rfc5321/*/noop-*", "-rfc5321/4.2"; empty: all. A pattern with a
    // minus excludes, whatever its place.
    std::vector<std::string> patterns;
    std::vector<Level> levels;  // empty: all
    std::optional<Spec> spec;   // only what this text asks for
};

std::vector<const Check*> selected(const std::vector<Section>& sections,
                                   const Selection& selection);
const Check* find_check(const std::vector<Section>& sections, std::string_view id);
// The id that is nearest to one that there is not; empty: none is near.
std::string nearest_id(const std::vector<Section>& sections, std::string_view id);

}  // namespace smtprig::conformance

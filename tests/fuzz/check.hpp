// Properties that a fuzz target states. Not assert(): a release build would leave it out.
#pragma once

#include <cstdlib>
#include <functional>
#include <string_view>

namespace smtprig::fuzz {

inline void check(bool holds) {
    if (!holds) std::abort();
}

// Whether `part` is a view into `whole`. An empty view that was never set is one too.
inline bool is_within(std::string_view part, std::string_view whole) {
    if (part.data() == nullptr) return part.empty();
    const std::less_equal<const char*> not_behind;
    return not_behind(whole.data(), part.data()) &&
           not_behind(part.data() + part.size(), whole.data() + whole.size());
}

}  // namespace smtprig::fuzz

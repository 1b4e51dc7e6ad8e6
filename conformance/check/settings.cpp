#include "conformance/check/settings.hpp"

#include "fixture/smtp/character.hpp"

namespace smtprig::conformance {

std::string_view to_text(Profile profile) {
    switch (profile) {
        case Profile::mx:
            return "mx";
        case Profile::msa:
            return "msa";
        case Profile::relay:
            return "relay";
        case Profile::sink:
            break;
    }
    return "sink";
}

std::optional<Profile> profile_of(std::string_view text) {
    for (const Profile profile : {Profile::mx, Profile::msa, Profile::relay, Profile::sink})
        if (to_text(profile) == text) return profile;
    return std::nullopt;
}

std::string_view to_text(Tls tls) {
    return tls == Tls::none ? "none" : tls == Tls::starttls ? "starttls" : "implicit";
}

const Extension* find(const std::vector<Extension>& extensions, std::string_view keyword) {
    for (const Extension& extension : extensions)
        if (smtp::equal_ignoring_case(extension.keyword, keyword)) return &extension;
    return nullptr;
}

}  // namespace smtprig::conformance

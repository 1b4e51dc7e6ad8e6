#include "conformance/check/check.hpp"

#include "fixture/smtp/character.hpp"

namespace smtprig::conformance {

Check& Check::row(std::string_view id_of_row) {
    row_id = id_of_row;
    return *this;
}

Check& Check::needs(Need what) {
    need = need | what;
    if (has(what, Need::message)) {
        need = need | Need::recipient;
        messages = std::max(messages, 1);
        risk_level = std::max(risk_level, 2);
    }
    return *this;
}

Check& Check::risk(int how_much) {
    risk_level = how_much;
    return *this;
}

Check& Check::impact(Impact what) {
    impact_level = what;
    return *this;
}

Check& Check::only_for(unsigned which_profiles) {
    profiles = which_profiles;
    return *this;
}

Check& Check::with_extension(std::string_view keyword) {
    extension = keyword;
    return *this;
}

Check& Check::spec(Spec which) {
    spec_of = which;
    return *this;
}

Check& Check::delivers(int count) {
    messages = count;
    return *this;
}

std::string Check::citation() const {
    std::string text;
    for (const char c : document) text += smtp::is_letter(c) ? static_cast<char>(c - 32) : c;
    if (text.rfind("RFC", 0) == 0) text.insert(3, " ");
    const bool appendix = !section.empty() && smtp::is_letter(section.front());
    return text + (appendix ? " appendix " : " section ") + section;
}

Check& Section::add(Level level, std::string_view slug, std::string_view requirement) {
    Check& check = checks_.emplace_back();
    check.id = document_ + '/' + number_ + '/' + std::string(slug);
    check.document = document_;
    check.section = number_;
    check.requirement = requirement;
    check.level = level;
    return check;
}

Check& Section::with_body(Level level, std::string_view slug, std::string_view requirement,
                          Body body) {
    Check& check = add(level, slug, requirement);
    check.body = std::move(body);
    return check;
}

Check& Section::must(std::string_view slug, std::string_view requirement, Body body) {
    return with_body(Level::must, slug, requirement, std::move(body));
}

Check& Section::must_not(std::string_view slug, std::string_view requirement, Body body) {
    return with_body(Level::must_not, slug, requirement, std::move(body));
}

Check& Section::should(std::string_view slug, std::string_view requirement, Body body) {
    return with_body(Level::should, slug, requirement, std::move(body));
}

Check& Section::should_not(std::string_view slug, std::string_view requirement, Body body) {
    return with_body(Level::should_not, slug, requirement, std::move(body));
}

Check& Section::may(std::string_view slug, std::string_view requirement, Body body) {
    return with_body(Level::may, slug, requirement, std::move(body));
}

Check& Section::grammar(std::string_view slug, std::string_view requirement, Body body) {
    return with_body(Level::grammar, slug, requirement, std::move(body));
}

Check& Section::best_practice(std::string_view slug, std::string_view requirement, Body body) {
    return with_body(Level::best_practice, slug, requirement, std::move(body));
}

Check& Section::information(std::string_view slug, std::string_view requirement, Body body) {
    return with_body(Level::information, slug, requirement, std::move(body));
}

Check& Section::every_reply(Level level, std::string_view slug, std::string_view requirement,
                            Observer observer) {
    Check& check = add(level, slug, requirement);
    check.every_reply = std::move(observer);
    check.risk_level = 0;
    return check;
}

}  // namespace smtprig::conformance

#include "conformance/suites.hpp"

#include "conformance/rfc1870/rfc1870.hpp"
#include "conformance/rfc2034/rfc2034.hpp"
#include "conformance/rfc2920/rfc2920.hpp"
#include "conformance/rfc3207/rfc3207.hpp"
#include "conformance/rfc5321/rfc5321.hpp"
#include "conformance/rfc6152/rfc6152.hpp"

namespace smtprig::conformance {
namespace {

std::vector<Section> build() {
    std::vector<Section> sections;
    add_rfc5321(sections);
    add_rfc2920(sections);  // PIPELINING
    add_rfc1870(sections);  // SIZE
    add_rfc6152(sections);  // 8BITMIME
    add_rfc2034(sections);  // ENHANCEDSTATUSCODES
    add_rfc3207(sections);  // STARTTLS
    return sections;
}

}  // namespace

const std::vector<Section>& suite() {
    static const std::vector<Section> sections = build();
    return sections;
}

}  // namespace smtprig::conformance

// The line reader: the same lines however the octets are split, and no octet lost.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fixture/smtp/line.hpp"
#include "tests/fuzz/check.hpp"

namespace {

using namespace smtprig::smtp;
using smtprig::fuzz::check;

struct Seen {
    std::string octets;
    std::string text;
    LineEnding ending;
    bool continues;

    bool operator==(const Seen&) const = default;
};

void take(LineReader& reader, std::vector<Seen>& lines) {
    while (const auto line = reader.next()) {
        check(line->has_bare_lf == (line->text.find('\n') != std::string_view::npos));
        check(line->has_bare_cr == (line->text.find('\r') != std::string_view::npos));
        check(line->has_nul == (line->text.find('\0') != std::string_view::npos));
        lines.push_back(
            {std::string(line->octets), std::string(line->text), line->ending, line->continues});
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const auto bare_lf = (data[0] & 1) != 0 ? BareLf::ends_line : BareLf::is_content;
    const std::size_t bound = 2 + (data[0] >> 1);
    const std::size_t step = 1 + data[1] % 32;
    const std::string_view octets(reinterpret_cast<const char*>(data) + 2, size - 2);

    LineReader whole(bound, bare_lf), split(bound, bare_lf);
    std::vector<Seen> at_once, in_pieces;
    whole.receive(octets);
    take(whole, at_once);
    for (std::size_t i = 0; i < octets.size(); i += step) {
        split.receive(octets.substr(i, step));
        take(split, in_pieces);
        check(split.rest().size() <= bound);
    }
    check(at_once == in_pieces);
    check(whole.rest() == split.rest());

    std::string all;
    bool open = false;
    for (const Seen& line : at_once) {
        all += line.octets;
        check(line.octets.size() <= bound);
        check(line.continues == open);
        open = line.ending == LineEnding::none;
        if (line.ending == LineEnding::crlf) check(line.octets == line.text + "\r\n");
        if (line.ending == LineEnding::bare_lf) check(line.octets == line.text + "\n");
        if (line.ending == LineEnding::bare_lf) check(bare_lf == BareLf::ends_line);
        check(line.text.find("\r\n") == std::string::npos);
    }
    check(all.append(whole.rest()) == octets);
    return 0;
}

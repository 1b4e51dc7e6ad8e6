// What a server sends: however it is split, the same replies come of it, and never more than the
// bounds are kept.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "conformance/probe/reply_reader.hpp"
#include "tests/fuzz/check.hpp"

namespace {

using smtprig::fuzz::check;
using smtprig::probe::Reply;
using smtprig::probe::ReplyBounds;
using smtprig::probe::ReplyReader;

constexpr ReplyBounds bounds{512, 16, 4096};

std::vector<std::string> replies(std::string_view octets, std::size_t piece, bool& flooded) {
    ReplyReader reader(bounds);
    std::vector<std::string> all;
    while (true) {
        while (const auto reply = reader.next()) {
            check(!reply->lines.empty() && reply->lines.size() <= bounds.lines);
            for (std::size_t i = 0; i < reply->lines.size(); ++i) {
                check(reply->lines[i].size() <= bounds.line);
                check(reply->text(i).size() <= reply->lines[i].size());
            }
            check(reply->code == smtprig::probe::code_of(reply->lines.front()));
            all.push_back(reply->wire());
        }
        check(reader.rest().size() <= bounds.unread);
        if (octets.empty() || reader.flooded()) break;
        reader.receive(octets.substr(0, piece));
        octets.remove_prefix(std::min(piece, octets.size()));
    }
    flooded = reader.flooded();
    return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    bool by_piece = false;
    bool by_octet = false;
    const auto pieces = replies(octets, 1000, by_piece);
    const auto single = replies(octets, 1, by_octet);
    check(pieces == single && by_piece == by_octet);
    return 0;
}

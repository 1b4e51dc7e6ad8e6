// Mail data told by a reader that could not be simpler: all octets at once, one after the other.
// The reader of the server works on pieces, in blocks, and has to come to the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fixture/smtp/mail_data.hpp"

namespace smtprig::fuzz {

struct MailDataOracle {
    std::size_t taken = 0;
    smtp::MailData data;
    std::string content;

    explicit MailDataOracle(std::string_view octets, std::size_t line_limit) {
        std::size_t begin = 0;  // of the line
        const auto see = [](smtp::Sighting& sighting, std::size_t at) {
            if (sighting.count++ == 0) sighting.first = at;
        };
        const auto line_ends = [&](std::size_t end) {
            const bool period = octets[begin] == '.';
            if (period) data.removed_periods.push_back(begin);
            if (end - begin - (period ? 1 : 0) > line_limit) see(data.over_long_line, begin);
            begin = end;
        };
        for (std::size_t i = 0; i < octets.size(); ++i) {
            const bool ends = octets[i] == '\n' && i > 0 && octets[i - 1] == '\r';
            if (octets[i] == '\n' && !ends) see(data.bare_lf, i);
            if (octets[i] == '\r' && i + 1 < octets.size() && octets[i + 1] != '\n')
                see(data.bare_cr, i);
            if (octets[i] == '\0') see(data.nul, i);
            if (static_cast<unsigned char>(octets[i]) > 127) see(data.eight_bit, i);
            if (!ends) continue;
            if (octets.substr(begin, i + 1 - begin) == ".\r\n") {
                data.complete = true;
                taken = i + 1;
                break;
            }
            line_ends(i + 1);
        }
        if (!data.complete) taken = octets.size();
        data.wire = octets.substr(0, data.complete ? begin : octets.size());
        for (std::size_t i = 0, next = 0; i < data.wire.size(); ++i) {
            if (next < data.removed_periods.size() && data.removed_periods[next] == i)
                ++next;
            else
                content += data.wire[i];
        }
    }
};

inline bool same(const smtp::Sighting& a, const smtp::Sighting& b) {
    return a.count == b.count && a.first == b.first;
}

inline bool same(const smtp::MailData& a, const smtp::MailData& b) {
    return a.wire == b.wire && a.removed_periods == b.removed_periods && a.complete == b.complete &&
           same(a.bare_cr, b.bare_cr) && same(a.bare_lf, b.bare_lf) && same(a.nul, b.nul) &&
           same(a.eight_bit, b.eight_bit) && same(a.over_long_line, b.over_long_line);
}

}  // namespace smtprig::fuzz

#include "tests/bench/reply_reader.hpp"

#include <algorithm>

namespace smtprig::bench {
namespace {

constexpr std::size_t kLongestLine = 4096;

bool is_digit(char octet) {
    return octet >= '0' && octet <= '9';
}

/// The code of a reply line, or 0.
int code_of(std::string_view line) {
    if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_digit)) return 0;
    if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return 0;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

}  // namespace

ReplyReader::Result ReplyReader::take(std::string_view& input) {
    while (!input.empty()) {
        if (line_done_) line_.clear();
        line_done_ = false;
        const std::size_t end = input.find('\n');
        const bool ended = end != std::string_view::npos;
        const std::size_t length = ended ? end + 1 : input.size();
        if (line_.size() + length > kLongestLine) return Result::Malformed;
        line_.append(input.substr(0, length));
        input.remove_prefix(length);
        if (!ended) break;
        if (line_.size() < 2 || line_[line_.size() - 2] != '\r') return Result::Malformed;
        line_.resize(line_.size() - 2);
        line_done_ = true;
        const int code = code_of(line_);
        if (code == 0 || (continued_ && code != code_)) return Result::Malformed;
        code_ = code;
        continued_ = line_.size() > 3 && line_[3] == '-';
        if (!continued_) return Result::Complete;
    }
    return Result::Incomplete;
}

void ReplyReader::reset() {
    line_.clear();
    code_ = 0;
    line_done_ = false;
    continued_ = false;
}

}  // namespace smtprig::bench

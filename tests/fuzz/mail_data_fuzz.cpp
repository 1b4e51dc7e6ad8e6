// The mail data reader against a simple one, whole and in pieces.
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/fuzz/check.hpp"
#include "tests/fuzz/oracle.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace smtprig;
    using fuzz::check;
    if (size < 3) return 0;
    const std::size_t line_limit = 2 + data[0] % 64;
    const std::size_t keep = data[2];
    const std::string_view octets(reinterpret_cast<const char*>(data) + 3, size - 3);
    const fuzz::MailDataOracle oracle(octets, line_limit);
    for (const std::size_t step : {octets.size() + 1, std::size_t{1} + data[1] % 16}) {
        smtp::MailDataReader reader(line_limit), bounded(line_limit);
        bounded.keep_at_most(keep);
        std::size_t taken = 0;
        for (std::size_t i = 0; i < octets.size() && !reader.complete(); i += step) {
            taken += reader.receive(octets.substr(i, step));
            bounded.receive(octets.substr(i, step));
        }
        check(taken == oracle.taken);
        check(reader.dropped() == 0);
        check(bounded.complete() == oracle.data.complete);
        check(bounded.data().wire.size() + bounded.dropped() == oracle.data.wire.size());
        check(bounded.data().wire == std::string_view(oracle.data.wire).substr(0, keep));
        check(fuzz::same(reader.data(), oracle.data));
        check(bounded.data().content().size() == bounded.data().content_size());
        const smtp::MailData taken_data = reader.take();
        check(taken_data.content() == oracle.content);
        check(taken_data.content_size() == oracle.content.size());
        check(!reader.complete() && reader.data().wire.empty());
    }
    return 0;
}

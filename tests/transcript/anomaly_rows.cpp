// Rows of anomalies for these tests, as long as module smtp has none.
#include "fixture/smtp/anomaly.hpp"

namespace smtprig::smtp {

const AnomalyRow& row(Anomaly anomaly) {
    static constexpr AnomalyRow other = {Anomaly::bare_lf_in_command, "bare-lf-in-command",
                                         "A command has a bare LF.", "RFC 5321 section 2.3.8"};
    static constexpr AnomalyRow ends = {Anomaly::bare_lf_ends_command, "bare-lf-ends-command",
                                        "A command line ended in a bare LF.",
                                        "RFC 5321 section 2.3.8"};
    return anomaly == Anomaly::bare_lf_ends_command ? ends : other;
}

}  // namespace smtprig::smtp

// Sessions that the tests of this folder share.
#pragma once

#include <memory>
#include <string>

#include "fixture/transcript/session.hpp"

namespace smtprig::transcript::sample {

Log log(Observer* observer = nullptr);

inline constexpr Log::Wire client{Side::client, false, 1, Secret::no};
inline constexpr Log::Wire server{Side::server, false, 1, Secret::no};

// `wire` as MailDataReader leaves it, with the periods that it begins lines with noted.
std::shared_ptr<const smtp::MailData> mail_data(std::string wire);

// Each kind of event at least once, with every fact that the table has for it, and octets of every
// sort. It is no dialogue that could happen.
Session everything();

}  // namespace smtprig::transcript::sample

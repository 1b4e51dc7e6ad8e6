// How many octets OpenSSL holds, for tests of memory bounds.
#pragma once

#include <cstddef>

namespace smtprig::tls {

// 0 for good where counting could not be set up.
std::size_t openssl_octets();

}  // namespace smtprig::tls

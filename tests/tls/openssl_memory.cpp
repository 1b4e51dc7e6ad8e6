#include "tests/tls/openssl_memory.hpp"

#include <malloc.h>
#include <openssl/crypto.h>

#include <atomic>
#include <cstdlib>

namespace smtprig::tls {
namespace {

std::atomic<std::size_t> held = 0;

void* count_in(void* block) {
    held += malloc_usable_size(block);
    return block;
}

void count_out(void* block) {
    held -= malloc_usable_size(block);
}

void* counted_malloc(std::size_t size, const char*, int) {
    return count_in(std::malloc(size));
}

void* counted_realloc(void* block, std::size_t size, const char*, int) {
    count_out(block);
    return count_in(std::realloc(block, size));
}

void counted_free(void* block, const char*, int) {
    count_out(block);
    std::free(block);
}

// Before OpenSSL allocates anything, since it refuses afterwards.
const int counting = CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free);

}  // namespace

std::size_t openssl_octets() {
    return counting == 1 ? held.load() : 0;
}

}  // namespace smtprig::tls

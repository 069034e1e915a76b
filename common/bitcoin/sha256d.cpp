#include "common/bitcoin/sha256d.h"

// The low-level calls are deprecated since OpenSSL 3.0, but the successors cost several times as
// much on inputs of 80 bytes: 119 ns here, 165 ns for a reused EVP context, 540 ns for SHA256().
// The unit test compares the two.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "common/base/check.h"

namespace loka::bitcoin {

Hash sha256d(std::span<const uint8_t> bytes) { return sha256d({bytes}); }

Hash sha256d(std::initializer_list<std::span<const uint8_t>> parts) {
  SHA256_CTX context;
  Hash hash;
  CHECK(SHA256_Init(&context) == 1);
  for (const std::span<const uint8_t> part : parts)
    CHECK(SHA256_Update(&context, part.data(), part.size()) == 1);
  CHECK(SHA256_Final(hash.data(), &context) == 1);
  CHECK(SHA256_Init(&context) == 1);
  CHECK(SHA256_Update(&context, hash.data(), hash.size()) == 1);
  CHECK(SHA256_Final(hash.data(), &context) == 1);
  return hash;
}

}  // namespace loka::bitcoin

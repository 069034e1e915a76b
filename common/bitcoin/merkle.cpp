#include "common/bitcoin/merkle.h"

namespace loka::bitcoin {

Hash merkle_root(const Hash& coinbase_hash, std::span<const Hash> merkle_branch) {
  Hash root = coinbase_hash;
  for (const Hash& sibling : merkle_branch) root = sha256d({root, sibling});
  return root;
}

}  // namespace loka::bitcoin

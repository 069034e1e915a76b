// What miners and pools have in common: a byte stream that is read line by line, and the log of
// one verbose run.
#pragma once

#include <string>
#include <string_view>

#include "common/stratum/limits.h"
#include "common/stratum/parse.h"
#include "tests/sim/machine.h"

namespace loka::sim {

// What of the run the peers share. Outlives them.
struct Scene {
  Scene(uint64_t seed, bool verbose) : random(seed), is_verbose(verbose) {}

  Random random;
  bool is_verbose;
  bool is_calm = false;  // the end of the run: nobody misbehaves any more
  stratum::Parser parser{stratum::kPoolLineBytesMax};

  // who: "m7", "p2/31"; text: a line with its direction
  void note(std::string_view who, std::string_view text) const;
};

class LineBox {
 public:
  void add(std::string_view bytes) { bytes_ += bytes; }
  // The next whole line without its newline; false when there is none.
  bool next(std::string& line) {
    const size_t end = bytes_.find('\n');
    if (end == std::string::npos) return false;
    line.assign(bytes_, 0, end);
    bytes_.erase(0, end + 1);
    return true;
  }

 private:
  std::string bytes_;
};

}  // namespace loka::sim

// Configuration text of any kind: no crash, bounded problems, each one line; and what is taken
// survives the way to an engine.
#include "common/config/dump.h"
#include "common/config/load.h"
#include "tests/fuzz/fuzz.h"

using namespace loka::config;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view yaml = loka::fuzz::Input(data, size).rest();
  const LoadResult result = load_text(yaml, "fuzz");
  CHECK(result.problems.size() <= kProblemsMax + 1);
  for (const Problem& problem : result.problems) {
    CHECK(!problem.what.empty());
    const std::string text = problem.text();
    CHECK(text.find('\n') == std::string::npos);
  }
  if (has_errors(result.problems)) return 0;
  const auto back = parse_canonical(dump(result.config, Secrets::kShow, &result.origins));
  CHECK(back.has_value());
  CHECK(*back == result.config);
  return 0;
}

// An env file, and --set, of any kind: no crash, and what is taken survives the way to an engine.
#include "common/config/dump.h"
#include "common/config/load.h"
#include "common/config/names.h"
#include "tests/fuzz/fuzz.h"

using namespace loka::config;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  loka::fuzz::Input input(data, size);
  Sources sources;
  Problems problems;
  for (NamedValue& value : parse_env_text(input.text(), "fuzz", problems)) {
    // Only a file is named by these; the fuzzer shall read none.
    if (value.name.ends_with("_FILE")) continue;
    sources.environment.emplace_back(std::move(value.name), std::move(value.value));
  }
  while (!input.empty()) {
    std::string assignment(input.text());
    if (assignment.find("_file") == std::string::npos) sources.set.push_back(std::move(assignment));
  }
  const LoadResult result = load(sources);
  CHECK(result.problems.size() <= kProblemsMax + 1);
  if (has_errors(result.problems)) return 0;
  const auto back = parse_canonical(dump(result.config, Secrets::kShow));
  CHECK(back.has_value());
  CHECK(*back == result.config);
  return 0;
}

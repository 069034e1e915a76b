#include "tests/unit/bitcoin/vectors.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace loka::test {

const rapidjson::Document& vectors() {
  static const rapidjson::Document document = [] {
    std::ifstream file(LOKA_TEST_DATA "/share-vectors.json");
    std::ostringstream text;
    text << file.rdbuf();
    rapidjson::Document parsed;
    parsed.Parse(text.str().c_str());
    if (!parsed.IsObject()) {
      std::fprintf(stderr, "cannot read %s\n", LOKA_TEST_DATA "/share-vectors.json");
      std::abort();
    }
    return parsed;
  }();
  return document;
}

}  // namespace loka::test

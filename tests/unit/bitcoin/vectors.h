// tests/data/share-vectors.json for the tests of bitcoin and mining: values computed outside of
// this code, five of the shares being published mainnet blocks.
#pragma once

#include <string>
#include <string_view>

#include <rapidjson/document.h>

namespace loka::test {

// The whole document, read once; a test run without the file ends here, loudly.
const rapidjson::Document& vectors();

inline std::string_view text_of(const rapidjson::Value& object, const char* key) {
  const rapidjson::Value& value = object[key];
  return {value.GetString(), value.GetStringLength()};
}

}  // namespace loka::test

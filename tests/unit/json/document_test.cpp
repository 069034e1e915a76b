#include "common/json/document.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using loka::json::Document;
using loka::json::Kind;
using loka::json::ReadError;
using loka::json::Value;

namespace {

Document parsed(std::string_view text) {
  auto document = Document::parse(text);
  REQUIRE(document);
  return std::move(*document);
}

}  // namespace

TEST_CASE("document: members, items and their values") {
  const Document document = parsed(
      "{\"name\":\"rig\\u0037\",\"n\":-3,\"d\":0.5,\"u\":18446744073709551615,\"ok\":true,"
      "\"none\":null,\"list\":[1,[2],{\"x\":[]}]}");
  const Value root = document.root();
  CHECK(root["name"].as_string() == "rig7");
  CHECK(root["n"].as_int64() == -3);
  CHECK(root["d"].as_double() == 0.5);
  CHECK(root["u"].as_uint64() == 18446744073709551615U);
  CHECK(root["ok"].as_bool() == true);
  CHECK(root["none"].is_null());
  CHECK(root["none"].exists());
  CHECK(root["list"].size() == 3);
  CHECK(root["list"].at(1).at(0).as_int64() == 2);
  CHECK(root["list"].at(2)["x"].is_array());
  CHECK(root["list"].raw() == "[1,[2],{\"x\":[]}]");
  CHECK(root["name"].raw() == "\"rig\\u0037\"");
  CHECK(root.size() == 7);
  CHECK(root.key_at(6) == "list");
  CHECK(root.at(1).as_int64() == -3);
}

TEST_CASE("document: what is not there is nowhere, however deep one asks") {
  const Document document = parsed("{\"a\":[1]}");
  const Value missing = document.root()["b"]["c"].at(3);
  CHECK_FALSE(missing.exists());
  CHECK_FALSE(missing.is_null());
  CHECK(missing.size() == 0);
  CHECK(missing.raw().empty());
  CHECK_FALSE(missing.as_string());
  CHECK_FALSE(document.root()["a"].at(1).exists());
  CHECK_FALSE(document.root().at(1).exists());
  CHECK(document.root().key_at(1).empty());
  CHECK_FALSE(document.root()["a"]["x"].exists());
  CHECK_FALSE(Value().is(Kind::kNull));
}

TEST_CASE("document: types are strict") {
  const Document document = parsed("{\"s\":\"1\",\"n\":1,\"f\":1.5}");
  CHECK_FALSE(document.root()["s"].as_int64());
  CHECK_FALSE(document.root()["n"].as_string());
  CHECK_FALSE(document.root()["n"].as_bool());
  CHECK_FALSE(document.root()["f"].as_int64());
}

TEST_CASE("document: visits items and members in the order of the text") {
  const Document document = parsed("{\"b\":[1,[8,9],3],\"a\":{},\"b\":7}");
  std::string order;
  document.root().for_each_member([&](std::string_view key, Value value) {
    order += std::string(key) + "=" + std::string(value.raw()) + ";";
  });
  CHECK(order == "b=[1,[8,9],3];a={};b=7;");
  order.clear();
  document.root()["b"].for_each_item([&](Value value) { order += std::string(value.raw()) + ";"; });
  CHECK(order == "1;[8,9];3;");
  document.root()["a"].for_each_item([&](Value) { order += "never"; });
  CHECK(order == "1;[8,9];3;");
}

TEST_CASE("document: values stay good when the document moves") {
  std::vector<Document> documents;
  documents.push_back(parsed("{\"key\":\"value\"}"));
  const Value value = documents[0].root()["key"];
  documents.reserve(documents.capacity() + 10);
  CHECK(value.as_string() == "value");
  CHECK(value.raw() == "\"value\"");
}

TEST_CASE("document: the tightest texts have room for their tokens") {
  for (const std::string_view text :
       {"1", "[]", "[1]", "[1,2,3]", "[[],[]]", "{\"\":1,\"\":2}", "[[[]]]"})
    CHECK_MESSAGE(Document::parse(text), text);
}

TEST_CASE("document: errors are told") {
  CHECK(Document::parse("{").error() == ReadError::kNotJson);
  CHECK(Document::parse("").error() == ReadError::kNotJson);
  CHECK(Document::parse("\"\xff\"").error() == ReadError::kNotUtf8);
  CHECK(Document::parse(std::string(33, '[')).error() == ReadError::kTooDeep);
}

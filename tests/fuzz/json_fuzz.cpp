// Any text: what is accepted can be walked, and each part of it is JSON again.
#include "common/json/writer.h"
#include "tests/fuzz/fuzz.h"

namespace {

using loka::json::Document;
using loka::json::Value;
using loka::json::Writer;

// Writes the value anew from what was understood.
void write(Writer& out, Value value) {
  if (value.is_object()) {
    out.begin_object();
    value.for_each_member([&](std::string_view key, Value member) {
      CHECK(loka::is_valid_utf8(key));
      write(out.key(key), member);
    });
    out.end_object();
  } else if (value.is_array()) {
    out.begin_array();
    value.for_each_item([&](Value item) { write(out, item); });
    out.end_array();
  } else if (const auto text = value.as_string()) {
    CHECK(loka::is_valid_utf8(*text));
    out.string(*text);
  } else {
    (void)value.as_double();
    (void)value.as_int64();
    (void)value.as_uint64();
    out.raw(value.raw());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  loka::fuzz::Input input(data, size);
  const auto document = Document::parse(input.rest());
  if (!document) {
    CHECK(!describe(document.error()).empty());
    return 0;
  }
  const Value root = document->root();
  CHECK(root.exists());
  CHECK(!root.at(root.size()).exists());
  std::string once;
  Writer first(once);
  write(first, root);
  // What was written reads and writes the same again.
  const auto again = Document::parse(once);
  CHECK(again.has_value());
  std::string twice;
  Writer second(twice);
  write(second, again->root());
  CHECK(once == twice);
  return 0;
}

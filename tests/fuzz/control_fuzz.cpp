// A control socket's byte stream of any kind, cut anywhere: frames, then requests and answers.
#include <vector>

#include "common/control/documents.h"
#include "common/control/frame.h"
#include "common/control/message.h"
#include "tests/fuzz/fuzz.h"

using namespace loka::control;

namespace {

std::vector<std::string> payloads_of(std::string_view stream, size_t step) {
  FrameReader reader(kRequestBytesMax);
  std::vector<std::string> out;
  while (!stream.empty()) {
    const std::string_view piece = stream.substr(0, step);
    stream.remove_prefix(piece.size());
    reader.feed(piece);
    for (;;) {
      auto payload = reader.next();
      if (!payload) return out;
      if (!*payload) break;
      CHECK(!(*payload)->empty() && (*payload)->size() <= kRequestBytesMax);
      out.push_back(std::move(**payload));
    }
  }
  return out;
}

// A document that was read once is written and read to the same text again.
template <class T>
void check_document(std::string_view json) {
  const auto document = from_json<T>(json);
  if (!document) return;
  const std::string text = to_json(*document);
  const auto again = from_json<T>(text);
  CHECK(again.has_value());
  CHECK(to_json(*again) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  loka::fuzz::Input input(data, size);
  const size_t step = input.byte() + 1U;
  const std::string_view stream = input.rest();
  const auto payloads = payloads_of(stream, step);
  CHECK(payloads == payloads_of(stream, stream.size() + 1));
  for (const std::string& payload : payloads) {
    if (const auto request = decode_request(payload)) {
      CHECK(decode_request(encode_request(*request)) == *request);
    }
    const auto answer = decode_answer(payload);
    const std::string_view document = answer ? *answer : payload;
    check_document<Status>(document);
    check_document<Miners>(document);
    check_document<Pools>(document);
    check_document<ReloadReport>(document);
  }
  return 0;
}

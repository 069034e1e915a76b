// The pool's ledger: one JSON document per judged submit, one per line, to be compared with what
// others counted. Buffered; lines are written whole, so that shards may share the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/mining/share.h"

namespace loka::sim {

class ShareLog {
 public:
  ShareLog() = default;  // writes nothing
  ~ShareLog();
  ShareLog(const ShareLog&) = delete;
  ShareLog& operator=(const ShareLog&) = delete;

  // Appends to the file, which is created where it does not exist.
  [[nodiscard]] Result<void, SystemError> open(const std::string& path);
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

  // verdict: "accepted" or why not. extranonce1 in hex.
  void add(const mining::Submit& submit, std::string_view extranonce1, std::string_view verdict);
  // False when the file did not take all of it; what it did not take is dropped.
  bool flush();
  [[nodiscard]] bool is_flush_due() const { return buffer_.size() >= kBufferBytes; }

 private:
  static constexpr size_t kBufferBytes = 256UL * 1024;

  int descriptor_ = -1;
  std::string buffer_;
};

}  // namespace loka::sim

// Cuts a byte stream into lines. Pure: it is handed the unfinished line of before and the bytes
// that were just read, and hands out views of them; only a line that began before is put together
// in a buffer of the caller's. What was consumed is counted in fresh bytes, so that the caller can
// write down after each line how far it got.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace loka::stratum {

class LineReader {
 public:
  enum class Found : uint8_t {
    kLine,
    kNothing,  // no complete line is left; keep rest() for the next time
    kTooLong,  // a line above the limit, complete or not; nothing more can be read
  };

  // tail            the unfinished line of before, at most line_bytes_max bytes, without newline
  // fresh           the bytes read after it
  // joined          room for line_bytes_max bytes; used only if tail is not empty
  // line_bytes_max  of a line without its newline
  // All outlive the reader; lines are views of fresh or joined.
  LineReader(std::string_view tail, std::string_view fresh, std::span<char> joined,
             size_t line_bytes_max);

  // The next line, without its newline and carriage returns before it. Lines of blanks are skipped:
  // peers send them to keep a connection alive.
  [[nodiscard]] Found next();
  [[nodiscard]] std::string_view line() const { return line_; }

  // Fresh bytes used up so far, newlines included: after kLine everything up to this line's end.
  [[nodiscard]] size_t consumed() const { return consumed_; }
  // What belongs to the line that is not complete yet: the tail, if no newline came, and then these
  // fresh bytes. Both together are at most line_bytes_max bytes after kNothing.
  [[nodiscard]] std::string_view unfinished_tail() const { return tail_; }
  [[nodiscard]] std::string_view unfinished_fresh() const { return fresh_.substr(consumed_); }

 private:
  [[nodiscard]] std::string_view join(std::string_view head);

  std::string_view tail_;
  std::string_view fresh_;
  std::span<char> joined_;
  size_t line_bytes_max_;
  size_t consumed_ = 0;
  bool is_too_long_ = false;
  std::string_view line_;
};

}  // namespace loka::stratum

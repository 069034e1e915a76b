// One non-blocking TCP connection that carries lines. Owns its socket; knows no protocol and no
// event loop: whoever owns it asks for reading and flushing when the kernel says so.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace loka::sim {

class LineStream {
 public:
  // A line longer than this, or so much unsent output, ends the connection.
  static constexpr size_t kLineBytesMax = 64UL * 1024;
  static constexpr size_t kOutputBytesMax = 1024UL * 1024;

  LineStream() = default;
  explicit LineStream(int descriptor) : descriptor_(descriptor) {}
  ~LineStream() { close(); }
  LineStream(LineStream&& other) noexcept;
  LineStream& operator=(LineStream&& other) noexcept;

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

  enum class State { kOpen, kEnded, kFailed };

  // One read() into `scratch`, which all streams share, and `handle(line)` for every line that is
  // complete now, without its newline; empty lines are left out. handle returns whether to go on
  // and must not close the stream itself.
  template <class Handle>
  State read(std::span<char> scratch, Handle&& handle) {
    const long size = receive(scratch);
    if (size <= 0)
      return size == 0 ? State::kEnded : (size == kNothing ? State::kOpen : State::kFailed);
    std::string_view bytes(scratch.data(), static_cast<size_t>(size));
    while (true) {
      const size_t end = bytes.find('\n');
      if (end == std::string_view::npos) break;
      std::string_view line = bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      if (!partial_.empty()) {
        partial_.append(line);
        line = partial_;
      }
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      const bool goes_on = line.empty() || handle(line);
      partial_.clear();
      if (!goes_on) return State::kFailed;
    }
    partial_.append(bytes);
    return partial_.size() > kLineBytesMax ? State::kFailed : State::kOpen;
  }

  // What is to be sent is appended here, then flush() sends what the kernel takes.
  [[nodiscard]] std::string& output() { return output_; }
  [[nodiscard]] bool has_output() const { return sent_ < output_.size(); }
  // False when the connection has failed, or too much has gathered.
  [[nodiscard]] bool flush();

  // No more bytes from us (FIN); the other direction stays.
  void shut_down_sending();
  // close() will send a RST.
  void reset_on_close();
  void close();

 private:
  static constexpr long kNothing = -2;  // would block
  long receive(std::span<char> scratch) const;

  int descriptor_ = -1;
  std::string partial_;
  std::string output_;
  size_t sent_ = 0;  // of output_
};

}  // namespace loka::sim

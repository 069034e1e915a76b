#include "common/control/frame.h"

#include "common/base/check.h"

namespace loka::control {

namespace {

uint32_t read_length(std::string_view header) {
  uint32_t length = 0;
  for (size_t i = 0; i < kFrameHeaderBytes; ++i) {
    length = length << 8U | static_cast<unsigned char>(header[i]);
  }
  return length;
}

}  // namespace

std::string encode_frame(std::string_view payload) {
  CHECK(!payload.empty() && payload.size() <= kFrameBytesMax);
  std::string out;
  out.reserve(kFrameHeaderBytes + payload.size());
  for (unsigned shift = 32; shift > 0; shift -= 8) {
    out += static_cast<char>(payload.size() >> (shift - 8) & 0xffU);
  }
  return out.append(payload);
}

void FrameReader::feed(std::string_view bytes) {
  if (error_) return;
  // Payloads already handed out are dropped only here, so that next() never moves bytes.
  if (consumed_ > 0) {
    buffer_.erase(0, consumed_);
    consumed_ = 0;
  }
  buffer_.append(bytes);
}

Result<std::optional<std::string>, FrameError> FrameReader::next() {
  if (error_) return Error(*error_);
  const std::string_view rest = std::string_view(buffer_).substr(consumed_);
  if (rest.size() < kFrameHeaderBytes) return std::nullopt;
  const size_t length = read_length(rest);
  if (length == 0 || length > payload_bytes_max_) {
    error_ = length == 0 ? FrameError::kEmpty : FrameError::kTooLong;
    buffer_.clear();
    consumed_ = 0;
    return Error(*error_);
  }
  if (rest.size() - kFrameHeaderBytes < length) return std::nullopt;
  consumed_ += kFrameHeaderBytes + length;
  return std::string(rest.substr(kFrameHeaderBytes, length));
}

}  // namespace loka::control

// Frames of the control socket: four bytes of length, most significant first, then so many bytes of
// JSON. Encode and decode only; who reads the socket is not known here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace loka::control {

inline constexpr size_t kFrameHeaderBytes = 4;
inline constexpr size_t kFrameBytesMax = 16 * 1024 * 1024;  // the payload; replies
inline constexpr size_t kRequestBytesMax = 64 * 1024;       // what the service accepts

enum class FrameError : uint8_t { kTooLong, kEmpty };

// CHECKs that the payload is not empty and fits kFrameBytesMax.
[[nodiscard]] std::string encode_frame(std::string_view payload);

// Cuts a byte stream into payloads. Holds at most one frame that is not complete, and only as many
// bytes as have come: a length that is announced costs nothing.
class FrameReader {
 public:
  explicit FrameReader(size_t payload_bytes_max = kFrameBytesMax)
      : payload_bytes_max_(payload_bytes_max) {}

  // Takes bytes as they come, cut anywhere.
  void feed(std::string_view bytes);

  // The next complete payload, nullopt if more bytes are needed. After an error the stream cannot
  // be understood any more: every further call gives the same error; close the connection.
  [[nodiscard]] Result<std::optional<std::string>, FrameError> next();

  // Bytes of a frame that has begun but is not complete; 0 at the end of a stream means a clean
  // end.
  [[nodiscard]] size_t pending_bytes() const { return buffer_.size() - consumed_; }

 private:
  size_t payload_bytes_max_;
  std::string buffer_;
  size_t consumed_ = 0;
  std::optional<FrameError> error_;
};

}  // namespace loka::control

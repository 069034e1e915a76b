// Result<T, E>: what a function returns when a peer, a file or the system may be at fault. The only
// door to tl::expected, so that std::expected can take its place in one line.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace loka {

template <class T, class E>
using Result = tl::expected<T, E>;

// Error(e) makes the unsuccessful Result: `return Error(ParseError::kNotJson);`
template <class E>
[[nodiscard]] constexpr auto Error(E&& error) {
  return tl::make_unexpected(std::forward<E>(error));
}

// A failed system call: what was attempted, and errno right after it.
struct SystemError {
  std::string operation;  // "bind 0.0.0.0:3333"
  int code = 0;           // errno

  // "bind 0.0.0.0:3333: Address already in use"
  [[nodiscard]] std::string text() const;
};

// Captures errno; call it before anything else can change it.
[[nodiscard]] SystemError last_system_error(std::string operation);

}  // namespace loka

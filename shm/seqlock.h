// Seqlock<T>: one writer, any readers, no lock that a dead process could hold. A writer that dies
// in the middle leaves the sequence odd; the next engine writes the block again from the sealed
// commit, which makes it even.
//
// The order comes from the words themselves, stored with release and loaded with acquire, instead
// of from two fences: a reader that saw one word of a new value then sees, at its second look, that
// the sequence has moved. It costs the same on x86, and ThreadSanitizer can follow it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace loka::shm {

template <class T>
class Seqlock {
  static_assert(std::is_trivially_copyable_v<T>);
  static_assert(sizeof(T) % 8 == 0, "copied by whole words");

 public:
  // Only the owner: replaces the value.
  void write(const T& value) {
    const uint32_t odd = sequence_.load(std::memory_order_relaxed) | 1U;
    sequence_.store(odd, std::memory_order_relaxed);
    const auto* from = reinterpret_cast<const unsigned char*>(&value);
    for (size_t i = 0; i < kWords; ++i) {
      uint64_t word;
      std::memcpy(&word, from + i * 8, 8);
      words_[i].store(word, std::memory_order_release);
    }
    sequence_.store(odd + 1, std::memory_order_release);
  }

  // Anybody: a consistent copy, or false if the writer was in the middle in each of kAttempts tries
  // (it died there, or writes without pause); `value` is then unspecified.
  [[nodiscard]] bool read(T& value) const {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const uint32_t before = sequence_.load(std::memory_order_acquire);
      if ((before & 1U) != 0) continue;
      copy_out(value);
      if (sequence_.load(std::memory_order_relaxed) == before) return true;
    }
    return false;
  }

  // Only the owner: its own value, without the protocol.
  [[nodiscard]] T own() const {
    T value;
    copy_out(value);
    return value;
  }

 private:
  static constexpr int kAttempts = 1000;
  static constexpr size_t kWords = sizeof(T) / 8;

  void copy_out(T& value) const {
    auto* to = reinterpret_cast<unsigned char*>(&value);
    for (size_t i = 0; i < kWords; ++i) {
      const uint64_t word = words_[i].load(std::memory_order_acquire);
      std::memcpy(to + i * 8, &word, 8);
    }
  }

  std::atomic<uint32_t> sequence_{0};
  std::atomic<uint64_t> words_[kWords]{};
};

}  // namespace loka::shm

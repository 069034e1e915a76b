#include "worker/renew.h"

#include <array>
#include <cstdio>

#include <unistd.h>

namespace loka::worker {

namespace {

// The longest: kListenersMax numbers of up to 10 digits, with commas.
constexpr size_t kNumbersBytesMax = kListenersMax * 11 + 1;

struct Number {
  explicit Number(long value) { std::snprintf(text.data(), text.size(), "%ld", value); }
  std::array<char, 24> text{};
};

void write_numbers(std::span<const int> numbers, std::array<char, kNumbersBytesMax>& text) {
  size_t used = 0;
  for (const int number : numbers) {
    used += static_cast<size_t>(std::snprintf(text.data() + used, text.size() - used, "%s%d",
                                              used == 0 ? "" : ",", number));
  }
}

}  // namespace

void execute_anew(const Orders& orders) {
  const Number slot(static_cast<long>(orders.slot));
  const Number segment(orders.segment);
  const Number log(orders.log);
  const Number channel(orders.channel);
  const Number shard(orders.shard);
  const Number lock(orders.lock);
  std::array<char, kNumbersBytesMax> listeners{};
  write_numbers(orders.listener_fds(), listeners);

  const char* const arguments[] = {"loka-worker",
                                   "--slot",
                                   slot.text.data(),
                                   "--segment",
                                   segment.text.data(),
                                   "--listeners",
                                   listeners.data(),
                                   "--log",
                                   log.text.data(),
                                   "--channel",
                                   channel.text.data(),
                                   "--runtime-dir",
                                   orders.runtime_dir.c_str(),
                                   "--shard",
                                   shard.text.data(),
                                   "--lock",
                                   lock.text.data(),
                                   nullptr};
  execve("/proc/self/exe", const_cast<char* const*>(arguments), environ);
}

}  // namespace loka::worker

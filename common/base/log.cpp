#include "common/base/log.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <memory>
#include <mutex>

#include <poll.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include "common/base/fixed_string.h"
#include "common/base/log_line.h"

namespace loka {
namespace {

// How long a line waits for a reader that is behind. A blocked log must not stop miners; after one
// line was dropped the next ones do not wait at all until the reader takes one again.
constexpr int kWaitMs = 20;

bool is_writable(int descriptor, int wait_ms) {
  pollfd request{descriptor, POLLOUT, 0};
  int ready = 0;
  do {
    ready = ::poll(&request, 1, wait_ms);
  } while (ready < 0 && errno == EINTR);
  return ready == 1;
}

// Where spdlog's lines go: a descriptor that somebody else owns. The payload is the finished line;
// spdlog's own pattern formatter does not escape quotes in JSON and is not used.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void set_descriptor(int descriptor) {
    const std::lock_guard<std::mutex> lock(mutex_);
    descriptor_ = descriptor;
    is_stalled_ = false;
  }

  [[nodiscard]] uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const bool written = write_line(message.payload.data(), message.payload.size());
    is_stalled_ = !written;
    if (!written) dropped_.fetch_add(1, std::memory_order_relaxed);
  }
  void flush_() override {}

 private:
  bool write_line(const char* line, size_t size) const {
    if (!is_writable(descriptor_, is_stalled_ ? 0 : kWaitMs)) return false;
    ssize_t written = 0;
    do {
      written = ::write(descriptor_, line, size);
    } while (written < 0 && errno == EINTR);
    return written == static_cast<ssize_t>(size);
  }

  int descriptor_ = STDERR_FILENO;
  bool is_stalled_ = false;
  std::atomic<uint64_t> dropped_{0};
};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// The one log of the process. Synchronous: spdlog's threads would not survive the keeper's clone.
struct Log {
  std::shared_ptr<DescriptorSink> sink = std::make_shared<DescriptorSink>();
  spdlog::logger logger{"loka", sink};
  std::mutex mutex;  // guards the two below, which change only at start and after a reload
  LogFormat format = LogFormat::kText;
  FixedString<64> process;
};

Log& the_log() {
  // Never destroyed: destructors of other statics may still log.
  static Log* log = new Log;
  return *log;
}

int64_t unix_ms_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

void log_setup(int descriptor, LogFormat format, LogLevel level, std::string_view process) {
  Log& log = the_log();
  log.sink->set_descriptor(descriptor);
  log.logger.set_level(spdlog_level(level));
  const std::lock_guard<std::mutex> lock(log.mutex);
  log.format = format;
  log.process.assign(process);
}

uint64_t log_lines_dropped() { return the_log().sink->dropped(); }

bool log_enabled(LogLevel level) { return the_log().logger.should_log(spdlog_level(level)); }

void log_event(LogLevel level, std::string_view subject, std::string_view sentence,
               std::initializer_list<LogValue> values) {
  if (!log_enabled(level)) return;
  Log& log = the_log();
  std::array<char, kLogLineBytesMax> line;
  size_t size = 0;
  {
    const std::lock_guard<std::mutex> lock(log.mutex);
    const LogEvent event{unix_ms_now(), level,    log.process.empty() ? "loka" : log.process.view(),
                         subject,       sentence, values};
    size = format_log_line(event, log.format, line);
  }
  log.logger.log(spdlog_level(level), spdlog::string_view_t(line.data(), size));
}

}  // namespace loka

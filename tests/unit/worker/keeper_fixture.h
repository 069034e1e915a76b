// A slot with a real keeper, as the supervisor would start it, and a miner's connection to it. The
// engine is the one of fake_engine.h.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <sys/types.h>

#include "shm/public_segment.h"

// Whether it became true within 10 s; looked at every few milliseconds.
bool eventually(const std::function<bool()>& is_true);

class KeeperFixture {
 public:
  // supervisor_pid: 0: ours
  explicit KeeperFixture(uint32_t supervisor_pid = 0);
  ~KeeperFixture();
  KeeperFixture(const KeeperFixture&) = delete;
  KeeperFixture& operator=(const KeeperFixture&) = delete;

  void start();
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] pid_t engine() const;
  // Waits for an engine first: 0 would be a signal to ourselves.
  void signal_engine(int number) const;
  // Waits until an engine other than this one serves; returns its pid, 0 if none came in time.
  [[nodiscard]] pid_t engine_after(pid_t last) const;
  [[nodiscard]] bool becomes(loka::shm::SlotState state) const;
  // Exit code; -1 if it still runs after 10 s, -signal if it was killed.
  [[nodiscard]] int exit_code();

  // A connection to the slot's listener.
  [[nodiscard]] int connect() const;
  // Sends a line and returns the answer without its newline; "" if none came within 10 s,
  // "(closed)" if the connection ended.
  [[nodiscard]] static std::string ask(int connection, const std::string& line);
  static void tell(int connection, const std::string& line);

  [[nodiscard]] loka::shm::PublicSegment& segment() { return segment_; }
  [[nodiscard]] const loka::shm::KeeperLine& line() const { return segment_.slot(1).keeper; }
  [[nodiscard]] const std::string& directory() const { return directory_; }
  void hand_log(int descriptor) const;
  void close_channel();
  // What was written to the log that it was started with.
  [[nodiscard]] std::string log_text() const;

 private:
  std::string directory_;
  loka::shm::PublicSegment segment_;
  int listener_ = -1;
  int log_ = -1;
  int channel_ = -1;
  uint16_t port_ = 0;
  pid_t pid_ = 0;
};

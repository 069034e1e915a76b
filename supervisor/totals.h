// The documents of `status`, `workers`, `miners` and `pools`, made from what the slots of the
// public segment say. Pure: it reads plain memory and values. Slots are hostile data, written by
// processes that read the network: every index, length, enumerator and double is checked, every
// text sanitised, and nothing a slot says can hurt another slot's figures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "common/base/time.h"
#include "common/config/config.h"
#include "common/control/documents.h"
#include "shm/layout.h"

namespace loka::supervisor {

// Rows in one answer to `miners`, the others are only counted; with all texts as long as they can
// be these fit one frame.
inline constexpr size_t kMinersShownMax = 20'000;
// The share of limiter.connections from which on status warns.
inline constexpr double kConnectionsWarnRatio = 0.9;

// One slot as the supervisor sees it from outside.
struct SlotView {
  uint32_t number = 0;  // from 1
  const shm::Slot* memory = nullptr;
  pid_t keeper_pid = 0;  // 0: not running
  bool was_ever_started = false;
};

// What the supervisor knows by itself.
struct ServiceView {
  const config::Config* config = nullptr;
  std::string config_file;
  uint64_t generation = 0;
  Instant started_at;
  bool is_ready = false;
  bool is_stopping = false;
  uint32_t connections_max = 0;       // limiter.connections, `auto` resolved
  std::vector<std::string> warnings;  // sentences that it wants to be seen
};

// Whether this slot's engine takes connections, as far as its lines can be believed.
[[nodiscard]] bool engine_serves(const SlotView& slot);

class Totals {
 public:
  explicit Totals(uint32_t slots) : last_shares_(slots) {}

  [[nodiscard]] control::Status status(const ServiceView& service,
                                       const std::vector<SlotView>& slots, Instant now);
  [[nodiscard]] control::Workers workers(const ServiceView& service,
                                         const std::vector<SlotView>& slots, Instant now) const;
  [[nodiscard]] control::Pools pools(const ServiceView& service, const std::vector<SlotView>& slots,
                                     Instant now);
  // login  only the connections of this login; nullopt: of all
  [[nodiscard]] control::Miners miners(const ServiceView& service,
                                       const std::vector<SlotView>& slots,
                                       std::optional<std::string_view> login, Instant now) const;

 private:
  const shm::ShareBlock& shares_of(const SlotView& slot);

  // By slot - 1: an engine that died while it wrote its block hides it for a moment, and sums must
  // hold all the same.
  std::vector<shm::ShareBlock> last_shares_;
};

// "50 miners, 1.21 TH/s, pool primary healthy": for systemd and the eye.
[[nodiscard]] std::string status_line(const control::Status& status);

}  // namespace loka::supervisor

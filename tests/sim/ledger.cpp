#include "tests/sim/ledger.h"

#include <charconv>

#include "common/base/check.h"
#include "tests/sim/machine.h"
#include "worker/session/turn.h"

namespace loka::sim {
namespace {

using shm::kNobody;
using shm::Login;
using shm::Request;
using shm::RequestKind;
using shm::Session;
using shm::Upstream;

// A line may add a step and extranonce.subscribe of our own to what the limit lets through.
constexpr uint32_t kOpenBound = worker::kOpenRequestsMax + 2;
// All that were open may expire at once, or be orphaned.
constexpr uint32_t kListBound = 2 * kOpenBound + worker::kExpiredKeptMax;

Ledger* the_ledger = nullptr;

}  // namespace

void use_ledger(Ledger* ledger) { the_ledger = ledger; }

Ledger& ledger() {
  CHECK(the_ledger != nullptr);
  return *the_ledger;
}

std::string Tag::text() const { return "m" + std::to_string(miner) + "-" + std::to_string(number); }

uint32_t number_behind(std::string_view text, std::string_view mark) {
  const size_t at = text.find(mark);
  if (at == std::string_view::npos) return 0;
  text.remove_prefix(at + mark.size());
  uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::optional<Tag> tag_of(std::string_view line) {
  constexpr std::string_view kMark = R"("tag":"m)";
  const size_t at = line.find(kMark);
  if (at == std::string_view::npos) return {};
  const std::string_view text = line.substr(at);
  return Tag{number_behind(text, kMark), number_behind(text, "-")};
}

bool is_poison(std::string_view line) { return line.find("poison") != std::string_view::npos; }

void Ledger::watch(shm::Store* store) { store_ = store; }

void Ledger::on_handled(std::string_view line) {
  line_ = {tag_of(line), line.find("mining.submit") != std::string_view::npos};
}

// From here on it has happened, whether this engine puts it in place or the next one.
void Ledger::on_sealed() {
  ++commits_;
  if (line_.is_submit) ++submits_;
  if (line_.tag) {
    const uint64_t key = uint64_t{line_.tag->miner} << 32 | line_.tag->number;
    if (!handled_.insert(key).second) fail("a line was handled twice: " + line_.tag->text());
  }
  line_ = {};
}

void Ledger::on_in_place() {
  if (store_ == nullptr) return;  // the next engine finishes it, and looks for broken records
  check_shares();
  check_requests();
  check_rows();
}

void Ledger::check_shares() const {
  const shm::ShareBlock s = store_->slot().shares.own();
  if (s.submitted != s.accepted + s.local + s.rejected + s.stale + s.duplicate + s.low_difficulty +
                         s.invalid + s.unanswered + s.in_flight)
    fail("the sums of the shares do not add up");
  if (s.submitted != submits_)
    fail("submitted is " + std::to_string(s.submitted) + " after " + std::to_string(submits_) +
         " submits");
}

void Ledger::check_list(const Upstream& upstream) const {
  const auto requests = store_->shard().table<Request>();
  uint32_t count = 0;
  uint32_t expired = 0;
  uint32_t last = kNobody;
  for (uint32_t at = upstream.first_request; at != kNobody; at = requests[at].next) {
    const Request& request = requests[at];
    if (request.in_use == 0) fail("a list of requests names a free record");
    if (++count > kListBound) fail("a list of requests does not end");
    if (request.has_expired) ++expired;
    for (uint32_t before = upstream.first_request; before != at; before = requests[before].next)
      if (requests[before].number == request.number) fail("an id is open twice on one connection");
    last = at;
    if (request.kind != RequestKind::kSubmit || request.has_expired) continue;
    ++in_flight_[0];
    const Login& login = store_->shard().table<Login>()[request.login];
    if (login.in_use == 0 || !login.is_authorized || login.session != upstream.session)
      fail("a share in flight is named after a login that its miner does not have");
    ++in_flight_[request.login];
  }
  if (last != upstream.last_request) fail("last_request is not the last of the list");
  if (expired != upstream.expired_requests) fail("expired_requests is not what the list says");
  if (count - expired > kOpenBound) fail("too many open requests on one connection");
  if (count != upstream.open_requests) fail("open_requests is not the length of the list");
}

void Ledger::check_requests() const {
  in_flight_.assign(store_->table<Login>().used() + size_t{1}, 0);
  for (uint32_t i = 1; i <= store_->table<Upstream>().used(); ++i) {
    const Upstream& upstream = store_->shard().table<Upstream>()[i];
    if (upstream.in_use == 0) continue;
    check_list(upstream);
    if (upstream.session != kNobody) {
      const Session& session = store_->shard().table<Session>()[upstream.session];
      if (session.in_use == 0 || session.upstream != i)
        fail("a pool connection and its session do not name each other");
    }
  }
  if (in_flight_[0] != store_->slot().shares.own().in_flight)
    fail("in_flight is not the number of shares in flight");
}

void Ledger::check_rows() const {
  for (uint32_t i = 1; i <= store_->table<Login>().used(); ++i) {
    const Login& login = store_->shard().table<Login>()[i];
    const shm::MinerRow row = store_->slot().miners[i - 1].own();
    const bool is_shown = login.in_use != 0 && login.is_authorized;
    if ((row.in_use != 0) != is_shown) fail("a public row does not follow its login");
    if (!is_shown) continue;
    if (row.login.view() != login.name.view()) fail("a public row shows another login");
    if (row.submitted != row.accepted + row.rejected + row.unanswered + in_flight_[i])
      fail("the sums of a miner's row do not add up: " + std::string(login.name.view()));
  }
}

void Ledger::check_empty() const {
  const auto count = [this]<class R>(const char* what) {
    uint32_t in_use = 0;
    for (uint32_t i = 1; i <= store_->table<R>().used(); ++i)
      in_use += store_->table<R>().holds(i) ? 1U : 0U;
    if (in_use != 0) fail(std::to_string(in_use) + " " + what + " were not given back");
    if (store_->table<R>().available() != store_->shard().table<R>().size() - 1)
      fail(std::string("the free list does not hold all ") + what);
  };
  count.operator()<Session>("sessions");
  count.operator()<Upstream>("pool connections");
  count.operator()<Request>("requests");
  count.operator()<Login>("logins");
  if (store_->pages().in_use() != 0)
    fail(std::to_string(store_->pages().in_use()) + " pages were not given back");
  if (store_->slot().shares.own().in_flight != 0) fail("shares are in flight with nobody there");
  if (store_->slot().counters.get(shm::Counter::kSessionsBroken) != 0)
    fail("a record did not pass its checks at recovery");
}

}  // namespace loka::sim

#include "worker/upstream/open_requests.h"

namespace loka::worker {

using shm::kNobody;
using shm::Request;

namespace {
constexpr uint32_t kNumberMax = 0x7fffffff;  // pools read ids as signed 32-bit numbers
}  // namespace

uint32_t add_request(shm::Transaction& tx, shm::Upstream& upstream, const Request& request) {
  const uint32_t index = tx.open<Request>();
  if (index == kNobody) return 0;
  Request& record = tx.edit<Request>(index);
  record = request;
  record.in_use = 1;
  record.next = kNobody;
  record.number = upstream.next_id;
  upstream.next_id = upstream.next_id >= kNumberMax ? 1 : upstream.next_id + 1;
  if (upstream.last_request == kNobody) {
    upstream.first_request = index;
  } else {
    tx.edit<Request>(upstream.last_request).next = index;
  }
  upstream.last_request = index;
  ++upstream.open_requests;
  return record.number;
}

uint32_t find_request(shm::Transaction& tx, const shm::Upstream& upstream, uint64_t number) {
  uint32_t index = upstream.first_request;
  for (uint32_t walked = 0; index != kNobody && walked < upstream.open_requests; ++walked) {
    const Request& request = tx.look<Request>(index);
    if (request.number == number) return index;
    index = request.next;
  }
  return kNobody;
}

Request take_request(shm::Transaction& tx, shm::Upstream& upstream, uint32_t index) {
  const Request taken = tx.look<Request>(index);
  if (upstream.first_request == index) {
    upstream.first_request = taken.next;
    if (taken.next == kNobody) upstream.last_request = kNobody;
  } else {
    uint32_t before = upstream.first_request;
    while (before != kNobody && tx.look<Request>(before).next != index)
      before = tx.look<Request>(before).next;
    CHECK(before != kNobody);
    tx.edit<Request>(before).next = taken.next;
    if (upstream.last_request == index) upstream.last_request = before;
  }
  --upstream.open_requests;
  if (taken.has_expired && upstream.expired_requests > 0) --upstream.expired_requests;
  tx.close<Request>(index);
  return taken;
}

}  // namespace loka::worker

#include "shm/page_pool.h"

#include <algorithm>
#include <cstring>

namespace loka::shm {
namespace {

// How many pages stand between stream offsets base and offset.
uint64_t pages_between(uint64_t base, uint64_t offset) { return (offset - base) / kPageBodyBytes; }

}  // namespace

PagePool::PagePool(std::span<Page> pages, uint32_t& used)
    : pages_(pages), free_(static_cast<uint32_t>(pages.size() - 1), used) {}

bool PagePool::append(PagedBytes& stream, std::string_view bytes, std::vector<uint32_t>& released) {
  if (bytes.empty()) return true;
  const uint64_t in_last = stream.is_idle() ? 0 : (stream.end - stream.base) % kPageBodyBytes;
  // A last page that is exactly full has no room, and an idle stream has no page.
  const uint64_t room = in_last == 0 ? 0 : kPageBodyBytes - in_last;
  const uint64_t beyond = bytes.size() > room ? bytes.size() - room : 0;
  const uint64_t needed = (beyond + kPageBodyBytes - 1) / kPageBodyBytes;
  if (needed > free_.available()) return false;

  if (stream.is_idle()) {
    stream.base = stream.end;
    stream.first = stream.last = kNobody;
  } else {
    trim(stream, released);
  }
  while (!bytes.empty()) {
    const uint64_t used = (stream.end - stream.base) % kPageBodyBytes;
    if (used == 0) {  // the last page is full, or there is none
      const uint32_t fresh = free_.take();
      CHECK(fresh != kNobody);
      pages_[fresh].next = kNobody;
      if (stream.last == kNobody) {
        stream.first = fresh;
      } else {
        pages_[stream.last].next = fresh;
      }
      stream.last = fresh;
    }
    const size_t count = std::min<size_t>(bytes.size(), kPageBodyBytes - used);
    std::memcpy(pages_[stream.last].body + used, bytes.data(), count);
    stream.end += count;
    bytes.remove_prefix(count);
  }
  return true;
}

void PagePool::advance(PagedBytes& stream, uint64_t count, std::vector<uint32_t>& released) const {
  if (count < stream.waiting()) {
    stream.position += count;
    return;
  }
  if (!stream.is_idle()) {
    for (uint32_t page = stream.first; page != kNobody;
         page = page == stream.last ? kNobody : pages_[page].next)
      released.push_back(page);
  }
  stream.position += count;
  stream.end = stream.base = stream.position;
  stream.first = stream.last = kNobody;
}

void PagePool::trim(PagedBytes& stream, std::vector<uint32_t>& released) const {
  while (stream.first != stream.last && pages_between(stream.base, stream.position) > 0) {
    released.push_back(stream.first);
    stream.first = pages_[stream.first].next;
    stream.base += kPageBodyBytes;
  }
}

size_t PagePool::pieces(const PagedBytes& stream, std::span<std::string_view> spans) const {
  size_t count = 0;
  uint64_t at = stream.base;
  for (uint32_t page = stream.first; at < stream.end && count < spans.size();
       page = pages_[page].next, at += kPageBodyBytes) {
    const uint64_t begin = std::max(at, stream.position);
    const uint64_t end = std::min(at + kPageBodyBytes, stream.end);
    if (begin < end) spans[count++] = {pages_[page].body + (begin - at), end - begin};
  }
  return count;
}

void PagePool::copy(const PagedBytes& stream, char* out) const {
  uint64_t at = stream.base;
  for (uint32_t page = stream.first; at < stream.end;
       page = pages_[page].next, at += kPageBodyBytes) {
    const uint64_t begin = std::max(at, stream.position);
    const uint64_t end = std::min(at + kPageBodyBytes, stream.end);
    if (begin >= end) continue;
    std::memcpy(out, pages_[page].body + (begin - at), end - begin);
    out += end - begin;
  }
}

void PagePool::give_all(const PagedBytes& stream) {
  for (uint32_t page = stream.first; page != kNobody;) {
    const uint32_t next = page == stream.last ? kNobody : pages_[page].next;
    free_.give(page);
    page = next;
  }
}

void PagePool::begin_claims() {
  free_.clear();
  claimed_.assign(free_.used() + size_t{1}, false);
}

bool PagePool::claim(const PagedBytes& stream) {
  if (stream.position > stream.end) return false;
  if (stream.is_idle()) return true;
  if (stream.base > stream.position) return false;
  const uint64_t count = pages_between(stream.base, stream.end - 1) + 1;
  if (count >= pages_.size()) return false;
  uint32_t page = stream.first;
  for (uint64_t i = 0; i < count; ++i) {
    if (!is_page(page) || page >= claimed_.size() || claimed_[page]) return false;
    if (i + 1 == count && page != stream.last) return false;
    page = pages_[page].next;
  }
  mark(stream, true);
  return true;
}

void PagePool::unclaim(const PagedBytes& stream) {
  if (!stream.is_idle()) mark(stream, false);
}

void PagePool::mark(const PagedBytes& stream, bool is_claimed) {
  for (uint32_t page = stream.first;; page = pages_[page].next) {
    claimed_[page] = is_claimed;
    if (page == stream.last) return;
  }
}

void PagePool::end_claims() {
  for (uint32_t page = free_.used(); page > kNobody; --page)
    if (!claimed_[page]) free_.give(page);
  claimed_.clear();
}

}  // namespace loka::shm

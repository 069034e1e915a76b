#include "shm/page_pool.h"

#include <memory>
#include <string>

#include <doctest/doctest.h>

namespace loka::shm {
namespace {

// A pool of eight pages and one stream, with what the commit would let go.
struct Fixture {
  std::unique_ptr<Page[]> memory = std::make_unique<Page[]>(9);
  uint32_t used = 0;
  PagePool pool{{memory.get(), 9}, used};
  PagedBytes stream;
  std::vector<uint32_t> released;

  bool add(std::string_view bytes) { return pool.append(stream, bytes, released); }
  void advance(uint64_t count) { pool.advance(stream, count, released); }
  std::string waiting() {
    std::string text(stream.waiting(), '\0');
    pool.copy(stream, text.data());
    return text;
  }
  void let_go() {
    for (const uint32_t page : released) pool.give(page);
    released.clear();
  }
};

TEST_CASE("page pool: what was added waits, in order, over pages") {
  Fixture f;
  std::string expected;
  for (int i = 0; i < 40; ++i) {
    const std::string piece(static_cast<size_t>(i) * 10, static_cast<char>('a' + i % 26));
    REQUIRE(f.add(piece));
    expected += piece;
  }
  CHECK(f.waiting() == expected);
  CHECK(f.pool.in_use() == (expected.size() + kPageBodyBytes - 1) / kPageBodyBytes);
}

TEST_CASE("page pool: an idle stream owns no page") {
  Fixture f;
  REQUIRE(f.add(std::string(5000, 'x')));
  f.advance(5000);
  f.let_go();
  CHECK(f.stream.is_idle());
  CHECK(f.pool.in_use() == 0);
  f.advance(0);
  CHECK(f.released.empty());
}

TEST_CASE("page pool: a line whose end was never put into a page moves the position beyond it") {
  Fixture f;
  REQUIRE(f.add("{\"id\":1"));
  f.advance(100);
  CHECK(f.stream.position == 100);
  CHECK(f.stream.end == 100);
  f.let_go();
  CHECK(f.pool.in_use() == 0);
}

TEST_CASE("page pool: a full page takes the next byte into a new one") {
  Fixture f;
  REQUIRE(f.add(std::string(kPageBodyBytes, 'a')));
  CHECK(f.pool.in_use() == 1);
  REQUIRE(f.add("b"));
  CHECK(f.pool.in_use() == 2);
  CHECK(f.waiting() == std::string(kPageBodyBytes, 'a') + "b");
}

TEST_CASE("page pool: pages that were sent are let go with the next addition") {
  Fixture f;
  REQUIRE(f.add(std::string(kPageBodyBytes * 3, 'a')));
  f.advance(kPageBodyBytes * 2 + 5);
  CHECK(f.released.empty());
  REQUIRE(f.add("b"));
  CHECK(f.released.size() == 2);
  f.let_go();
  CHECK(f.waiting() == std::string(kPageBodyBytes - 5, 'a') + "b");
}

TEST_CASE("page pool: without pages enough nothing changes") {
  Fixture f;
  REQUIRE(f.add("before"));
  const PagedBytes before = f.stream;
  CHECK_FALSE(f.add(std::string(kPageBodyBytes * 9, 'x')));
  CHECK(f.stream.end == before.end);
  CHECK(f.waiting() == "before");
  CHECK(f.pool.in_use() == 1);
}

TEST_CASE("page pool: the waiting bytes come as pieces for one write") {
  Fixture f;
  REQUIRE(f.add(std::string(kPageBodyBytes, 'a') + "bc"));
  f.advance(1);
  std::array<std::string_view, 4> pieces;
  REQUIRE(f.pool.pieces(f.stream, pieces) == 2);
  CHECK(pieces[0].size() == kPageBodyBytes - 1);
  CHECK(pieces[1] == "bc");
}

TEST_CASE("page pool: after a death only claimed pages are taken") {
  Fixture f;
  REQUIRE(f.add(std::string(5000, 'a')));
  PagedBytes lost;
  REQUIRE(f.pool.append(lost, "never committed", f.released));
  PagePool next{{f.memory.get(), 9}, f.used};
  next.begin_claims();
  REQUIRE(next.claim(f.stream));
  next.end_claims();
  CHECK(next.in_use() == 3);

  SUBCASE("a page is claimed once") {
    next.begin_claims();
    CHECK(next.claim(f.stream));
    CHECK_FALSE(next.claim(f.stream));
    next.end_claims();
  }
  SUBCASE("streams that cannot be true are refused") {
    next.begin_claims();
    PagedBytes broken = f.stream;
    broken.first = 77;
    CHECK_FALSE(next.claim(broken));
    broken = f.stream;
    broken.position = broken.end + 1;
    CHECK_FALSE(next.claim(broken));
    broken = f.stream;
    broken.end += kPageBodyBytes;  // longer than its chain
    CHECK_FALSE(next.claim(broken));
    broken = f.stream;
    broken.base = broken.end + 1;
    CHECK_FALSE(next.claim(broken));
    next.end_claims();
  }
}

}  // namespace
}  // namespace loka::shm

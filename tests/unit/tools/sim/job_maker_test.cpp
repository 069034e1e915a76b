#include "tools/sim/job_maker.h"

#include <set>

#include <doctest/doctest.h>

#include "common/base/hex.h"
#include "common/stratum/limits.h"
#include "common/stratum/parse.h"

using loka::sim::JobMaker;
using loka::sim::PoolJob;

namespace {

loka::mining::Job read_back(const std::string& notify) {
  REQUIRE(notify.back() == '\n');
  const std::string line = notify.substr(0, notify.size() - 1);
  loka::stratum::Parser parser(loka::stratum::kPoolLineBytesMax);
  const auto message = parser.parse(line);
  REQUIRE(message.has_value());
  CHECK(message->method == loka::stratum::Method::kNotify);
  auto job = loka::mining::read_job(*message, line);
  REQUIRE(job.has_value());
  return *job;
}

}  // namespace

TEST_CASE("job_maker: the line says what the job is") {
  JobMaker maker(1, 12);
  const PoolJob made = maker.next(1'700'000'000, false);
  const auto job = read_back(made.notify);
  CHECK(job.id == made.job.id);
  CHECK(job.prevhash == made.job.prevhash);
  CHECK(job.coinb1 == made.job.coinb1);
  CHECK(job.coinb2 == made.job.coinb2);
  CHECK(job.merkle_branch == made.job.merkle_branch);
  CHECK(job.version == made.job.version);
  CHECK(job.ntime == 1'700'000'000);
  CHECK(job.network_target == made.job.network_target);
  CHECK_FALSE(job.clean_jobs);
  CHECK(read_back(made.notify_clean).clean_jobs);
}

TEST_CASE("job_maker: the coinbase is a transaction whose script has room for the extranonces") {
  for (const size_t extranonce_bytes : {size_t{2}, size_t{12}, size_t{48}}) {
    JobMaker maker(1, extranonce_bytes);
    const auto job = maker.next(1'700'000'000, false).job;
    std::vector<uint8_t> coinbase = job.coinb1;
    coinbase.insert(coinbase.end(), extranonce_bytes, 0xee);
    coinbase.insert(coinbase.end(), job.coinb2.begin(), job.coinb2.end());
    // version 4, one input, outpoint 36, script length, script, sequence 4, two outputs of 8 + 1 +
    // 22 and 8 + 1 + 38, lock time 4
    CHECK(coinbase[4] == 1);
    const size_t script = coinbase[41];
    CHECK(script <= 100);
    REQUIRE(coinbase.size() == 42 + script + 4 + 1 + 31 + 47 + 4);
    CHECK(coinbase[42 + script + 4] == 2);
    CHECK(coinbase[42 + script + 4 + 1 + 8] == 22);
    // The push right before the extranonces has their length.
    CHECK(job.coinb1.back() == extranonce_bytes);
  }
}

TEST_CASE("job_maker: every job differs, and the block only when a new one is asked for") {
  JobMaker maker(1, 12);
  std::set<std::string> ids, coinbases;
  const PoolJob first = maker.next(100, false);
  PoolJob last = first;
  for (int i = 0; i < 20; ++i) {
    ids.insert(last.job.id);
    coinbases.insert(loka::hex_encode(last.job.coinb1));
    const PoolJob next = maker.next(100, false);
    CHECK(next.serial == last.serial + 1);
    CHECK(next.block == first.block);
    CHECK(next.job.prevhash == first.job.prevhash);
    last = next;
  }
  CHECK(ids.size() == 20);
  CHECK(coinbases.size() == 20);
  const PoolJob clean = maker.next(100, true);
  CHECK(clean.block == first.block + 1);
  CHECK(clean.job.prevhash != first.job.prevhash);
  CHECK(read_back(clean.notify).clean_jobs);
}

TEST_CASE("job_maker: the same seed makes the same jobs") {
  JobMaker one(7, 12), same(7, 12), other(8, 12);
  CHECK(one.next(100, false).notify == same.next(100, false).notify);
  CHECK(one.next(101, true).notify == same.next(101, true).notify);
  CHECK(one.next(102, false).notify != other.next(102, false).notify);
}

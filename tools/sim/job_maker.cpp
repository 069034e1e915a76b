#include "tools/sim/job_maker.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "common/base/check.h"
#include "common/base/hex.h"
#include "common/bitcoin/block_header.h"
#include "common/bitcoin/target.h"
#include "common/json/writer.h"

namespace loka::sim {

namespace {

constexpr size_t kBranches = 12;  // of a block with 2,048 to 4,095 transactions
constexpr uint32_t kVersion = 0x20000000;
constexpr uint32_t kNbits = 0x17034219;  // mainnet, April 2024: difficulty 8.6e13
constexpr uint32_t kFirstHeight = 840'000;
constexpr std::string_view kTag = "/Loka simulated pool/";
constexpr size_t kDirectPushMax = 75;  // a script pushes up to so many bytes with one length byte

using ByteVector = std::vector<uint8_t>;

void append(ByteVector& bytes, std::initializer_list<uint8_t> more) {
  bytes.insert(bytes.end(), more);
}

void append_little_endian(ByteVector& bytes, uint64_t value, int size) {
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

std::string notify_line(const mining::Job& job, bool clean_jobs) {
  std::string line;
  json::Writer writer(line);
  const auto number = [&writer](uint32_t value) {
    char digits[8];
    hex_u32(value, digits);
    writer.string({digits, sizeof digits});
  };
  writer.begin_object().key("id").null().member("method", "mining.notify").key("params");
  writer.begin_array().string(job.id).string(bitcoin::format_prevhash(job.prevhash));
  writer.string(hex_encode(job.coinb1)).string(hex_encode(job.coinb2)).begin_array();
  for (const bitcoin::Hash& hash : job.merkle_branch) writer.string(hex_encode(hash));
  writer.end_array();
  number(job.version);
  number(job.nbits);
  number(job.ntime);
  writer.boolean(clean_jobs).end_array().end_object().append("\n");
  return line;
}

}  // namespace

JobMaker::JobMaker(uint64_t seed, size_t extranonce_bytes)
    : random_(seed), extranonce_bytes_(extranonce_bytes) {
  CHECK(extranonce_bytes <= kDirectPushMax);
}

PoolJob JobMaker::next(uint32_t ntime, bool is_new_block) {
  ++serial_;
  if (is_new_block || serial_ == 1) {
    ++block_;
    prevhash_ = random_hash();
    std::fill(prevhash_.end() - 10, prevhash_.end(), uint8_t{0});  // it met a target once
  }
  PoolJob made;
  made.serial = serial_;
  made.block = block_;
  mining::Job& job = made.job;
  char digits[8];
  hex_u32(static_cast<uint32_t>(serial_), digits);
  job.id.assign(digits, sizeof digits);
  job.prevhash = prevhash_;
  job.coinb1 = coinb1(ntime);
  job.coinb2 = coinb2();
  for (size_t i = 0; i < kBranches; ++i) job.merkle_branch.push_back(random_hash());
  job.version = kVersion;
  job.nbits = kNbits;
  job.ntime = ntime;
  job.clean_jobs = is_new_block;
  job.network_target = bitcoin::target_of_nbits(kNbits).value();
  made.notify_clean = notify_line(job, true);
  made.notify = is_new_block ? made.notify_clean : notify_line(job, false);
  return made;
}

// Version, one input without a previous output, and its script up to the extranonce: the height
// (BIP 34), the time, the number of the job.
std::vector<uint8_t> JobMaker::coinb1(uint32_t ntime) const {
  ByteVector script{3};
  append_little_endian(script, kFirstHeight + block_, 3);
  script.push_back(4);
  append_little_endian(script, ntime, 4);
  script.push_back(8);
  append_little_endian(script, serial_, 8);
  script.push_back(static_cast<uint8_t>(extranonce_bytes_));

  ByteVector bytes{1, 0, 0, 0, 1};
  bytes.insert(bytes.end(), 32, 0);
  append(bytes, {0xff, 0xff, 0xff, 0xff});
  const size_t script_size = script.size() + extranonce_bytes_ + kTag.size();
  CHECK(script_size <= 100);  // consensus
  bytes.push_back(static_cast<uint8_t>(script_size));
  bytes.insert(bytes.end(), script.begin(), script.end());
  return bytes;
}

// The rest of the script, and two outputs: the reward to a key nobody has, and a commitment as
// segregated witness has it.
std::vector<uint8_t> JobMaker::coinb2() {
  ByteVector bytes(kTag.begin(), kTag.end());
  append(bytes, {0xff, 0xff, 0xff, 0xff, 2});
  append_little_endian(bytes, 312'500'000, 8);
  append(bytes, {22, 0x00, 20});
  bytes.insert(bytes.end(), 20, 0x4c);
  append_little_endian(bytes, 0, 8);
  append(bytes, {38, 0x6a, 36, 0xaa, 0x21, 0xa9, 0xed});
  bytes.insert(bytes.end(), 32, 0x6f);
  append_little_endian(bytes, 0, 4);
  return bytes;
}

bitcoin::Hash JobMaker::random_hash() {
  bitcoin::Hash hash;
  for (size_t i = 0; i < hash.size(); i += 8) {
    uint64_t value = random_.next();
    for (size_t k = 0; k < 8; ++k, value >>= 8U) hash[i + k] = static_cast<uint8_t>(value);
  }
  return hash;
}

}  // namespace loka::sim

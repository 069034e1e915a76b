#include "tools/sim/pool_totals.h"

#include <fmt/format.h>

#include "common/json/writer.h"

namespace loka::sim {

namespace {

constexpr size_t index(mining::Reason reason) { return static_cast<size_t>(reason); }

}  // namespace

uint64_t PoolTotals::rejected_sum() const {
  uint64_t sum = rejected_at_random;
  for (const uint64_t count : rejected) sum += count;
  return sum;
}

void PoolTotals::add(const PoolTotals& other) {
  connections += other.connections;
  connections_open += other.connections_open;
  connected_max += other.connected_max;
  submits += other.submits;
  accepted += other.accepted;
  blocks += other.blocks;
  for (size_t i = 0; i < rejected.size(); ++i) rejected[i] += other.rejected[i];
  rejected_at_random += other.rejected_at_random;
  answers += other.answers;
  bad_lines += other.bad_lines;
  ledger_failures += other.ledger_failures;
}

std::string table_of(const PoolTotals& totals, Duration elapsed, Duration cpu) {
  std::string text;
  const auto row = [&text](std::string_view name, uint64_t value) {
    text += fmt::format("{:<24}{:>12}\n", name, value);
  };
  row("connections", totals.connections);
  row("  at most at once", totals.connected_max);
  row("submits", totals.submits);
  row("accepted", totals.accepted);
  if (totals.blocks > 0) row("  blocks", totals.blocks);
  row("rejected", totals.rejected_sum());
  for (size_t i = 1; i < totals.rejected.size(); ++i)
    if (totals.rejected[i] > 0)
      row(fmt::format("  {}", mining::name_of(static_cast<mining::Reason>(i))), totals.rejected[i]);
  if (totals.rejected_at_random > 0) row("  random", totals.rejected_at_random);
  row("answers", totals.answers);
  if (totals.bad_lines > 0) row("bad lines", totals.bad_lines);
  if (totals.ledger_failures > 0) row("ledger write failures", totals.ledger_failures);
  text += fmt::format("{:<24}{:>12.1f} s, {:.2f} s CPU\n", "duration", elapsed.s(), cpu.s());
  return text;
}

std::string json_of(const PoolTotals& totals, Duration elapsed, Duration cpu) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("schema", 1);
  writer.member("connections", totals.connections).member("connected_max", totals.connected_max);
  writer.member("submits", totals.submits).member("accepted", totals.accepted);
  writer.member("blocks", totals.blocks).member("rejected", totals.rejected_sum());
  writer.key("rejected_by_reason").begin_object();
  for (size_t i = 1; i < totals.rejected.size(); ++i)
    writer.member(mining::name_of(static_cast<mining::Reason>(i)), totals.rejected[i]);
  writer.member("random", totals.rejected_at_random).end_object();
  writer.member("duplicates", totals.rejected[index(mining::Reason::kDuplicate)]);
  writer.member("answers", totals.answers).member("bad_lines", totals.bad_lines);
  writer.member("ledger_failures", totals.ledger_failures);
  writer.member("duration_s", elapsed.s()).member("cpu_s", cpu.s());
  writer.end_object().append("\n");
  return text;
}

std::string progress_of(const PoolTotals& totals) {
  return fmt::format("connections {}  submits {}  accepted {}  rejected {}",
                     totals.connections_open, totals.submits, totals.accepted,
                     totals.rejected_sum());
}

}  // namespace loka::sim

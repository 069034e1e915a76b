#include "tools/sim/farm_totals.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/json/writer.h"

namespace loka::sim {

namespace {

double ms(Duration duration) { return static_cast<double>(duration.ns()) / 1e6; }

double per_second(uint64_t count, Duration elapsed) {
  return elapsed > Duration() ? static_cast<double>(count) / elapsed.s() : 0;
}

}  // namespace

void CodeCounts::add(int code, uint64_t count) {
  for (size_t i = 0; i + 1 < rows_.size(); ++i) {
    Row& row = rows_[i];
    if (row.count > 0 && row.code != code) continue;
    row.code = code;
    row.count += count;
    return;
  }
  rows_.back().count += count;
}

void CodeCounts::add(const CodeCounts& other) {
  other.for_each([this](int code, uint64_t count) { add(code, count); });
}

uint64_t CodeCounts::of(int code) const {
  uint64_t sum = 0;
  for_each([&](int row_code, uint64_t count) { sum += row_code == code ? count : 0; });
  return sum;
}

void FarmTotals::add(const FarmTotals& other) {
  miners += other.miners;
  connected += other.connected;
  connected_max += other.connected_max;
  authorized += other.authorized;
  authorized_max += other.authorized_max;
  authorize_refused += other.authorize_refused;
  connections += other.connections;
  connections_lost += other.connections_lost;
  connections_ended += other.connections_ended;
  reconnects += other.reconnects;
  connect_failures += other.connect_failures;
  jobs += other.jobs;
  bad_lines += other.bad_lines;
  submitted += other.submitted;
  accepted += other.accepted;
  rejected += other.rejected;
  rejected_by_code.add(other.rejected_by_code);
  lost += other.lost;
  abandoned += other.abandoned;
  answered_twice += other.answered_twice;
  latency.add(other.latency);
  longest_gap = std::max(longest_gap, other.longest_gap);
  if (connect_errno == 0) connect_errno = other.connect_errno;
}

std::string table_of(const FarmTotals& totals, Duration elapsed, Duration cpu) {
  std::string text;
  const auto row = [&text](std::string_view name, uint64_t value) {
    text += fmt::format("{:<24}{:>12}\n", name, value);
  };
  row("miners", totals.miners);
  row("connected, at most", totals.connected_max);
  row("authorized, at most", totals.authorized_max);
  if (totals.authorize_refused > 0) row("refused at authorize", totals.authorize_refused);
  row("connections lost", totals.connections_lost);
  if (totals.connections_ended > 0) row("ended on purpose", totals.connections_ended);
  row("reconnects", totals.reconnects);
  row("connect failures", totals.connect_failures);
  row("submitted", totals.submitted);
  row("accepted", totals.accepted);
  row("rejected", totals.rejected);
  totals.rejected_by_code.for_each(
      [&](int code, uint64_t count) { row(fmt::format("  code {}", code), count); });
  row("lost", totals.lost);
  if (totals.abandoned > 0) row("abandoned", totals.abandoned);
  row("answered twice", totals.answered_twice);
  if (totals.bad_lines > 0) row("bad lines", totals.bad_lines);
  text += fmt::format("{:<24}{:>12.3f} ms p50, {:.3f} p99, {:.3f} p99.9, {:.3f} max\n", "latency",
                      ms(totals.latency.quantile(0.5)), ms(totals.latency.quantile(0.99)),
                      ms(totals.latency.quantile(0.999)), ms(totals.latency.max()));
  text += fmt::format("{:<24}{:>12.3f} ms\n", "longest gap", ms(totals.longest_gap));
  text += fmt::format("{:<24}{:>12.1f} s, {:.1f} submits/s, {:.2f} s CPU\n", "duration",
                      elapsed.s(), per_second(totals.submitted, elapsed), cpu.s());
  return text;
}

std::string json_of(const FarmTotals& totals, Duration elapsed, Duration cpu) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("schema", 1).member("miners", totals.miners);
  writer.member("connected_max", totals.connected_max);
  writer.member("authorized_max", totals.authorized_max);
  writer.member("authorize_refused", totals.authorize_refused);
  writer.member("connections", totals.connections);
  writer.member("connections_lost", totals.connections_lost);
  writer.member("connections_ended", totals.connections_ended);
  writer.member("reconnects", totals.reconnects);
  writer.member("connect_failures", totals.connect_failures).member("jobs", totals.jobs);
  writer.member("bad_lines", totals.bad_lines).member("submitted", totals.submitted);
  writer.member("accepted", totals.accepted).member("rejected", totals.rejected);
  writer.key("rejected_by_code").begin_object();
  totals.rejected_by_code.for_each(
      [&](int code, uint64_t count) { writer.member(fmt::to_string(code), count); });
  writer.end_object().member("lost", totals.lost).member("abandoned", totals.abandoned);
  writer.member("answered_twice", totals.answered_twice).key("latency_ms").begin_object();
  writer.member("p50", ms(totals.latency.quantile(0.5)));
  writer.member("p99", ms(totals.latency.quantile(0.99)));
  writer.member("p999", ms(totals.latency.quantile(0.999)));
  writer.member("max", ms(totals.latency.max())).end_object();
  writer.member("longest_gap_ms", ms(totals.longest_gap)).member("duration_s", elapsed.s());
  writer.member("submits_per_s", per_second(totals.submitted, elapsed)).member("cpu_s", cpu.s());
  writer.end_object().append("\n");
  return text;
}

std::string progress_of(const FarmTotals& totals) {
  return fmt::format("connected {}  authorized {}  submitted {}  accepted {}  rejected {}  lost {}",
                     totals.connected, totals.authorized, totals.submitted, totals.accepted,
                     totals.rejected, totals.lost);
}

}  // namespace loka::sim

#include "tools/lokactl/render.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "tools/lokactl/human.h"
#include "tools/lokactl/table.h"

namespace loka::lokactl {

namespace {

using control::HashrateHs;
using control::MinerEntry;
using control::PoolEntry;
using control::Shares;
using control::Status;
using control::WorkerEntry;

// What stands long enough in a table; `miner NAME` shows the whole.
constexpr size_t kLoginCharactersMax = 40;
constexpr size_t kAgentCharactersMax = 24;

Cell state_cell(const std::string& state) {
  constexpr std::array<std::string_view, 3> kGood{"healthy", "serving", "active"};
  constexpr std::array<std::string_view, 2> kBad{"failed", "refused"};
  constexpr std::array<std::string_view, 2> kIndifferent{"standby", "idle"};
  const auto is_one_of = [&](const auto& words) {
    return std::find(words.begin(), words.end(), state) != words.end();
  };
  const Paint paint = is_one_of(kGood)          ? Paint::kGreen
                      : is_one_of(kBad)         ? Paint::kRed
                      : is_one_of(kIndifferent) ? Paint::kPlain
                                                : Paint::kYellow;
  return {printable(state), paint};
}

std::string label(std::string_view text, bool colours) {
  std::string padded(text);
  padded.resize(std::max<size_t>(padded.size(), 10), ' ');
  return painted(padded, Paint::kBold, colours) + "  ";
}

std::string three_rates(const HashrateHs& rate) {
  return hashrate(rate.m1) + " (1m)   " + hashrate(rate.m5) + " (5m)   " + hashrate(rate.h1) +
         " (1h)";
}

std::string workers_table(const std::vector<WorkerEntry>& workers, bool colours) {
  Table table({{"WORKER", Align::kRight},
               {"STATE"},
               {"ENGINE", Align::kRight},
               {"KEEPER", Align::kRight},
               {"EPOCH", Align::kRight},
               {"DEATHS", Align::kRight},
               {"SESSIONS", Align::kRight},
               {"HEARTBEAT", Align::kRight}});
  for (const WorkerEntry& worker : workers) {
    table.add({std::to_string(worker.slot), state_cell(worker.state),
               worker.engine_pid == 0 ? "-" : std::to_string(worker.engine_pid),
               worker.keeper_pid == 0 ? "-" : std::to_string(worker.keeper_pid),
               count(worker.epoch), count(worker.deaths), count(worker.sessions),
               latency(static_cast<double>(worker.heartbeat_age_ms)) + " ago"});
  }
  return table.text(colours);
}

// A percentage of all submits, rounded so that neither 0 % nor 100 % is said of a part.
std::string percent(uint64_t part, uint64_t whole) {
  if (whole == 0 || part == 0) return "";
  const double exact = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part != whole && exact < 0.01) return "<0.01 %";
  const double shown = part == whole ? 100.0 : std::min(std::floor(exact * 100) / 100, 99.99);
  const auto hundredths = static_cast<unsigned>(std::lround(shown * 100));
  const unsigned rest = hundredths % 100;
  return std::to_string(hundredths / 100) + (rest < 10 ? ".0" : ".") + std::to_string(rest) + " %";
}

std::string shares_block(const Shares& shares, bool colours) {
  std::string out = label("Shares", colours) + count(shares.submitted) + " submitted\n";
  Table table({{""},
               {"", Align::kRight},
               {"", Align::kRight},
               {""},
               {"", Align::kRight},
               {"", Align::kRight},
               {""},
               {"", Align::kRight},
               {"", Align::kRight}});
  struct State {
    const char* name;
    uint64_t value;
  };
  const std::array<State, 9> states{{{"accepted", shares.accepted},
                                     {"stale", shares.stale},
                                     {"local", shares.local},
                                     {"rejected", shares.rejected},
                                     {"duplicate", shares.duplicate},
                                     {"unanswered", shares.unanswered},
                                     {"invalid", shares.invalid},
                                     {"low_difficulty", shares.low_difficulty},
                                     {"in_flight", shares.in_flight}}};
  for (size_t i = 0; i < states.size(); i += 3) {
    std::vector<Cell> row;
    for (size_t j = i; j < i + 3; ++j) {
      row.emplace_back(states[j].name);
      row.emplace_back(count(states[j].value));
      row.emplace_back(percent(states[j].value, shares.submitted), Paint::kFaint);
    }
    table.add(std::move(row));
  }
  out += table.text(colours, "            ");
  out += "            late: " + count(shares.late_accepted) + " accepted, " +
         count(shares.late_rejected) + " rejected\n";
  if (const int64_t missing = shares.missing(); missing != 0) {
    const auto amount = static_cast<uint64_t>(missing < 0 ? -missing : missing);
    const std::string sentence = "the states do not add up to the submits: " + count(amount) +
                                 (missing > 0 ? " missing" : " too many");
    out += "            " + painted(sentence, Paint::kRed, colours) + '\n';
  }
  return out;
}

std::string pools_table(const std::vector<PoolEntry>& pools, bool has_details, bool colours) {
  std::vector<Column> columns{{"POOL"},
                              {"STATE"},
                              {"ROLE"},
                              {"CONNECTIONS", Align::kRight},
                              {"SERVING", Align::kRight},
                              {"ACCEPTED", Align::kRight},
                              {"REJECTED", Align::kRight},
                              {"P50", Align::kRight},
                              {"P99", Align::kRight}};
  if (has_details) {
    columns.push_back({"LAST SUCCESS", Align::kRight});
    columns.push_back({"LAST FAILURE", Align::kRight});
    columns.push_back({"IN A ROW", Align::kRight});
  }
  columns.push_back({"URL"});
  Table table(std::move(columns));
  for (const PoolEntry& pool : pools) {
    std::vector<Cell> row{
        printable(pool.name),    state_cell(pool.state),       state_cell(pool.role),
        count(pool.connections), count(pool.serving),          count(pool.accepted),
        count(pool.rejected),    latency(pool.latency_p50_ms), latency(pool.latency_p99_ms)};
    if (has_details) {
      row.emplace_back(age(pool.last_success_s));
      row.emplace_back(age(pool.last_failure_s));
      row.emplace_back(count(pool.failures_in_row));
    }
    row.emplace_back(printable(pool.url));
    table.add(std::move(row));
  }
  return table.text(colours);
}

std::vector<const MinerEntry*> by_login(const std::vector<MinerEntry>& miners) {
  std::vector<const MinerEntry*> sorted;
  sorted.reserve(miners.size());
  for (const MinerEntry& miner : miners) sorted.push_back(&miner);
  std::sort(sorted.begin(), sorted.end(), [](const MinerEntry* a, const MinerEntry* b) {
    return a->login != b->login ? a->login < b->login : a->address < b->address;
  });
  return sorted;
}

std::string plural(uint64_t number, const std::string& one, const std::string& many) {
  return count(number) + ' ' + (number == 1 ? one : many);
}

std::string sentences(const std::vector<std::string>& texts, Paint paint, bool colours) {
  std::string out;
  for (const std::string& text : texts)
    out += "  " + painted(printable(text), paint, colours) + '\n';
  return out;
}

}  // namespace

std::string render(const Status& status, bool colours) {
  const Cell state = state_cell(status.state);
  std::string out = painted("Loka Stratum " + printable(status.version), Paint::kBold, colours) +
                    "   " + painted(state.text, state.paint, colours) + "   up " +
                    duration(static_cast<double>(status.uptime_s)) + "   " +
                    printable(status.mode) + '\n';
  out += sentences(status.warnings, Paint::kYellow, colours);
  out += '\n' + label("Config", colours) +
         (status.config_file.empty() ? "no file" : printable(status.config_file)) +
         ", generation " + count(status.config_generation) + '\n';
  out += label("Miners", colours) + count(status.miners_connected) + " connected, " +
         count(status.miners_authorized) + " authorized, " +
         plural(status.connections_total, "connection", "connections") + " since start\n";
  out += label("Hashrate", colours) + three_rates(status.hashrate_hs) + '\n';
  out += shares_block(status.shares, colours) + '\n';
  out += workers_table(status.workers, colours) + '\n';
  return out + pools_table(status.pools, false, colours);
}

std::string render(const control::Workers& document, bool colours) {
  return workers_table(document.workers, colours);
}

std::string render(const control::Miners& document, bool colours) {
  if (document.miners.empty() && document.omitted == 0) return "No miner is connected.\n";
  Table table({{"LOGIN"},
               {"ADDRESS"},
               {"AGENT"},
               {"POOL"},
               {"DIFFICULTY", Align::kRight},
               {"1M", Align::kRight},
               {"5M", Align::kRight},
               {"1H", Align::kRight},
               {"SUBMITTED", Align::kRight},
               {"ACCEPTED", Align::kRight},
               {"REJECTED", Align::kRight},
               {"LAST SHARE", Align::kRight},
               {"CONNECTED", Align::kRight}});
  table.reserve(document.miners.size());
  double total_hs = 0;
  for (const MinerEntry* miner : by_login(document.miners)) {
    total_hs += miner->hashrate_hs.m5;
    table.add({shortened(printable(miner->login), kLoginCharactersMax), printable(miner->address),
               shortened(printable(miner->agent), kAgentCharactersMax),
               miner->pool.empty() ? "-" : printable(miner->pool), difficulty(miner->difficulty),
               hashrate(miner->hashrate_hs.m1), hashrate(miner->hashrate_hs.m5),
               hashrate(miner->hashrate_hs.h1), count(miner->submitted), count(miner->accepted),
               count(miner->rejected), age(miner->last_share_s), duration(miner->connected_s)});
  }
  std::string out = table.text(colours) + '\n' +
                    plural(document.miners.size(), "session", "sessions") + ", " +
                    hashrate(total_hs) + " over 5 minutes\n";
  if (document.omitted > 0) {
    out += plural(document.omitted, "more session is", "more sessions are") + " not shown\n";
  }
  return out;
}

std::string render_in_full(const control::Miners& document, bool colours) {
  std::string out;
  for (const MinerEntry* miner : by_login(document.miners)) {
    if (!out.empty()) out += '\n';
    out += painted(printable(miner->login), Paint::kBold, colours) + '\n';
    Table table({{""}, {""}});
    table.add({"address", printable(miner->address)});
    table.add({"agent", miner->agent.empty() ? "-" : printable(miner->agent)});
    table.add({"connected", duration(miner->connected_s)});
    table.add({"worker", std::to_string(miner->slot)});
    table.add({"pool", miner->pool.empty() ? "-" : printable(miner->pool)});
    table.add({"difficulty", difficulty(miner->difficulty)});
    table.add({"hashrate", three_rates(miner->hashrate_hs)});
    table.add({"submitted", count(miner->submitted)});
    table.add({"accepted", count(miner->accepted)});
    table.add({"rejected", count(miner->rejected)});
    table.add({"unanswered", count(miner->unanswered)});
    table.add({"last share", miner->last_share_s ? age(miner->last_share_s) + " ago" : "never"});
    out += table.text(colours, "  ");
  }
  return out;
}

std::string render(const control::Pools& document, bool colours) {
  return pools_table(document.pools, true, colours);
}

std::string render(const control::ConfigText& document, bool colours) {
  return painted("# generation " + count(document.generation), Paint::kFaint, colours) + '\n' +
         printable_lines(document.text);
}

std::string render(const control::ReloadReport& document, bool colours) {
  std::string out;
  if (!document.taken) {
    out = "The new configuration was not taken; the running one stays.\n";
  } else if (document.changes.empty() && document.refused.empty()) {
    out = "Nothing changed.\n";
  } else if (document.changes.empty()) {
    out = "Nothing that can change while running was changed.\n";
  } else {
    out = "Taken over as generation " + count(document.generation) + ":\n";
  }
  out += sentences(document.changes, Paint::kPlain, colours);
  out += sentences(document.refused, Paint::kYellow, colours);
  return out + sentences(document.problems, Paint::kRed, colours);
}

std::string render(const control::Version& document, bool) {
  return "service " + printable(document.version) + '\n';
}

std::string render(const control::Done& document, bool) { return printable(document.what) + '\n'; }

}  // namespace loka::lokactl

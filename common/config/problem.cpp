#include "common/config/problem.h"

#include <algorithm>

namespace loka::config {

namespace {

// A key or a value may hold anything that stands in a file; a problem stays one line of a terminal.
std::string one_line(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return text;
}

}  // namespace

std::string Problem::text() const {
  std::string out = file;
  if (line > 0) out += ':' + std::to_string(line);
  if (line > 0 && column > 0) out += ':' + std::to_string(column);
  if (!out.empty()) out += ": ";
  if (!key.empty()) out += key + ": ";
  if (is_warning) out += "warning: ";
  out += what;
  if (!mend.empty()) out += "; " + mend;
  return one_line(std::move(out));
}

bool has_errors(const Problems& problems) {
  return std::any_of(problems.begin(), problems.end(),
                     [](const Problem& problem) { return !problem.is_warning; });
}

void add_problem(Problems& problems, Problem problem) {
  if (problems.size() > kProblemsMax) return;
  if (problems.size() == kProblemsMax) {
    problem = {};
    problem.what = "there are more problems than are shown";
    problem.mend = "mend these first";
  }
  problems.push_back(std::move(problem));
}

}  // namespace loka::config

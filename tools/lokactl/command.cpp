#include "tools/lokactl/command.h"

#include "tools/lokactl/human.h"
#include "tools/lokactl/render.h"

namespace loka::lokactl {

namespace {

int exit_code(AskError error) {
  switch (error) {
    case AskError::kUsage:
      return kExitUsage;
    case AskError::kRefused:
      return kExitRefused;
    case AskError::kNotRunning:
      return kExitNotRunning;
  }
  return kExitNotRunning;
}

int exit_code(const control::Status& status) {
  return status.state == "degraded" ? kExitRefused : kExitFine;
}
int exit_code(const control::ReloadReport& report) {
  return report.taken && report.refused.empty() ? kExitFine : kExitRefused;
}
template <class T>
int exit_code(const T&) {
  return kExitFine;
}

// The document is read even for --json, because the exit code depends on it.
template <class T, class Draw>
int show(const std::string& json, const Look& look, const World& world, Draw draw) {
  const auto document = control::from_json<T>(json);
  if (!document) {
    world.err("lokactl: " + document.error() + '\n');
    return kExitNotRunning;
  }
  world.out(look.json ? json + '\n' : draw(*document, look.colours));
  return exit_code(*document);
}

template <class T>
int show(const std::string& json, const Look& look, const World& world) {
  return show<T>(json, look, world,
                 [](const T& document, bool colours) { return render(document, colours); });
}

int show_answer(control::Verb verb, const std::string& json, const Look& look, const World& world) {
  switch (verb) {
    case control::Verb::kStatus:
      return show<control::Status>(json, look, world);
    case control::Verb::kWorkers:
      return show<control::Workers>(json, look, world);
    case control::Verb::kMiners:
      return show<control::Miners>(json, look, world);
    case control::Verb::kMiner:
      return show<control::Miners>(json, look, world, render_in_full);
    case control::Verb::kPools:
      return show<control::Pools>(json, look, world);
    case control::Verb::kConfig:
      return show<control::ConfigText>(json, look, world);
    case control::Verb::kReload:
      return show<control::ReloadReport>(json, look, world);
    case control::Verb::kReopenLogs:
    case control::Verb::kStop:
      return show<control::Done>(json, look, world);
    case control::Verb::kVersion:
      return show<control::Version>(json, look, world);
  }
  return kExitUsage;
}

}  // namespace

int run_once(const control::Request& request, const Look& look, const World& world) {
  if (request.verb == control::Verb::kVersion && !look.json) {
    world.out(std::string("lokactl ") + LOKA_VERSION + '\n');
  }
  const auto answer = world.ask(request);
  if (!answer) {
    world.err("lokactl: " + printable(answer.error().sentence) + '\n');
    return exit_code(answer.error().error);
  }
  return show_answer(request.verb, *answer, look, world);
}

bool is_watchable(control::Verb verb) {
  return verb != control::Verb::kReload && verb != control::Verb::kReopenLogs &&
         verb != control::Verb::kStop;
}

std::string redrawn(const std::string& text) {
  std::string out = "\x1b[H";  // to the upper left corner
  for (const char c : text) {
    if (c == '\n') out += "\x1b[K";  // what the last round had further right
    out += c;
  }
  return out + "\x1b[J";  // and further down
}

}  // namespace loka::lokactl

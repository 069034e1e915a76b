#include "tests/unit/worker/fake_engine.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shm/public_segment.h"
#include "shm/segment.h"
#include "shm/shard.h"
#include "worker/clock.h"

using namespace loka;
using namespace loka::worker;

namespace {

bool is_session(int descriptor) {
  int accepts = 1;
  int family = 0;
  socklen_t bytes = sizeof accepts;
  return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &bytes) == 0 && accepts == 0 &&
         getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &bytes) == 0 && family == AF_INET;
}

std::vector<int> sessions_of_last_engine() {
  std::vector<int> sessions;
  for (int descriptor = 3; descriptor < 1024; ++descriptor) {
    if (is_session(descriptor)) sessions.push_back(descriptor);
  }
  return sessions;
}

void format_shard(const EngineInputs& inputs) {
  const auto memory =
      shm::Mapping::map(inputs.shard_fd, 0, shm::shard_bytes(), shm::Access::kReadWrite, true)
          .value();
  if (!shm::Shard::is_formatted(memory.data(), memory.size())) {
    shm::Shard::format(memory.data(), memory.size());
  }
}

[[noreturn]] void end_by(int signal) {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  raise(signal);
  std::abort();
}

std::string answer(const std::string& line, const EngineInputs& inputs) {
  const std::string epoch = std::to_string(inputs.epoch);
  if (line == "segv") end_by(SIGSEGV);
  if (line == "abort") end_by(SIGABRT);
  if (line.starts_with("exit ")) std::_Exit(std::atoi(line.c_str() + 5));
  if (line == "spin") {
    for (;;) (void)monotonic_now();
  }
  if (line == "who") {
    return epoch + " " + std::to_string(reinterpret_cast<uintptr_t>(&run_fake_engine));
  }
  if (line.starts_with("log ")) {
    const std::string text = line.substr(4) + "\n";
    if (write(inputs.log_fd, text.data(), text.size()) < 0) return "log failed";
  }
  return epoch + ": " + line;
}

// One read is one line here. False: the peer has gone.
bool serve(int session, const EngineInputs& inputs, shm::EngineLine& line) {
  char bytes[256];
  const ssize_t count = recv(session, bytes, sizeof bytes, MSG_DONTWAIT);
  if (count <= 0) return false;
  // Counted before: a line that kills has been served as far as the keeper is concerned.
  line.lines_served.store(line.lines_served.load() + 1);
  std::string text(bytes, static_cast<size_t>(count));
  text.resize(text.find_last_not_of('\n') + 1);
  const std::string reply = answer(text, inputs) + "\n";
  return send(session, reply.data(), reply.size(), MSG_NOSIGNAL) > 0;
}

}  // namespace

int run_fake_engine(const EngineInputs& inputs) {
  const auto segment = shm::PublicSegment::open(inputs.segment_fd).value();
  const auto slot = shm::OwnSlot::map(inputs.segment_fd, inputs.slot).value();
  const std::string mood = segment.newest_config().text;
  if (mood == "die at start") end_by(SIGKILL);
  format_shard(inputs);
  auto sessions = sessions_of_last_engine();
  slot->engine.serving.store(1);

  for (;;) {
    slot->engine.heartbeat_ns.store(monotonic_now().ns());
    if (slot->keeper.stop_requested.load() != 0 && mood != "stubborn") return EXIT_SUCCESS;
    std::vector<pollfd> waited;
    for (const int listener : inputs.listener_fds) waited.push_back({listener, POLLIN, 0});
    for (const int session : sessions) waited.push_back({session, POLLIN, 0});
    poll(waited.data(), waited.size(), 20);
    for (const auto& [descriptor, events, seen] : waited) {
      if ((seen & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
      if (std::ranges::count(inputs.listener_fds, descriptor) > 0) {
        sessions.push_back(accept(descriptor, nullptr, nullptr));
      } else if (!serve(descriptor, inputs, slot->engine)) {
        close(descriptor);
        std::erase(sessions, descriptor);
      }
    }
  }
}

// A stand-in for loka-worker, for tests of the service: takes the same command line, sets its
// slot's lines, greets every connection with "slot N" and closes it. It stops at SIGTERM and puts a
// new log over its old one. What it is asked to do wrong stands in FAKE_WORKER, as words:
//   silent-N  slot N never serves      stubborn  ignores SIGTERM      deaf  takes no configuration
// With --test-pool-connection it prints its configuration's first pool and exits with 69.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/config/load.h"
#include "shm/public_segment.h"
#include "supervisor/clock.h"

using namespace loka;

namespace {

volatile sig_atomic_t is_stopping = 0;

bool is_told(const std::string& word) {
  const char* words = std::getenv("FAKE_WORKER");
  return words != nullptr &&
         (" " + std::string(words) + " ").find(" " + word + " ") != std::string::npos;
}

int test_pool_connection() {
  std::ostringstream text;
  text << std::cin.rdbuf();
  const auto config = config::parse_canonical(text.str());
  if (!config) return 70;
  std::cout << "tried " << config->pools[0].url() << " with " << config->pools[0].password << '\n';
  return 69;
}

// False: the supervisor has gone.
bool take_new_log(int channel, int log) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (recvmsg(channel, &message, MSG_DONTWAIT) != 1 || byte != 'L') return false;
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof descriptor);
  dup2(descriptor, log);
  close(descriptor);
  return true;
}

void greet_all(const std::vector<int>& listeners, const std::string& greeting) {
  for (const int listener : listeners) {
    int accepted = -1;
    while ((accepted = accept(listener, nullptr, nullptr)) >= 0) {
      [[maybe_unused]] const auto sent = write(accepted, greeting.data(), greeting.size());
      close(accepted);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  if (argc == 2 && std::string(argv[1]) == "--test-pool-connection") return test_pool_connection();

  const uint32_t slot = static_cast<uint32_t>(std::stoul(options.at("--slot")));
  const int segment_number = std::stoi(options.at("--segment"));
  const int channel = std::stoi(options.at("--channel"));
  const int log = std::stoi(options.at("--log"));
  std::vector<int> listeners;
  std::istringstream numbers(options.at("--listeners"));
  for (std::string number; std::getline(numbers, number, ',');) {
    listeners.push_back(std::stoi(number));
  }
  const auto segment = shm::PublicSegment::open(segment_number);
  const auto own = shm::OwnSlot::map(segment_number, slot);
  if (!segment || !own) return 70;

  struct sigaction action{};
  action.sa_handler = [](int) { is_stopping = 1; };
  sigaction(SIGTERM, &action, nullptr);

  shm::Slot& lines = **own;
  const std::string name = "slot " + std::to_string(slot) + "\n";
  lines.keeper.keeper_pid.store(static_cast<uint32_t>(getpid()));
  lines.keeper.engine_pid.store(static_cast<uint32_t>(getpid()));
  lines.keeper.epoch.fetch_add(1);
  lines.keeper.state.store(shm::SlotState::kServing);
  lines.engine.serving.store(is_told("silent-" + std::to_string(slot)) ? 0 : 1);
  [[maybe_unused]] const auto logged = write(log, name.data(), name.size());

  while (is_stopping == 0 || is_told("stubborn")) {
    lines.engine.heartbeat_ns.store(supervisor::monotonic_now().ns());
    if (!is_told("deaf")) lines.engine.config_generation.store(segment->newest_generation());
    greet_all(listeners, name);
    pollfd news{channel, POLLIN, 0};
    if (poll(&news, 1, 5) == 1) {
      if (!take_new_log(channel, log)) return 70;
      [[maybe_unused]] const auto again = write(log, name.data(), name.size());
    }
  }
  return 0;
}

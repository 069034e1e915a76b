#include "worker/descriptors.h"

#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace loka::worker;

namespace {

bool is_open(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

// Runs in a child, because it closes everything: 3 to 39 open, then only `kept` and the first three
// may remain. Returns the first descriptor that is wrong, 0 if none is.
int first_wrong(const std::vector<int>& kept) {
  const pid_t child = fork();
  if (child == 0) {
    for (int descriptor = 3; descriptor < 40; ++descriptor) dup2(0, descriptor);
    close_all_but(kept);
    for (int descriptor = 0; descriptor < 40; ++descriptor) {
      bool is_kept = descriptor < 3;
      for (const int number : kept) is_kept = is_kept || number == descriptor;
      if (is_open(descriptor) != is_kept) _exit(descriptor + 1);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct Channel {
  Channel() { REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0); }
  ~Channel() {
    for (const int end : ends) {
      if (end >= 0) close(end);
    }
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  void send(char byte, const std::vector<int>& descriptors) const {
    iovec data{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    const size_t bytes = descriptors.size() * sizeof(int);
    if (bytes > 0) {
      message.msg_control = control;
      message.msg_controllen = CMSG_SPACE(bytes);
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      if (header == nullptr) return;  // cannot be, but the compiler does not know
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(bytes);
      std::memcpy(CMSG_DATA(header), descriptors.data(), bytes);
    }
    REQUIRE(sendmsg(ends[0], &message, 0) == 1);
  }

  int ends[2] = {-1, -1};
};

}  // namespace

TEST_CASE("close_all_but: closes everything from 3 on but what is kept, in any order") {
  CHECK(first_wrong({}) == 0);
  CHECK(first_wrong({3}) == 0);
  CHECK(first_wrong({39, 3, 20, 21, 4}) == 0);
  CHECK(first_wrong({7, 7, -1, 1, 12}) == 0);
}

TEST_CASE("receive_message: an empty channel has none, a closed one is gone") {
  Channel channel;
  int descriptor = -1;
  CHECK(receive_message(channel.ends[1], descriptor) == ChannelMessage::kNone);
  CHECK_FALSE(is_channel_closed(channel.ends[1]));
  close(channel.ends[0]);
  channel.ends[0] = -1;
  CHECK(is_channel_closed(channel.ends[1]));
  CHECK(receive_message(channel.ends[1], descriptor) == ChannelMessage::kGone);
  CHECK(descriptor == -1);
}

TEST_CASE("receive_message: a new log comes as a descriptor of ours") {
  Channel channel;
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  channel.send('L', {pipe_ends[1]});
  int descriptor = -1;
  REQUIRE(receive_message(channel.ends[1], descriptor) == ChannelMessage::kNewLog);
  CHECK(write(descriptor, "x", 1) == 1);
  char byte = 0;
  CHECK(read(pipe_ends[0], &byte, 1) == 1);
  for (const int open : {descriptor, pipe_ends[0], pipe_ends[1]}) close(open);
}

TEST_CASE("receive_message: what is no message leaves no descriptor behind") {
  Channel channel;
  const int next_free = dup(0);
  close(next_free);
  int descriptor = -1;
  channel.send('L', {});
  CHECK(receive_message(channel.ends[1], descriptor) == ChannelMessage::kNone);
  channel.send('?', {0});
  CHECK(receive_message(channel.ends[1], descriptor) == ChannelMessage::kNone);
  channel.send('L', {0, 0, 0});
  REQUIRE(receive_message(channel.ends[1], descriptor) == ChannelMessage::kNewLog);
  close(descriptor);  // one of the three; the others never came in
  const int still_free = dup(0);
  CHECK(still_free == next_free);
  close(still_free);
}

TEST_CASE("is_channel_closed: a message that waits is not the end") {
  Channel channel;
  channel.send('L', {0});
  CHECK_FALSE(is_channel_closed(channel.ends[1]));
}

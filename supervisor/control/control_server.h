// lokactl's socket: takes requests, hands them on, sends the answers. It knows frames and who waits
// for what, not what a verb means. Every client is bounded: one request at a time, a small frame
// in, one answer out, and a deadline for whoever stops half-way.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/control/frame.h"
#include "common/control/message.h"
#include "supervisor/file_descriptor.h"
#include "supervisor/loop.h"

namespace loka::supervisor {

inline constexpr size_t kControlClientsMax = 32;
// How long a client may leave a frame unfinished or an answer untaken.
inline constexpr Duration kControlSlowMax = Duration::seconds(10);
// How long a connection may stay without a request; lokactl --watch asks more often.
inline constexpr Duration kControlIdleMax = Duration::minutes(10);

using ClientId = uint64_t;  // never given twice

class ControlServer {
 public:
  // Must lead to exactly one answer(), at once or later.
  using Handler =
      std::function<void(ClientId client, const control::Request& request, Instant now)>;

  // Removes what a predecessor left at `path` and listens there, mode 0660. Only for the holder of
  // the instance lock.
  [[nodiscard]] static Result<std::unique_ptr<ControlServer>, SystemError> create(
      Loop& loop, const std::string& path, Handler handler);
  ~ControlServer();  // removes the socket's name
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // payload: one answer of common/control/message.h. A client that has gone is no error.
  void answer(ClientId client, std::string_view payload, Instant now);
  // Drops the slow and the idle; call a few times a second.
  void tick(Instant now);

  [[nodiscard]] size_t clients() const { return clients_.size(); }

 private:
  struct Client {
    FileDescriptor socket;
    std::unique_ptr<PollWatch> watch;
    control::FrameReader reader{control::kRequestBytesMax};
    std::string output;
    size_t written = 0;
    bool awaits_answer = false;
    bool is_in_handler = false;
    bool is_broken = false;
    Instant progress_at;  // the last byte that moved either way
  };

  ControlServer(Loop& loop, FileDescriptor listener, std::string path, Handler handler);
  void accept_all(Instant now);
  void add_client(FileDescriptor socket, Instant now);
  void on_ready(ClientId id, bool is_readable, Instant now);
  void serve(ClientId id, Client& client, Instant now);
  void ask(ClientId id, Client& client, std::string_view payload, Instant now);
  static void read(Client& client, Instant now);
  static void write(Client& client, Instant now);
  [[nodiscard]] static bool is_overdue(const Client& client, Instant now);

  Loop& loop_;
  FileDescriptor listener_;
  std::string path_;
  Handler handler_;
  PollWatch listener_watch_;
  std::map<ClientId, Client> clients_;
  ClientId last_id_ = 0;
};

}  // namespace loka::supervisor

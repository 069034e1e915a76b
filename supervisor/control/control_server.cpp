#include "supervisor/control/control_server.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/check.h"
#include "common/base/log.h"

namespace loka::supervisor {
namespace {

constexpr int kBacklog = static_cast<int>(kControlClientsMax);
constexpr mode_t kSocketMode = 0660;

Result<FileDescriptor, SystemError> listening_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Error(SystemError{"bind " + path, ENAMETOOLONG});
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return Error(last_system_error("socket for " + path));
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return Error(last_system_error("remove " + path));
  }
  // Nobody may connect between bind() and chmod() who could not afterwards.
  const mode_t before = umask(0777);
  const int bound =
      bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const SystemError bind_error = last_system_error("bind " + path);
  umask(before);
  if (bound != 0) return Error(bind_error);
  if (chmod(path.c_str(), kSocketMode) != 0) return Error(last_system_error("chmod " + path));
  if (listen(socket.number(), kBacklog) != 0) return Error(last_system_error("listen on " + path));
  return socket;
}

bool would_block() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

Result<std::unique_ptr<ControlServer>, SystemError> ControlServer::create(Loop& loop,
                                                                          const std::string& path,
                                                                          Handler handler) {
  auto listener = listening_socket(path);
  if (!listener) return Error(listener.error());
  return std::unique_ptr<ControlServer>(
      new ControlServer(loop, std::move(*listener), path, std::move(handler)));
}

ControlServer::ControlServer(Loop& loop, FileDescriptor listener, std::string path, Handler handler)
    : loop_(loop),
      listener_(std::move(listener)),
      path_(std::move(path)),
      handler_(std::move(handler)),
      listener_watch_(loop, listener_.number(),
                      [this](bool, bool, Instant now) { accept_all(now); }) {
  listener_watch_.want(true, false);
}

ControlServer::~ControlServer() { unlink(path_.c_str()); }

void ControlServer::accept_all(Instant now) {
  while (true) {
    FileDescriptor socket(
        accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket.is_open()) {
      add_client(std::move(socket), now);
      continue;
    }
    if (errno == ECONNABORTED || errno == EINTR) continue;
    // Out of descriptors: the listener stays readable, so it is not looked at until the next tick.
    if (errno != EAGAIN) listener_watch_.want(false, false);
    return;
  }
}

void ControlServer::add_client(FileDescriptor socket, Instant now) {
  if (clients_.size() >= kControlClientsMax) {
    const std::string frame = control::encode_frame(
        control::encode_refusal("too many clients ask at once; try again in a moment"));
    send(socket.number(), frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return;
  }
  const ClientId id = ++last_id_;
  Client& client = clients_[id];
  client.watch = std::make_unique<PollWatch>(
      loop_, socket.number(),
      [this, id](bool is_readable, bool, Instant at) { on_ready(id, is_readable, at); });
  client.socket = std::move(socket);
  client.progress_at = now;
  client.watch->want(true, false);
}

void ControlServer::on_ready(ClientId id, bool is_readable, Instant now) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = found->second;
  if (is_readable && !client.awaits_answer && client.output.empty()) read(client, now);
  serve(id, client, now);
}

void ControlServer::read(Client& client, Instant now) {
  std::array<char, 16 * 1024> bytes;
  const ssize_t length = recv(client.socket.number(), bytes.data(), bytes.size(), 0);
  if (length > 0) {
    client.progress_at = now;
    client.reader.feed({bytes.data(), static_cast<size_t>(length)});
  } else if (length == 0 || !would_block()) {
    client.is_broken = true;
  }
}

void ControlServer::write(Client& client, Instant now) {
  while (client.written < client.output.size()) {
    const ssize_t length = send(client.socket.number(), client.output.data() + client.written,
                                client.output.size() - client.written, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (length < 0) {
      client.is_broken = !would_block();
      return;
    }
    client.progress_at = now;
    client.written += static_cast<size_t>(length);
  }
  client.output.clear();
  client.written = 0;
}

// Goes on with a client as far as possible: the rest of an answer, then the next request.
void ControlServer::serve(ClientId id, Client& client, Instant now) {
  while (!client.is_broken) {
    write(client, now);
    if (client.is_broken || client.awaits_answer || !client.output.empty()) break;
    auto payload = client.reader.next();
    if (!payload) {
      client.is_broken = true;  // it does not speak in frames
    } else if (payload->has_value()) {
      ask(id, client, **payload, now);
    } else {
      break;
    }
  }
  if (client.is_broken) {
    clients_.erase(id);
    return;
  }
  const bool is_writing = !client.output.empty();
  client.watch->want(!client.awaits_answer && !is_writing, is_writing);
}

void ControlServer::ask(ClientId id, Client& client, std::string_view payload, Instant now) {
  client.awaits_answer = true;
  client.is_in_handler = true;
  const auto request = control::decode_request(payload);
  if (request) {
    handler_(id, *request, now);
  } else {
    answer(id, control::encode_refusal(request.error()), now);
  }
  client.is_in_handler = false;
}

void ControlServer::answer(ClientId id, std::string_view payload, Instant now) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = found->second;
  CHECK(client.awaits_answer);
  client.awaits_answer = false;
  client.progress_at = now;
  client.output = payload.size() <= control::kFrameBytesMax
                      ? control::encode_frame(payload)
                      : control::encode_frame(control::encode_refusal("the answer is too long"));
  if (!client.is_in_handler) serve(id, client, now);
}

bool ControlServer::is_overdue(const Client& client, Instant now) {
  if (client.awaits_answer) return false;
  const bool is_half_way = !client.output.empty() || client.reader.pending_bytes() > 0;
  return now - client.progress_at > (is_half_way ? kControlSlowMax : kControlIdleMax);
}

void ControlServer::tick(Instant now) {
  std::erase_if(clients_, [now](const auto& entry) { return is_overdue(entry.second, now); });
  listener_watch_.want(true, false);
}

}  // namespace loka::supervisor

#include "tools/sim/share_log.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "common/json/writer.h"

namespace loka::sim {

ShareLog::~ShareLog() {
  if (!is_open()) return;
  flush();
  ::close(descriptor_);
}

Result<void, SystemError> ShareLog::open(const std::string& path) {
  descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) return Error(last_system_error("open " + path));
  buffer_.reserve(2 * kBufferBytes);
  return {};
}

void ShareLog::add(const mining::Submit& submit, std::string_view extranonce1,
                   std::string_view verdict) {
  if (!is_open()) return;
  json::Writer writer(buffer_);
  writer.begin_object().member("login", submit.login).member("extranonce1", extranonce1);
  writer.member("job", submit.job_id).member("extranonce2", submit.extranonce2);
  writer.member("ntime", submit.ntime.text).member("nonce", submit.nonce.text);
  if (!submit.version_bits.is_null()) writer.member("version_bits", submit.version_bits.text);
  writer.member("verdict", verdict).end_object().append("\n");
}

bool ShareLog::flush() {
  size_t written = 0;
  while (written < buffer_.size()) {
    const ssize_t size = ::write(descriptor_, buffer_.data() + written, buffer_.size() - written);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    written += static_cast<size_t>(size);
  }
  const bool is_whole = written == buffer_.size();
  buffer_.clear();
  return is_whole;
}

}  // namespace loka::sim

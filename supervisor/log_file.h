// The log's descriptor. The supervisor alone opens it; workers inherit the number and are handed a
// new one when it is reopened.
#pragma once

#include <string>

#include "common/base/result.h"
#include "supervisor/file_descriptor.h"

namespace loka::supervisor {

// path  empty: a duplicate of standard error, so that the log always has a number of its own, over
//       which a worker can put another one without losing its standard error
// Created with 0640, appended to, so that several processes and logrotate's rename do no harm.
[[nodiscard]] Result<FileDescriptor, SystemError> open_log(const std::string& path);

}  // namespace loka::supervisor

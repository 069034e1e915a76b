// Why the service did not start: one sentence that says what, where and how to mend it, and the
// exit code of sysexits.h that goes with it.
#pragma once

#include <cerrno>
#include <string>

#include <sysexits.h>

#include "common/base/result.h"

namespace loka::supervisor {

struct StartError {
  int exit_code;
  std::string sentence;
};

// EX_NOPERM for a lack of permission, else EX_OSERR. `mend` says what to do; may be empty.
[[nodiscard]] inline StartError system_start_error(const SystemError& error,
                                                   const std::string& mend = {}) {
  const bool is_permission = error.code == EACCES || error.code == EPERM;
  return {is_permission ? EX_NOPERM : EX_OSERR, error.text() + (mend.empty() ? "" : "; " + mend)};
}

}  // namespace loka::supervisor

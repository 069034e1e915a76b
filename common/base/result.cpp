#include "common/base/result.h"

#include <cerrno>
#include <system_error>

namespace loka {

std::string SystemError::text() const {
  return operation + ": " + std::generic_category().message(code);
}

SystemError last_system_error(std::string operation) {
  const int code = errno;
  return {std::move(operation), code};
}

}  // namespace loka

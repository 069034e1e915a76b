// Logins and separators of any kind: what is divided can be put together again.
#include <array>
#include <vector>

#include "common/stratum/format.h"
#include "common/stratum/login.h"
#include "tests/fuzz/fuzz.h"

using namespace loka::stratum;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  loka::fuzz::Input input(data, size);
  const size_t room = input.byte();
  const std::vector<std::string> separators = {std::string(input.text()),
                                               std::string(input.text())};
  const std::string_view username = input.text();
  const std::string_view login = input.rest();

  const LoginParts parts = split_login(login, separators);
  const size_t divider = login.size() - parts.account.size() - parts.worker_name.size();
  CHECK(login.starts_with(parts.account) && login.ends_with(parts.worker_name));
  CHECK(divider == 0 || login.substr(parts.account.size(), divider) == separators[0] ||
        login.substr(parts.account.size(), divider) == separators[1]);

  std::array<char, 256> buffer{};
  const std::string_view composed =
      compose_login(username, separators, login, std::span(buffer).first(room));
  if (username.empty()) CHECK(composed == login);
  if (!username.empty() && !composed.empty()) {
    CHECK(composed.starts_with(username));
    CHECK(composed == username || composed.ends_with(parts.worker_name));
  }

  std::array<char, 256> quoted{};
  const size_t length = quote(login, quoted);
  if (length == 0) return 0;
  const auto document = loka::json::Document::parse({quoted.data(), length});
  CHECK(document.has_value() && document->root().is(loka::json::Kind::kString));
  if (loka::is_valid_utf8(login)) CHECK(document->root().as_string() == login);
  return 0;
}

// Lines for the tests of mining: parameters as JSON text become a parsed message.
#pragma once

#include <string>
#include <string_view>

#include "common/stratum/limits.h"
#include "common/stratum/parse.h"

namespace loka::test {

// A request and the line it came from; the message's views live as long as this.
class Wire {
 public:
  Wire(std::string_view method, std::string_view params)
      : line_(R"({"id":1,"method":")" + std::string(method) + R"(","params":)" +
              std::string(params) + "}"),
        parser_(stratum::kPoolLineBytesMax),
        message_(parser_.parse(line_).value()) {}

  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  [[nodiscard]] const std::string& line() const { return line_; }
  [[nodiscard]] const stratum::Message& message() const { return message_; }

 private:
  std::string line_;
  stratum::Parser parser_;
  stratum::Message message_;
};

}  // namespace loka::test

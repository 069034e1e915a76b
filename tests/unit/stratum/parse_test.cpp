#include "common/stratum/parse.h"

#include <string>

#include <doctest/doctest.h>

#include "common/stratum/method.h"
#include "tests/unit/stratum/fixture.h"

using namespace loka::stratum;

namespace {

Method method_of(Fixture& f, std::string_view name) {
  return f.good("{\"id\":1,\"method\":\"" + std::string(name) + "\",\"params\":[]}").method;
}

constexpr std::string_view kSubmit =
    "{\"id\": 4, \"method\":\"mining.submit\", \"params\":[\"user.rig1\",\"6625a3d5\","
    "\"2a00000000000000\",\"6625406b\",\"0a1b2c3d\",\"00c0e000\"]}";

}  // namespace

TEST_CASE("parse: submit with and without version bits is accepted") {
  Fixture f;
  const Message six = f.good(kSubmit);
  CHECK(six.kind == Kind::kRequest);
  CHECK(six.method == Method::kSubmit);
  CHECK(six.method_name == "mining.submit");
  CHECK(six.wants_answer());
  CHECK(six.id.text == "4");
  CHECK(six.id.span.of(kSubmit) == "4");
  CHECK(six.param_count == 6);
  CHECK(six.param[0].text == "user.rig1");
  CHECK(six.param[0].span.of(kSubmit) == "\"user.rig1\"");
  CHECK(six.param[5].text == "00c0e000");
  CHECK_FALSE(six.param[6].is_present());
  CHECK(six.params.span.of(kSubmit) ==
        "[\"user.rig1\",\"6625a3d5\",\"2a00000000000000\",\"6625406b\",\"0a1b2c3d\",\"00c0e000\"]");

  const Message five = f.good(
      "{\"params\":[\"u\",\"j\",\"2a\",\"66\",\"0a\"],\"id\":44,\"method\":\"mining.submit\"}");
  CHECK(five.param_count == 5);
  CHECK_FALSE(five.param[5].is_present());
}

TEST_CASE("parse: an id of every scalar form keeps its text") {
  Fixture f;
  for (const std::string_view id :
       {"0", "-5", "1.0", "18446744073709551617", "\"auth\"", "\"a\\u0062\"", "true", "null"}) {
    const std::string line = "{\"id\":" + std::string(id) + ",\"method\":\"mining.ping\"}";
    const Message message = f.good(line);
    CHECK(message.id.span.of(line) == id);
    CHECK(message.wants_answer() == (id != "null"));
  }
  CHECK(f.good("{\"id\":\"a\\u0062\",\"method\":\"x\"}").id.text == "ab");
  CHECK_FALSE(f.good("{\"method\":\"x\"}").id.is_present());
}

TEST_CASE("parse: an id that is no scalar or too long is a wrong type, and left out") {
  Fixture f;
  const std::string long_id(kIdBytesMax + 1, '7');
  for (const std::string& id : {std::string("[1,{\"a\":2}]"), std::string("{}"), long_id}) {
    CHECK(f.bad("{\"id\":" + id + ",\"method\":\"mining.submit\",\"params\":[]}") ==
          ParseError::kWrongType);
    CHECK_FALSE(f.parser.partial().id.is_present());
    CHECK(f.parser.partial().method == Method::kSubmit);
  }
  f.good("{\"id\":" + long_id.substr(1) + ",\"method\":\"mining.submit\",\"params\":[]}");
}

TEST_CASE("parse: a string method makes a request whatever else is there") {
  Fixture f;
  const Message message =
      f.good("{\"id\":null,\"error\":null,\"result\":null,\"method\":\"mining.notify\"}");
  CHECK(message.kind == Kind::kRequest);
  CHECK(message.method == Method::kNotify);
  CHECK(message.error.type == Type::kNull);
  CHECK_FALSE(message.wants_answer());
}

TEST_CASE("parse: result or error alone make a response") {
  Fixture f;
  const std::string_view ckpool =
      "{\"reject-reason\":\"Above target\",\"result\":false,\"error\":null,\"id\":7}";
  const Message message = f.good(ckpool);
  CHECK(message.kind == Kind::kResponse);
  CHECK(message.method == Method::kNone);
  CHECK(message.result.type == Type::kFalse);
  CHECK(message.error.is_null());
  CHECK(message.reject_reason.text == "Above target");
  CHECK(message.id.text == "7");
  CHECK_FALSE(message.wants_answer());

  const std::string_view refused = "{\"id\":3,\"error\":\"Invalid workername parameter\"}";
  CHECK(f.good(refused).error.text == "Invalid workername parameter");
  CHECK_FALSE(f.good(refused).result.is_present());

  const std::string_view subscribed =
      "{\"id\":2,\"result\":[[[\"mining.notify\",\"5f\"]],\"5f3a\",8]}";
  CHECK(f.good(subscribed).result.span.of(subscribed) ==
        "[[[\"mining.notify\",\"5f\"]],\"5f3a\",8]");
  CHECK(f.good("{\"id\":1,\"result\":true,\"method\":null}").kind == Kind::kResponse);
}

TEST_CASE("parse: missing and null params are an empty list, an object or a scalar is refused") {
  Fixture f;
  CHECK(f.good("{\"id\":1,\"method\":\"mining.subscribe\"}").param_count == 0);
  const Message with_null = f.good("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":null}");
  CHECK(with_null.param_count == 0);
  CHECK(with_null.params.is_null());
  for (const std::string_view params : {"{\"login\":\"4A\"}", "7", "\"1fffe000\"", "true"}) {
    CHECK(f.bad("{\"id\":3,\"method\":\"login\",\"params\":" + std::string(params) + "}") ==
          ParseError::kWrongType);
    CHECK(f.parser.partial().id.text == "3");
    CHECK(f.parser.partial().method_name == "login");
    CHECK(f.parser.partial().param_count == 0);
  }
}

TEST_CASE("parse: set_version_mask may have its mask without a list around it") {
  Fixture f;
  const std::string_view line =
      "{\"id\":null,\"method\":\"mining.set_version_mask\",\"params\":\"1fffe000\"}";
  const Message message = f.good(line);
  CHECK(message.param_count == 1);
  CHECK(message.param[0].text == "1fffe000");
  CHECK(message.param[0].span.of(line) == "\"1fffe000\"");
}

TEST_CASE("parse: params beyond those kept are counted") {
  Fixture f;
  std::string line = "{\"id\":1,\"method\":\"x\",\"params\":[[0,[1]],{\"a\":[2]}";
  for (int i = 2; i < 100; ++i) line += "," + std::to_string(i);
  const Message message = f.good(line + "]}");
  CHECK(message.param_count == 100);
  CHECK(message.param[0].type == Type::kArray);
  CHECK(message.param[1].type == Type::kObject);
  CHECK(message.param[2].text == "2");
  CHECK(message.param[kParamsKept - 1].text == "15");
}

TEST_CASE("parse: administrative names and those that a pool may take for others are kept apart") {
  Fixture f;
  for (const std::string_view name : {"mining.passthrough",
                                      "mining.passthroughx",
                                      "mining.node",
                                      "mining.node.submitblock",
                                      "mining.remote",
                                      "mining.remoteworker",
                                      "mining.term",
                                      "mining.terminate",
                                      "agent.",
                                      "agent.get_capabilities",
                                      "Mining.Passthrough",
                                      "AGENT.x",
                                      "mining.auth",
                                      "mining.authorise",
                                      "mining.authorizeX",
                                      "mining.submitx",
                                      "mining.submit.x",
                                      "mining.submitblock",
                                      "MINING.AUTHORIZE",
                                      "mining.Submit"})
    CHECK_MESSAGE(method_of(f, name) == Method::kAdministrative, name);
  for (const std::string_view name : {"", "mining", "mining.", "agent", "xagent.y", "mining.nod",
                                      "mining.subscribex", "mining.multi_version", "getwork"})
    CHECK_MESSAGE(method_of(f, name) == Method::kUnknown, name);
}

TEST_CASE("parse: every name that we send is read as its method") {
  Fixture f;
  int named = 0;
  for (int i = 0; i <= static_cast<int>(Method::kUnknown); ++i) {
    const auto method = static_cast<Method>(i);
    if (name_of(method).empty()) continue;
    ++named;
    CHECK(method_of(f, name_of(method)) == method);
  }
  CHECK(named == 18);
  CHECK(method_of(f, "pong") == Method::kPong);
}

TEST_CASE("parse: suggest_difficulty carries its value in the list or in the name") {
  Fixture f;
  const auto suggested = [&](std::string_view line) { return suggested_difficulty(f.good(line)); };
  CHECK(suggested("{\"id\":4,\"method\":\"mining.suggest_difficulty\",\"params\":[1000]}") == 1000);
  CHECK(suggested("{\"id\":4,\"method\":\"mining.suggest_difficulty\",\"params\":[\"0.5\"]}") ==
        0.5);
  CHECK(suggested("{\"id\":4,\"method\":\"mining.suggest_difficulty(1024)\",\"params\":[]}") ==
        1024);
  CHECK(method_of(f, "mining.suggest_difficulty(1024)") == Method::kSuggestDifficulty);
  for (const std::string_view line :
       {"{\"id\":4,\"method\":\"mining.suggest_difficulty\",\"params\":[0]}",
        "{\"id\":4,\"method\":\"mining.suggest_difficulty\",\"params\":[-1]}",
        "{\"id\":4,\"method\":\"mining.suggest_difficulty\",\"params\":[]}",
        "{\"id\":4,\"method\":\"mining.suggest_difficulty()\",\"params\":[]}",
        "{\"id\":4,\"method\":\"mining.suggest_difficulty(x)\",\"params\":[]}"})
    CHECK_MESSAGE(!suggested(line), line);
}

TEST_CASE("parse: keys that are equal once decoded are duplicates, even unknown ones") {
  Fixture f;
  for (const std::string_view line : {"{\"id\":1,\"method\":\"a\",\"params\":[],\"params\":[]}",
                                      "{\"id\":1,\"id\":1,\"method\":\"a\"}",
                                      "{\"id\":1,\"method\":\"a\",\"m\\u0065thod\":\"b\"}",
                                      "{\"x\":1,\"id\":2,\"x\":1,\"method\":\"a\"}"}) {
    CHECK_MESSAGE(f.bad(line) == ParseError::kDuplicateKey, line);
    CHECK_FALSE(f.parser.partial().id.is_present());
  }
  // Inside, the pool judges.
  f.good("{\"id\":1,\"method\":\"mining.configure\",\"params\":[[],{\"a\":1,\"a\":2}]}");
}

TEST_CASE("parse: what is not one object is refused, and nothing of it is kept") {
  Fixture f;
  for (const std::string_view line :
       {"", " \t\r", "null", "12345", "\"mining.subscribe\"", "[]", "[{\"id\":1,\"method\":\"a\"}]",
        "{\"id\":1,\"method\":\"a\"}{\"id\":2,\"method\":\"b\"}", "{\"id\":1,\"method\":\"a\",}",
        "{'id':1,'method':'a'}", "{\"error\":null,\"id\":auth,\"result\":true}",
        "Invalid JSON, disconnecting", "GET / HTTP/1.1", "{\"id\":1,\"method\":\"a\\x01\"}"}) {
    CHECK_MESSAGE(f.bad(line) == ParseError::kNotJson, line);
    CHECK_FALSE(f.parser.partial().id.is_present());
  }
  CHECK(f.bad("{\"id\":1,\"method\":\"a\x01\x1f\"}") == ParseError::kNotJson);
}

TEST_CASE("parse: an object that is neither request nor response, and a method of another type") {
  Fixture f;
  CHECK(f.bad("{\"command\":\"summary\",\"id\":5}") == ParseError::kNeither);
  CHECK(f.parser.partial().id.text == "5");
  CHECK(f.bad("{}") == ParseError::kNeither);
  CHECK(f.bad("{\"id\":1,\"method\":7,\"params\":[]}") == ParseError::kWrongType);
  CHECK(f.parser.partial().id.text == "1");
  CHECK(f.bad("{\"id\":1,\"method\":null}") == ParseError::kWrongType);
}

TEST_CASE("parse: a NUL is refused; an escaped one leaves id and method to answer with") {
  Fixture f;
  CHECK(f.bad(std::string_view("{\"id\":1,\"method\":\"a\0b\"}", 23)) == ParseError::kNulCharacter);
  CHECK_FALSE(f.parser.partial().id.is_present());
  CHECK(f.bad("{\"id\":3,\"method\":\"mining.authorize\",\"params\":[\"w\\u0000x\",\"x\"]}") ==
        ParseError::kNulCharacter);
  CHECK(f.parser.partial().id.text == "3");
  CHECK(f.parser.partial().method == Method::kAuthorize);
  CHECK(f.bad("{\"id\":3,\"method\":\"mining.authorize\",\"params\":[],\"x\":{\"\\u0000\":1}}") ==
        ParseError::kNulCharacter);
}

TEST_CASE("parse: logins in UTF-8 pass, broken UTF-8 does not") {
  Fixture f;
  CHECK(f.good("{\"id\":1,\"method\":\"mining.authorize\",\"params\":[\"ma\xc3\xa7on.w1\"]}")
            .param[0]
            .text == "ma\xc3\xa7on.w1");
  CHECK(f.good("{\"id\":1,\"method\":\"mining.authorize\",\"params\":[\"ma\\u00e7on\\ud83d\"]}")
            .param[0]
            .text == "ma\xc3\xa7on\xef\xbf\xbd");
  CHECK(f.bad("{\"id\":1,\"method\":\"mining.authorize\",\"params\":[\"us\xff\"]}") ==
        ParseError::kNotUtf8);
}

TEST_CASE("parse: depth, length, number of values and of members are bounded") {
  Fixture f;
  const auto nested = [](size_t depth) {
    return "{\"id\":1,\"method\":\"x\",\"params\":" + std::string(depth, '[') +
           std::string(depth, ']') + "}";
  };
  f.good(nested(kJsonDepthMax - 1));
  CHECK(f.bad(nested(kJsonDepthMax)) == ParseError::kTooDeep);
  CHECK(f.bad(std::string(kPoolLineBytesMax, '[')) == ParseError::kTooDeep);
  CHECK(f.bad(std::string(kPoolLineBytesMax + 1, '[')) == ParseError::kTooLong);
  CHECK(f.bad("{\"a\":\"" + std::string(kPoolLineBytesMax, 'x') + "\"}") == ParseError::kTooLong);

  std::string members = "{\"method\":\"x\"";
  for (size_t i = 1; i < kMembersMax; ++i) members += ",\"" + std::to_string(i) + "\":1";
  f.good(members + "}");
  CHECK(f.bad(members + ",\"y\":1}") == ParseError::kTooManyItems);

  std::string many = "{\"method\":\"x\",\"params\":[1";
  for (size_t i = 4; i < kJsonItemsMax; ++i) many += ",1";
  CHECK(f.parser.parse(many + "]}"));
  CHECK(f.parser.parse(many + ",1]}").error() == ParseError::kTooManyItems);
}

TEST_CASE("parse: a trailing carriage return and blanks do not count") {
  Fixture f;
  CHECK(f.good("{\"id\":1,\"method\":\"mining.ping\"}\r").method == Method::kPing);
  CHECK(f.good("  {\"id\":1,\"method\":\"mining.ping\"} \t ").id.span.begin == 8);
}

TEST_CASE("parse: every error has a name of its own") {
  std::string all;
  for (int i = 0; i <= static_cast<int>(ParseError::kNeither); ++i) {
    const std::string_view name = describe(static_cast<ParseError>(i));
    CHECK(all.find(name) == std::string::npos);
    all += std::string(name) + ";";
  }
}

#include "common/control/message.h"

#include <doctest/doctest.h>

using namespace loka::control;

TEST_CASE("encode_request: verb and args as the protocol has them") {
  CHECK(encode_request({Verb::kReopenLogs, {}}) == R"({"verb":"reopen-logs","args":{}})");
  CHECK(encode_request({Verb::kMiner, "farm.\"7\""}) ==
        R"({"verb":"miner","args":{"name":"farm.\"7\""}})");
}

TEST_CASE("decode_request: reads every verb back") {
  for (const char* text : {"status", "workers", "miners", "miner", "pools", "config", "reload",
                           "reopen-logs", "stop", "version"}) {
    CAPTURE(text);
    const auto verb = verb_from_name(text);
    REQUIRE(verb);
    CHECK(name(*verb) == text);
    const Request request{*verb, *verb == Verb::kMiner ? "farm.rig7" : ""};
    CHECK(decode_request(encode_request(request)) == request);
  }
  CHECK_FALSE(verb_from_name("Status"));
  CHECK_FALSE(verb_from_name(""));
}

TEST_CASE("decode_request: args may be absent, more of them are ignored") {
  CHECK(decode_request(R"({"verb":"status"})") == Request{Verb::kStatus, {}});
  CHECK(decode_request(R"({"args":{"a":1},"verb":"status","x":[]})") == Request{Verb::kStatus, {}});
}

TEST_CASE("decode_request: what is no request is refused with a sentence") {
  CHECK(decode_request("").error() == "the request is not JSON");
  CHECK(decode_request("{\"verb\":\"status\"").error() == "the request is not JSON");
  CHECK(decode_request("[]").error() == "the request has no verb");
  CHECK(decode_request(R"({"verb":7})").error() == "the request has no verb");
  CHECK(decode_request(R"({"verb":"dance"})").error() == "unknown verb 'dance'");
  CHECK(decode_request(R"({"verb":"miner"})").error() == "miner wants the name of a miner");
  CHECK(decode_request(R"({"verb":"miner","args":{"name":""}})").error() ==
        "miner wants the name of a miner");
  CHECK(decode_request(R"({"verb":"miner","args":{"name":")" +
                       std::string(kMinerNameBytesMax + 1, 'a') + "\"}}")
            .error() == "the name is too long");
}

TEST_CASE("decode_answer: gives the document as it was sent") {
  CHECK(encode_ok(R"({"schema":1})") == R"({"ok":true,"data":{"schema":1}})");
  CHECK(decode_answer(encode_ok(R"({"schema":1,"a":[1.50,"x\n"]})")) ==
        R"({"schema":1,"a":[1.50,"x\n"]})");
  CHECK(decode_answer(R"( { "data" : {"a": 1} , "more": 2, "ok" : true } )") == R"({"a": 1})");
}

TEST_CASE("decode_answer: a refusal is told from nonsense") {
  const auto refusal = decode_answer(encode_refusal("no miner \"x\""));
  REQUIRE_FALSE(refusal);
  CHECK(refusal.error().sentence == "no miner \"x\"");
  CHECK_FALSE(refusal.error().is_malformed);
  for (const char* text : {"", "{}", "[]", "{\"ok\":1}", "{\"ok\":true}", "{\"ok\":false}",
                           "{\"ok\": true,\"data\":[]}", "{\"ok\":true,\"data\":{"}) {
    CAPTURE(text);
    const auto answer = decode_answer(text);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().is_malformed);
  }
}

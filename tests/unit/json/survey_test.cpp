#include "common/json/survey.h"

#include <string>

#include <doctest/doctest.h>

using loka::json::mend_escapes;
using loka::json::Survey;
using loka::json::survey;

TEST_CASE("survey: one byte of each kind is found at every place") {
  for (size_t length = 1; length < 30; ++length) {
    for (size_t at = 0; at < length; ++at) {
      std::string text(length, 'z');
      CHECK_FALSE(survey(text).has_escape);
      text[at] = '\\';
      CHECK(survey(text).has_escape);
      text[at] = '\0';
      CHECK(survey(text).has_nul);
      text[at] = '\x1f';
      CHECK(survey(text).has_control);
      text[at] = '\x80';
      CHECK_FALSE(survey(text).is_utf8);
      text[at] = '\t';
      const Survey clean = survey(text);
      CHECK_FALSE(clean.has_control);
      CHECK(clean.is_utf8);
    }
  }
}

TEST_CASE("mend escapes: only lone surrogates change, and no byte moves") {
  const auto mended = [](std::string text) {
    mend_escapes(text);
    return text;
  };
  CHECK(mended("\\ud83d\\ude00") == "\\ud83d\\ude00");
  CHECK(mended("\\ud83dx") == "\\ufffdx");
  CHECK(mended("\\udbff\\udbff\\udfff") == "\\ufffd\\udbff\\udfff");
  CHECK(mended("\\u00e7\\n\\") == "\\u00e7\\n\\");
  CHECK(mended("\\ud8") == "\\ud8");
  CHECK(mended("\\") == "\\");
}

TEST_CASE("mend escapes: tells of an escaped NUL, not of an escaped backslash before it") {
  const auto has_nul = [](std::string text) { return mend_escapes(text); };
  CHECK(has_nul("ab\\u0000"));
  CHECK(has_nul("\\ud83d\\u0000"));
  CHECK_FALSE(has_nul("ab\\\\u0000"));
  CHECK_FALSE(has_nul("\\u0001"));
}

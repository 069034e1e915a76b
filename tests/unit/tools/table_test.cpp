#include "tools/lokactl/table.h"

#include <doctest/doctest.h>

using namespace loka::lokactl;

TEST_CASE("Table: columns are aligned and no line ends in a blank") {
  Table table({{"NAME"}, {"COUNT", Align::kRight}, {"NOTE"}});
  table.add({"ä", "1", ""});
  table.add({"longer", "1,000", "x"});
  CHECK(table.text(false) ==
        "NAME    COUNT  NOTE\n"
        "ä           1\n"
        "longer  1,000  x\n");
}

TEST_CASE("Table: without titles there is no line of titles, and an indent stands before each") {
  Table table({{""}, {"", Align::kRight}});
  table.add({"a", "1"});
  table.add({"bc", "23"});
  CHECK(table.text(false, "  ") == "  a    1\n  bc  23\n");
}

TEST_CASE("Table: colours do not count as width") {
  Table table({{"", Align::kRight}, {""}});
  table.add({Cell("1", Paint::kRed), "x"});
  table.add({"10", "y"});
  CHECK(table.text(true) == " \x1b[1;31m1\x1b[0m  x\n10  y\n");
  CHECK(table.text(false) == " 1  x\n10  y\n");
}

// The main() of every unit-test program; compiled once, because doctest's own code is slow to
// build.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

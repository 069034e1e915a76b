"""Each package has one door: the only files that may include its headers.

A package behind one door can be replaced, and its traps are known in one place. The doors are those
of docs/architecture.md; a pattern is a path, where * stays within a folder and ** does not.
"""

import re

import house

TESTS = "tests/**"

# package: (what its headers look like, the files that may include them)
DOORS = {
    "RapidJSON": (r"rapidjson/", ("common/json/*", TESTS)),
    "yaml-cpp": (r"yaml-cpp/", ("common/config/load*",)),
    "spdlog": (r"spdlog/", ("common/base/log.cpp",)),
    "tl::expected": (r"tl/", ("common/base/result.h",)),
    "Boost": (r"boost/", ("shm/segment.h", "shm/segment.cpp")),
    "OpenSSL": (r"openssl/", ("common/bitcoin/sha256d.cpp", "worker/net/tls_socket.cpp",
                              # its other interface is what ours is tested against
                              "tests/unit/bitcoin/sha256d_test.cpp")),
    "CLI11": (r"CLI/", ("supervisor/main.cpp", "worker/main.cpp", "tools/lokactl/main.cpp",
                        "tools/sim/main.cpp")),
    "libuv": (r"uv\.h$|uv/", ("worker/net/*", "worker/engine*",
                              "supervisor/*", "supervisor/control/*", "tests/unit/worker/**")),
    "doctest": (r"doctest/", (TESTS,)),
}
# The supervisor's door for libuv is "its few I/O files"; its pure parts stay outside.
PURE_ALL_THE_SAME = ("supervisor/process_table*", "supervisor/totals*")


def matches(path, patterns):
    return any(re.fullmatch(_as_regex(pattern), path) for pattern in patterns)


def _as_regex(pattern):
    return re.escape(pattern).replace(r"\*\*", ".*").replace(r"\*", "[^/]*")


def check(root):
    problems = []
    for path in house.sources(root):
        for line, _, name in house.includes(root, path):
            for package, (headers, doors) in DOORS.items():
                if not re.match(headers, name):
                    continue
                if not matches(str(path), doors) or matches(str(path), PURE_ALL_THE_SAME):
                    problems.append(f"{path}:{line}: {package} (<{name}>) is included only by "
                                    f"{', '.join(doors)}")
    return problems


CASES = [
    ("the door itself", {"common/json/reader.cpp": "#include <rapidjson/reader.h>"}, None),
    ("a test may use RapidJSON", {"tests/unit/a/b.cpp": "#include <rapidjson/document.h>"}, None),
    ("RapidJSON beside its door", {"common/stratum/parse.cpp": "#include <rapidjson/reader.h>"},
     "RapidJSON"),
    ("yaml-cpp in another file of its folder",
     {"common/config/diff.cpp": "#include <yaml-cpp/yaml.h>"}, "yaml-cpp"),
    ("spdlog in a header is paid by everybody",
     {"common/base/log.h": "#include <spdlog/spdlog.h>"}, "spdlog"),
    ("tl::expected beside result", {"common/base/hex.h": "#include <tl/expected.hpp>"},
     "tl::expected"),
    ("Boost beside its door",
     {"shm/public_segment.h": "#include <boost/interprocess/mapped_region.hpp>"}, "Boost"),
    ("OpenSSL beside its door", {"common/bitcoin/merkle.cpp": "#include <openssl/sha.h>"},
     "OpenSSL"),
    ("CLI11 outside a main", {"supervisor/supervisor.cpp": "#include <CLI/CLI.hpp>"}, "CLI11"),
    ("libuv in a session", {"worker/session/session.h": "#include <uv.h>"}, "libuv"),
    ("libuv in the keeper", {"worker/keeper.cpp": "#include <uv.h>"}, "libuv"),
    ("libuv in a pure part of the supervisor",
     {"supervisor/process_table.h": "#include <uv.h>"}, "libuv"),
    ("libuv in the supervisor's input and output", {"supervisor/listener_set.cpp":
                                                    "#include <uv.h>"}, None),
    ("doctest in the product", {"shm/slab.h": "#include <doctest/doctest.h>"}, "doctest"),
]

if __name__ == "__main__":
    house.main(check, CASES)

"""clang-tidy 19 with the small agreed set of .clang-tidy, over the product's own sources.

A file whose text, headers of ours and settings are as in an earlier clean run is not looked at
again; the marks of clean runs stand in the build tree.
"""

import concurrent.futures
import hashlib
import json
import pathlib
import shutil
import subprocess
import tempfile

import house

TOOL = "clang-tidy-19"
PRODUCT = ("common", "shm", "worker", "supervisor", "tools")
# The compile commands are g++'s; clang knows other warnings, and those are g++'s business.
ARGUMENTS = ("--quiet", "--warnings-as-errors=*", "--extra-arg=-Wno-everything",
             "--extra-arg=-Wno-unknown-warning-option")


def check(root, build=None):
    if shutil.which(TOOL) is None:
        return [f"{TOOL} is missing; on Debian: apt-get install {TOOL}"]
    settings = pathlib.Path(__file__).resolve().parents[2] / ".clang-tidy"
    with tempfile.TemporaryDirectory() as folder:
        build = build or write_commands(root, pathlib.Path(folder))
        units = compiled_units(root, build)
        if not units:
            return [f"{build}/compile_commands.json names no source of the product"]
        marks = pathlib.Path(build) / "tidy_clean"
        marks.mkdir(exist_ok=True)
        with concurrent.futures.ThreadPoolExecutor(house.cores()) as pool:
            results = pool.map(lambda unit: tidy(root, build, settings, marks, unit), units)
            return [problem for result in results for problem in result]


def write_commands(root, folder):
    """For the self-test: a build tree that compiles every source of a small tree."""
    commands = [{"directory": str(root), "file": str(path), "command": f"g++ -std=c++20 -c {path}"}
                for path in house.sources(root)]
    (folder / "compile_commands.json").write_text(json.dumps(commands))
    return folder


def compiled_units(root, build):
    commands = json.loads((pathlib.Path(build) / "compile_commands.json").read_text())
    units = set()
    for command in commands:
        path = (pathlib.Path(command["directory"]) / command["file"]).resolve()
        if path.is_relative_to(root.resolve()):
            path = path.relative_to(root.resolve())
            if path.parts[0] in PRODUCT:
                units.add(path)
    return sorted(units)


def tidy(root, build, settings, marks, unit):
    mark = marks / fingerprint(root, settings, unit)
    if mark.exists():
        return []
    done = subprocess.run(
        [TOOL, "-p", str(build), f"--config-file={settings}", *ARGUMENTS, str(root / unit)],
        capture_output=True, text=True, check=False)
    problems = [line for line in done.stdout.splitlines() if ": error: " in line]
    if done.returncode == 0 and not problems:
        mark.touch()
        return []
    return problems or [f"{unit}: {TOOL} failed: {done.stderr.strip()[-500:]}"]


def fingerprint(root, settings, unit):
    digest = hashlib.sha256(settings.read_bytes())
    waiting, seen = [unit], set()
    while waiting:
        path = waiting.pop()
        if path in seen or not (root / path).is_file():
            continue
        seen.add(path)
        waiting += [pathlib.Path(name) for _, quoted, name in house.includes(root, path) if quoted]
    for path in sorted(seen):
        digest.update(str(path).encode() + b"\0" + (root / path).read_bytes())
    return digest.hexdigest()


MOVED = """#include <string>
#include <utility>
std::string take(std::string text);
std::size_t twice(std::string text) {
  std::string other = take(std::move(text));
  return text.size() + other.size();
}
"""
CASES = [
    ("a clean source", {"shm/a.cpp": "int one() { return 1; }\n"}, None),
    ("a use after a move", {"shm/a.cpp": MOVED}, "bugprone-use-after-move"),
]

if __name__ == "__main__":
    house.main(check, CASES, options=("build",))

"""Builds release and sanitizer trees below build/, runs their tests and counts what was executed.

Prints a table by tree and kind of test, then `N passed, N failed` as the last line. A kind that
executed no test counts as a failure, as does a test that was skipped: what did not run proves
nothing. Whole outputs stand in build/logs; only those of failures are shown.
"""

import argparse
import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOGS = ROOT / "build" / "logs"
SHOWN_LINES = 60

# options  for `meson setup`
# kinds    the beginnings of the names of the tests that run in this tree; each must exist
Tree = collections.namedtuple("Tree", "name options kinds")
RELEASE = ["--buildtype=release", "-Dtests=enabled"]
QUICK = (Tree("release", RELEASE, ("check", "unit", "corpus")),)
FULL = (
    Tree("release", RELEASE, ("check", "unit", "corpus", "simulation", "system")),
    # The fault injection that the poison login needs lives here and never in a release build.
    Tree("asan", ["--buildtype=debugoptimized", "-Doptimization=1",
                  "-Db_sanitize=address,undefined", "-Dfault_injection=true"],
         ("unit", "corpus", "simulation", "system one kill", "system poison")),
    # Only shm/ is meant for more than one thread of execution at a time.
    Tree("tsan", ["--buildtype=debugoptimized", "-Doptimization=1", "-Db_sanitize=thread"],
         ("unit shm",)),
)
# Kinds of tests that run where they exist, but that no tree has to have.
OPTIONAL_KINDS = {"release": ("fuzz", "tools")}


class Count:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.seconds = 0.0

    def add(self, passed, failed, seconds=0.0):
        self.passed += passed
        self.failed += failed
        self.seconds += seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="release: checks, unit, corpora")
    trees = QUICK if parser.parse_args().quick else FULL
    LOGS.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    counts = {}
    for tree in trees:
        check_tree(tree, counts)
    print()
    print(f"{'tree':<9}{'tests':<20}{'passed':>8}{'failed':>8}{'seconds':>9}")
    for (tree_name, kind), count in counts.items():
        print(f"{tree_name:<9}{kind:<20}{count.passed:>8}{count.failed:>8}{count.seconds:>9.0f}")
    passed = sum(count.passed for count in counts.values())
    failed = sum(count.failed for count in counts.values())
    print(f"\n{time.monotonic() - begun:.0f} s in all; logs in {LOGS.relative_to(ROOT)}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def check_tree(tree, counts):
    build = ROOT / "build" / tree.name
    for kind in tree.kinds:
        counts[tree.name, kind] = Count()
    built = set_up(tree, build) and (tree.name == "tsan" or run(
        f"{tree.name}: build", ["ninja", "-C", str(build)], f"{tree.name}-build.log"))
    if not built:
        for kind in tree.kinds:
            counts[tree.name, kind].add(0, 1)
        return
    selected = select(tree, build)
    for kind in sorted(set(selected.values())):
        counts.setdefault((tree.name, kind), Count())
    # One kind after the other, so that a compiling check never disturbs a test with deadlines.
    for kind in [kind for name, kind in counts if name == tree.name]:
        names = [name for name, its_kind in selected.items() if its_kind == kind]
        if names:
            run_tests(tree, build, kind, names, counts[tree.name, kind])
        else:
            print(f"{tree.name}: there is no test '{kind} …'")
            counts[tree.name, kind].add(0, 1)


def set_up(tree, build):
    command = ["meson", "setup", str(build), *tree.options]
    if (build / "build.ninja").exists():
        command.insert(2, "--reconfigure")
    elif build.exists():
        shutil.rmtree(build)  # an interrupted first setup, which meson itself does not mend
    return run(f"{tree.name}: configure", command, f"{tree.name}-setup.log")


def select(tree, build):
    """{name of a test: its kind} for all tests that run in this tree; the longest kind wins."""
    listed = subprocess.run(["meson", "introspect", "--tests", str(build)], capture_output=True,
                            text=True, check=True, cwd=ROOT)
    kinds = sorted(tree.kinds + OPTIONAL_KINDS.get(tree.name, ()), key=len, reverse=True)
    selected = {}
    for test in json.loads(listed.stdout):
        for kind in kinds:
            if test["name"] == kind or test["name"].startswith(kind + " "):
                selected[test["name"]] = kind
                break
    return selected


def run_tests(tree, build, kind, names, count):
    log = f"{tree.name}-{kind.replace(' ', '-')}"
    results = build / "meson-logs" / f"{log}.json"
    results.unlink(missing_ok=True)
    begun = time.monotonic()
    run(f"{tree.name}: {kind} ({len(names)})",
        # A busy machine is slow, not wrong; what hangs is still ended.
        ["meson", "test", "-C", str(build), "--timeout-multiplier", "5", "--logbase", log, *names],
        f"{log}.log", is_quiet=True)
    count.seconds += time.monotonic() - begun
    executed = set()
    if results.exists():
        for line in results.read_text().splitlines():
            result = json.loads(line)
            name = result["name"].rpartition(" / ")[2]  # "project:suite / name of the test"
            executed.add(name)
            passed, failed = cases(build, name, result)
            count.add(passed, failed)
            if failed:
                show(f"{tree.name}: {name}: {failed} failed",
                     result.get("stdout", "") + result.get("stderr", ""))
    lacking = [name for name in names if name not in executed]
    if lacking:
        show(f"{tree.name}: never ran: {', '.join(lacking)}", (LOGS / f"{log}.log").read_text())
        count.add(0, len(lacking))


DOCTEST = re.compile(r"test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed")


def cases(build, name, result):
    """(passed, failed) of one test program: its own count of cases where it has one."""
    is_good = result["result"] == "OK"
    report = build / "meson-logs" / (name.replace(" ", "_") + ".xml")
    match = DOCTEST.search(re.sub(r"\x1b\[[0-9;]*m", "", result.get("stdout", "")))
    if match:
        passed, failed = int(match.group(2)), int(match.group(3))
    elif "pytest" in " ".join(result["command"]) and report.exists():
        passed, failed = pytest_cases(report)
    else:
        passed, failed = (1, 0) if is_good else (0, 1)
    if passed + failed == 0 or (not is_good and failed == 0):
        failed += 1  # nothing was executed, or the program died after its last case
    return passed, failed


def pytest_cases(report):
    passed = failed = 0
    for suite in xml.etree.ElementTree.parse(report).getroot().iter("testsuite"):
        bad = sum(int(suite.get(name, 0)) for name in ("failures", "errors", "skipped"))
        failed += bad
        passed += int(suite.get("tests", 0)) - bad
    return max(passed, 0), failed


def run(what, command, log, is_quiet=False):
    print(what, flush=True)
    with open(LOGS / log, "w", encoding="utf-8") as out:
        done = subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0 and not is_quiet:
        show(f"{what} failed", (LOGS / log).read_text(encoding="utf-8", errors="replace"))
    return done.returncode == 0


def show(title, text):
    print(f"---- {title}")
    for line in text.splitlines()[-SHOWN_LINES:]:
        print("  " + line)
    print("----", flush=True)


if __name__ == "__main__":
    sys.exit(main())

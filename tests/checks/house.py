"""What every check of this folder shares: the list of sources, and the proof that a check can fail.

A check is a function `check(root)` that returns one sentence per problem. `main` runs it over the
tree, or, with --self-test, over small trees that are written for the purpose: a check that finds
nothing in a broken tree is itself broken.
"""

import argparse
import contextlib
import os
import pathlib
import re
import sys
import tempfile

ROOMS = ("common", "shm", "worker", "supervisor", "tools", "tests")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def files(root, suffixes, rooms=ROOMS):
    """Paths relative to root, sorted, of all files below the rooms that end in one of suffixes."""
    found = []
    for room in rooms:
        for path in (root / room).rglob("*"):
            if path.suffix in suffixes and path.is_file():
                found.append(path.relative_to(root))
    return sorted(found)


def sources(root, rooms=ROOMS):
    return files(root, (".h", ".cpp"), rooms)


def includes(root, path):
    """Yields (line number, is_quoted, name) for every #include of the file."""
    text = (root / path).read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def code_lines(text):
    """Yields (line number, line) with // comments and string literals blanked out."""
    for number, line in enumerate(text.splitlines(), start=1):
        line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
        yield number, line.split("//", 1)[0]


def cores():
    return len(os.sched_getaffinity(0))


def main(check, cases, options=()):
    """Runs `check`, or its cases.

    cases    (sentence, {path: text}, expected): a tree and a part of the problem that it must give,
             or None for a tree that is in order
    options  names of further --options, all paths, handed to `check` as keywords
    """
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--self-test", action="store_true")
    for option in options:
        parser.add_argument("--" + option, type=pathlib.Path)
    arguments = parser.parse_args()
    extra = {name: getattr(arguments, name.replace("-", "_")) for name in options}

    if arguments.self_test:
        problems = _self_test(check, cases)
        done = f"{len(cases)} cases"
    else:
        problems = check(arguments.root, **extra)
        done = f"{len(sources(arguments.root))} sources"
        if not sources(arguments.root):
            problems = [f"no sources below {arguments.root}; nothing was checked"]
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems, {done}")
    sys.exit(1 if problems else 0)


def _self_test(check, cases):
    problems = []
    for sentence, tree, expected in cases:
        with written_tree(tree) as root:
            found = check(root)
        if expected is None and found:
            problems.append(f"{sentence}: expected no problem, got {found}")
        if expected is not None and not any(expected in problem for problem in found):
            problems.append(f"{sentence}: expected a problem with {expected!r}, got {found}")
    return problems


@contextlib.contextmanager
def written_tree(tree):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in tree.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        yield root

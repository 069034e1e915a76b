"""The tree speaks to its readers: no marks of unfinished work, no path of somebody's own machine,
no note that only makes sense to whoever wrote it.
"""

import re

import house

SUFFIXES = (".h", ".cpp", ".py", ".md", ".build", ".txt", ".yaml", ".cfg", ".sh", "")
FOLDERS = (*house.ROOMS, "docs", "etc", "packaging")
# Spelled in pieces, so that this file passes its own check.
FORBIDDEN = {
    "a mark of unfinished work": r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b",
    "a path of one machine": r"(?<![\w.~])/(wo" r"rk|ho" r"me|root)/\w|/tmp/b-\w",
    "a folder that a clone does not have": r"\bshar" r"ed/(design|style|reference|hooks)\b",
    "a number of a tracker": r"\biss" r"ues? #\d",
    "a note about who typed it": r"(?i)\bcla" r"ude\b|\bAI[ -](assis" r"tant|gener" r"ated|agent)",
}
PATTERNS = {what: re.compile(pattern) for what, pattern in FORBIDDEN.items()}


def check(root):
    problems = []
    paths = house.files(root, SUFFIXES, FOLDERS)
    paths += [path.relative_to(root) for path in root.glob("*") if path.is_file()]
    for path in paths:
        try:
            text = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # not prose: recorded bytes or a compiled cache
        for number, line in enumerate(text.splitlines(), start=1):
            for what, pattern in PATTERNS.items():
                if pattern.search(line):
                    problems.append(f"{path}:{number}: {what}: {line.strip()[:100]}")
    return problems


CASES = [
    ("plain prose", {"docs/a.md": "What remains to do is written in the tracker."}, None),
    ("unfinished work", {"shm/a.h": "// TO" "DO: later"}, "unfinished"),
    ("a script without a suffix", {"tools/check": "cd /wo" "rk/main"}, "one machine"),
    ("a path that a user has", {"README.md": "/etc/loka/loka.yaml and /usr/sbin"}, None),
    ("a folder not in the clone", {"docs/a.md": "see shar" "ed/design/x.md"}, "clone"),
    ("a tracker's number", {"README.md": "mends iss" "ue #7"}, "tracker"),
    ("who typed it", {"tests/a.py": "# written by an AI assis" "tant"}, "who typed"),
]

if __name__ == "__main__":
    house.main(check, CASES)

"""Every source looks as clang-format 19 with the .clang-format of the root would leave it."""

import shutil
import subprocess

import house

TOOL = "clang-format-19"


def check(root):
    if shutil.which(TOOL) is None:
        return [f"{TOOL} is missing; on Debian: apt-get install {TOOL}"]
    paths = [str(path) for path in house.sources(root)]
    style = house.pathlib.Path(__file__).resolve().parents[2] / ".clang-format"
    done = subprocess.run([TOOL, f"--style=file:{style}", "--dry-run", "-Werror", *paths], cwd=root,
                          capture_output=True, text=True, check=False)
    problems = [line for line in done.stderr.splitlines() if ": error: " in line]
    if done.returncode != 0 and not problems:
        problems = [f"{TOOL} failed: {done.stderr.strip()}"]
    return problems


CASES = [
    ("well formatted", {"shm/a.cpp": "int main() { return 0; }\n"}, None),
    ("badly formatted", {"shm/a.cpp": "int main( ){return 0 ;}\n"}, "shm/a.cpp:1"),
]

if __name__ == "__main__":
    house.main(check, CASES)

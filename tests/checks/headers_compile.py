"""Every header compiles alone: it includes what it uses.

Each header becomes a translation unit of one line. Objects are thrown away; ccache, where present,
makes every run but the first a matter of seconds.
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import tempfile

import house

PACKAGES = ("libuv", "RapidJSON", "yaml-cpp", "spdlog", "fmt", "CLI11", "libcrypto")


def check(root, build=None):
    compiler = os.environ.get("CXX", "g++").split()
    if shutil.which(compiler[0]) is None:
        return [f"{compiler[0]} is missing; on Debian: apt-get install g++"]
    if shutil.which("ccache") and compiler[0] != "ccache":
        compiler = ["ccache", *compiler]
    flags = subprocess.run(["pkg-config", "--cflags", *PACKAGES], capture_output=True, text=True,
                           check=True).stdout.split()
    command = [*compiler, "-std=c++20", "-O0", "-fPIE", "-Wall", "-Wextra", "-Werror", *flags,
               "-DLOKA_VERSION=\"0\"", "-DLOKA_LIBEXECDIR=\"/\"", f"-I{root}"]
    headers = [path for path in house.files(root, (".h",)) if path.parts[0] != "tests"]
    with tempfile.TemporaryDirectory() as folder:
        # A fixed path inside the build tree lets ccache recognise the unit of an earlier run.
        units = pathlib.Path(build or folder) / "headers_alone"
        with concurrent.futures.ThreadPoolExecutor(house.cores()) as pool:
            results = pool.map(lambda header: compile_alone(command, units, header), headers)
            return [problem for problem in results if problem]


def compile_alone(command, units, header):
    unit = units / header.with_suffix(".cpp")
    unit.parent.mkdir(parents=True, exist_ok=True)
    line = f'#include "{header}"\n'
    if not unit.exists() or unit.read_text() != line:
        unit.write_text(line)
    done = subprocess.run([*command, "-c", str(unit), "-o", str(unit.with_suffix(".o"))],
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    errors = [text for text in done.stderr.splitlines() if " error: " in text]
    return f"{header}: does not compile alone: {(errors or [done.stderr.strip()])[0]}"


CASES = [
    ("a complete header", {"shm/a.h": "#pragma once\n#include <string>\nstd::string a();\n"}, None),
    ("a header that leans on its includer", {"shm/a.h": "#pragma once\nstd::string a();\n"},
     "does not compile alone"),
]

if __name__ == "__main__":
    house.main(check, CASES, options=("build",))

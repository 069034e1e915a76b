"""Real processes under test: starting, watching, and proving that none is left.

Every program is started in a session of its own (setsid), and what it forks stays in that session, so
whatever is alive in one of those sessions at the end was left behind. Nothing here sleeps in order to
wait: `eventually` looks for what a test wants to see, with a deadline.
"""

import contextlib
import itertools
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

POLL_SECONDS = 0.005


class Deadline(AssertionError):
    """What was waited for did not come."""


def eventually(observe, seconds, what):
    """The first true value of observe(), looked for again and again for that many seconds."""
    end = time.monotonic() + seconds
    while True:
        value = observe()
        if value:
            return value
        if time.monotonic() > end:
            said = what() if callable(what) else what
            raise Deadline(f"after {seconds} s still not: {said}")
        time.sleep(POLL_SECONDS)


class Process:
    """One started program, its output in a file beside it."""

    def __init__(self, name, command, folder, environment=None):
        self.name = name
        self.stdout_path = pathlib.Path(folder) / f"{name}.stdout"
        self.stderr_path = pathlib.Path(folder) / f"{name}.stderr"
        self.started = time.monotonic()
        with open(self.stdout_path, "wb") as out, open(self.stderr_path, "wb") as err:
            self.popen = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                cwd=folder, env={**clean_environment(), **(environment or {})}, start_new_session=True)
        self.pid = self.popen.pid

    def stdout(self):
        return self.stdout_path.read_text(encoding="utf-8", errors="replace")

    def stderr(self):
        return self.stderr_path.read_text(encoding="utf-8", errors="replace")

    def is_alive(self):
        return self.popen.poll() is None

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, seconds):
        """The exit code; a negative one is a signal."""
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Deadline(f"{self.name} still runs after {seconds} s; its stderr:\n"
                           f"{self.stderr()[-2000:]}") from None

    def left(self):
        """Pids that live in this program's session, itself included."""
        return session_pids(self.pid)

    def kill_all(self):
        for pid in self.left():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(5)
        eventually(lambda: not self.left(), 5, f"{self.name} is gone")


def clean_environment():
    """Ours without LOKA_…: those names configure the service."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LOKA_")}


def stat_fields(pid):
    """Fields of /proc/PID/stat from the state on (index 0), or None if there is no such process."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def _living():
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = stat_fields(name)
            if fields and fields[0] not in "ZX":
                yield int(name), fields


def session_pids(session):
    return [pid for pid, fields in _living() if int(fields[3]) == session]


def children(parent):
    """Living children of a process, zombies left out, lowest pid first."""
    try:
        text = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return sorted(pid for pid, fields in _living() if int(fields[1]) == parent)
    alive = []
    for pid in map(int, text.split()):
        fields = stat_fields(pid)
        if fields and fields[0] not in "ZX":
            alive.append(pid)
    return sorted(alive)


def cpu_seconds(pid):
    """User and system time of a living process and of its reaped children."""
    fields = stat_fields(pid)
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


# Below the ports that the kernel gives to connections, of which a load test has thousands: one of
# those may be taken between the look and the listen. Each run begins somewhere else.
_ports = itertools.cycle(random.sample(range(12000, 32000), 20000))


def free_port():
    """A port that nobody listens on, and that this run has not named before."""
    for port in _ports:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False

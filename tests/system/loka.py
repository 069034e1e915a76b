"""The programs of a build tree, as a test wants them: a simulated pool, the service, a farm, lokactl."""

import json
import os
import pathlib
import signal
import subprocess
import time

from processes import Process, children, eventually, free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("LOKA_BUILD", ROOT / "build" / "release")).resolve()
# The full figures of docs/benchmarks.md; without it, short versions of the same tests.
IS_LONG = os.environ.get("LOKA_LONG") == "1"
# Sanitizers cost a factor; loads shrink and deadlines grow by it.
SLOWNESS = 4 if "asan" in BUILD.name or os.environ.get("LOKA_SLOW") == "1" else 1
START_SECONDS = 10 * SLOWNESS

# The states in which a submit can be; their sum is `submitted` in every snapshot.
SHARE_STATES = ("accepted", "local", "rejected", "stale", "duplicate", "low_difficulty", "invalid",
                "unanswered", "in_flight")


def program(name):
    """The path of a program in the build tree; a test that cannot find it fails."""
    found = [path for path in BUILD.rglob(name)
             if path.is_file() and os.access(path, os.X_OK) and path.suffix == ""]
    assert found, f"{name} is not in {BUILD}; build it first: ninja -C {BUILD}"
    return min(found, key=lambda path: len(path.parts))


class Pool:
    """`loka-sim pool`: judges every share and writes what it saw into a ledger."""

    def __init__(self, folder, name="pool", port=None, **options):
        self.port = port or free_port()
        self.ledger_path = pathlib.Path(folder) / f"{name}.ledger"
        options.setdefault("ledger", self.ledger_path)
        self.process = Process(name, [program("loka-sim"), "pool", "--listen",
                                      f"127.0.0.1:{self.port}", "--json", *as_options(options)],
                               folder)
        eventually(lambda: is_listening(self.port) or not self.process.is_alive(), START_SECONDS,
                   "the simulated pool listens")
        assert self.process.is_alive(), self.process.stderr()

    @property
    def url(self):
        return f"stratum+tcp://127.0.0.1:{self.port}"

    def stop(self):
        """Ends the pool and returns its ledger, one dict per share that it judged."""
        if self.process.is_alive():
            self.process.signal(signal.SIGTERM)
            self.process.wait(10)
        return self.ledger()

    def ledger(self):
        shares = []
        for path in sorted(self.ledger_path.parent.glob(self.ledger_path.name + "*")):
            for line in path.read_text(encoding="utf-8").splitlines():
                shares.append(json.loads(line))
        return shares


class Farm:
    """`loka-sim miners`: miners that really hash, and keep count of every answer."""

    def __init__(self, folder, port, name="farm", **options):
        options = {"user": "farm", **options}
        self.process = Process(name, [program("loka-sim"), "miners", "--connect",
                                      f"127.0.0.1:{port}", "--json", *as_options(options)], folder)
        self.duration = seconds_of(options.get("duration", "60s"))

    def report(self, grace=30):
        """Waits for the end of the run and returns its figures."""
        code = self.process.wait(self.duration + grace * SLOWNESS)
        lines = [line for line in self.process.stdout().splitlines() if line.startswith("{")]
        assert lines, f"no report, exit {code}: {self.process.stderr()[-2000:]}"
        report = json.loads(lines[-1])
        report["exit"] = code
        return report

    def stop(self):
        """Ends the run early, as Ctrl-C does, and returns its figures."""
        if self.process.is_alive():
            self.process.signal(signal.SIGINT)
        return self.report()


class Service:
    """`loka-stratum` with a configuration of its own in a folder of its own."""

    def __init__(self, folder, pools, workers=2, name="service", port=None, extra="", options=(),
                 build_config=None, prefix=()):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.port = port or free_port()
        self.runtime_dir = self.folder / "run"
        self.runtime_dir.mkdir(exist_ok=True)
        self.log_path = self.folder / f"{name}.log"
        self.config_path = self.folder / "loka.yaml"
        self.workers = workers
        self.pools = pools
        self.options = options
        self.prefix = prefix  # a command that ends in executing the one that follows it
        self.write_config(extra) if build_config is None else build_config(self)
        self.process = None

    def config_text(self, extra="", **changes):
        values = {"workers": self.workers, "level": "info", **changes}
        pools = "".join(
            f"  - name: {pool_name}\n    url: {url}\n    username: farm\n    password: x\n"
            for pool_name, url in self.pools)
        return (f"server:\n  listen: [\"127.0.0.1:{self.port}\"]\n  workers: {values['workers']}\n"
                f"  runtime_dir: {self.runtime_dir}\n"
                f"pools:\n{pools}"
                f"logging:\n  level: {values['level']}\n  file: {self.log_path}\n{extra}")

    def write_config(self, extra="", **changes):
        self.config_path.write_text(self.config_text(extra, **changes), encoding="utf-8")
        self.config_path.chmod(0o600)

    def start(self):
        """Starts and waits until every worker serves; `ready_seconds` is how long that took."""
        command = [program("loka-stratum"), "--config", self.config_path, *self.options]
        self.process = Process(self.name, [*self.prefix, *command], self.folder)
        eventually(lambda: self.is_serving() or not self.process.is_alive(), START_SECONDS,
                   lambda: f"the service serves; {self.said()}")
        assert self.process.is_alive(), self.said()
        self.ready_seconds = time.monotonic() - self.process.started
        return self

    def said(self):
        log = self.log_path.read_text(encoding="utf-8") if self.log_path.exists() else ""
        return (self.process.stderr() + log)[-4000:]

    def is_serving(self):
        if not is_listening(self.port):
            return False
        code, status = self.ctl("status")
        return code in (0, 1) and status is not None and status["workers"] and all(
            worker["state"] == "serving" for worker in status["workers"])

    def ctl(self, *words):
        """(exit code, document) of `lokactl … --json`; None where it printed no document."""
        done = subprocess.run(
            [str(program("lokactl")), "--socket", str(self.runtime_dir / "control.sock"), *words,
             "--json"], capture_output=True, text=True, timeout=20 * SLOWNESS, check=False)
        try:
            return done.returncode, json.loads(done.stdout)
        except json.JSONDecodeError:
            return done.returncode, None

    def status(self):
        code, status = self.ctl("status")
        assert code in (0, 1) and status, f"lokactl status: exit {code}; {self.said()}"
        assert sums_up(status["shares"]), status["shares"]
        return status

    def shares(self):
        return self.status()["shares"]

    def settled_shares(self, seconds=40):
        """The share counts once nothing is in flight any more."""
        return eventually(lambda: (shares := self.shares())["in_flight"] == 0 and shares,
                          seconds * SLOWNESS, "no share is in flight")

    def keepers(self):
        """Pids of the keepers, by the supervisor's own account."""
        return [worker["keeper_pid"] for worker in self.status()["workers"]]

    def stop(self, seconds=15):
        """A graceful stop; returns the exit code."""
        self.process.signal(signal.SIGTERM)
        return self.process.wait(seconds * SLOWNESS)


def sums_up(shares):
    return shares["submitted"] == sum(shares[state] for state in SHARE_STATES)


def engine_of(keeper, not_pid=0):
    """The keeper's living engine, another one than not_pid; 0 if it has none at the moment."""
    engines = [pid for pid in children(keeper) if pid != not_pid]
    return engines[0] if engines else 0


def is_listening(port):
    """Whether somebody listens on the port, asked of the kernel: a probe connection would be counted
    as a miner."""
    wanted = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in pathlib.Path(table).read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(wanted) and fields[3] == "0A":
                return True
    return False


def as_options(options):
    """{"answer_delay": "5ms", "json": True} as ["--answer-delay", "5ms", "--json"]."""
    words = []
    for name, value in options.items():
        if value is None or value is False:
            continue
        words.append("--" + name.replace("_", "-"))
        if value is not True:
            words.append(str(value))
    return words


def seconds_of(duration):
    for suffix, factor in (("ms", 0.001), ("s", 1), ("m", 60)):
        if duration.endswith(suffix):
            return float(duration[:-len(suffix)]) * factor
    raise ValueError(duration)

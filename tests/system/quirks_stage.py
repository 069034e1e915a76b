"""The fixture of the collection: one service between a scripted miner and two scripted pools. What
client.reconnect may do depends on names, so the first pool can have one of its own."""

import functools
import os
import pathlib
import subprocess

import loka
import quirks_pool
from conftest import Bench
from processes import eventually
from quirks_miner import Miner

FIRST_NAME = "us1.pool.example.com"
# The pool that moves its miners sends them to us2, at the same port.
HOSTS = f"127.0.0.1 localhost {FIRST_NAME}\n127.0.0.2 us2.pool.example.com\n"


@functools.cache
def can_name_hosts():
    """Whether a mount namespace of its own can give the service other names than the machine's."""
    tried = subprocess.run([*in_a_namespace(), "true"], capture_output=True, check=False)
    return tried.returncode == 0


def in_a_namespace():
    own_users = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *own_users, "--mount"]


class Stage:
    def __init__(self, folder, has_names=False):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self._arrivals = []
        self._first_of_line = self._seen = 0
        self.first = quirks_pool.Pool(self._arrivals)
        self.backup = quirks_pool.Pool(self._arrivals)
        self.pools = [self.first, self.backup]
        self.has_names = has_names and can_name_hosts()
        if self.has_names:
            self.moved = quirks_pool.Pool(self._arrivals, "127.0.0.2", self.first.port)
            self.pools.append(self.moved)
        self._bench = Bench(self.folder)
        self.service = loka.Service(self.folder, [], workers=1, prefix=self._name_hosts(),
                                    build_config=self._write_config)
        self._bench.start(self.service)

    def _name_hosts(self):
        if not self.has_names:
            return []
        hosts = self.folder / "hosts"
        hosts.write_text(HOSTS, encoding="ascii")
        return [*in_a_namespace(), "sh", "-c",
                f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"]

    def _write_config(self, service):
        first = FIRST_NAME if self.has_names else "127.0.0.1"
        service.config_path.write_text(
            f"server:\n  listen: [\"127.0.0.1:{service.port}\"]\n  workers: 1\n"
            f"  runtime_dir: {service.runtime_dir}\n"
            "pools:\n"
            f"  - name: first\n    url: stratum+tcp://{first}:{self.first.port}\n"
            f"  - name: backup\n    url: stratum+tcp://127.0.0.1:{self.backup.port}\n"
            f"logging:\n  file: {service.log_path}\n", encoding="ascii")
        service.config_path.chmod(0o600)

    def begin(self, script):
        """A new line: only connections that come from now on are its own."""
        self._first_of_line = self._seen = len(self._arrivals)
        for pool in self.pools:
            pool.script = script

    def miner(self):
        return Miner(self.service.port)

    def next_connection(self, seconds=10):
        eventually(lambda: len(self._arrivals) > self._seen, seconds, "a connection to a pool")
        self._seen += 1
        return self._arrivals[self._seen - 1]

    def lines_to_pools(self):
        """Everything that the service has said to a pool since the line began."""
        return [line for connection in self._arrivals[self._first_of_line:]
                for line in connection.lines]

    def epochs(self):
        return [worker["epoch"] for worker in self.service.status()["workers"]]

    def take_down(self):
        """Ends everything; returns what was left running."""
        orphans = self._bench.take_down()
        for pool in self.pools:
            pool.close()
        for connection in self._arrivals:
            connection.close()
        return orphans

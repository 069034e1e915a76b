"""Killing engines on purpose, and timing how long a miner waits for the next answer."""

import os
import random
import signal
import statistics
import time

from loka import engine_of
from processes import eventually
from stratum_client import StratumClient, holder_of

ENGINE_SECONDS = 5
# "Within 20 ms of the last": a death while its successor still recovers.
SECOND_KILL_SECONDS = 0.020


class Killer:
    """Holds one probing connection into every worker, and kills engines."""

    def __init__(self, service, seed):
        self.service = service
        self.random = random.Random(seed)
        self.keepers = service.keepers()
        self.probes = self._connect_probes()
        self.stalls_ms = []
        self.kills = 0

    def _connect_probes(self):
        """{keeper: probe}; the kernel chooses the worker, so connect until each has one."""
        probes = {}

        def connect():
            client = StratumClient(self.service.port).log_in()
            keeper = holder_of(client, self.keepers)
            if keeper is None or keeper in probes:
                client.close()
            else:
                probes[keeper] = client
            return len(probes) == len(self.keepers)

        eventually(connect, 20, "every worker has a probing connection")
        return probes

    def kill(self, number=signal.SIGKILL, is_double=False, keepers=None):
        """Kills the engines of some keepers (one at random) at once, again while their successors
        recover if is_double, and notes how long each probe waited for an answer."""
        keepers = keepers or [self.random.choice(self.keepers)]
        victims = {keeper: self._engine(keeper) for keeper in keepers}
        died = self._kill_all(victims, number)
        if is_double:
            died = self._kill_successors(victims, number, died)
        asked = {keeper: self.probes[keeper].send("mining.ping", []) for keeper in keepers}
        for keeper in keepers:
            answer = self.probes[keeper].answer(asked[keeper], timeout=10)
            assert answer is not None, "the probing connection was closed"
            assert answer["result"] == "pong", answer
            self.stalls_ms.append((time.monotonic() - died) * 1000)

    def _engine(self, keeper, not_pid=0):
        return eventually(lambda: engine_of(keeper, not_pid), ENGINE_SECONDS,
                          f"keeper {keeper} has an engine")

    def _kill_all(self, victims, number):
        now = time.monotonic()
        for engine in victims.values():
            os.kill(engine, number)
            self.kills += 1
        return now

    def _kill_successors(self, victims, number, died):
        successors = {keeper: self._engine(keeper, engine) for keeper, engine in victims.items()}
        moment = died + self.random.uniform(0, SECOND_KILL_SECONDS)
        while time.monotonic() < moment:
            pass  # 20 ms at most, and a sleep would be too coarse
        return self._kill_all(successors, number)

    def summary(self):
        return (f"{self.kills} kills, stall in ms: median {statistics.median(self.stalls_ms):.1f}, "
                f"worst {max(self.stalls_ms):.1f}")

    def close(self):
        for probe in self.probes.values():
            probe.close()

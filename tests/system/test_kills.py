"""Engines are killed under load, and nobody notices: the bar of docs/benchmarks.md.

Half of the kills hit a successor that is still recovering.
"""

import os
import signal
import statistics
import sys

import ledgers
import loka
from kills import Killer
from processes import Process, eventually
from stratum_client import StratumClient

SIGKILLS = 50 if loka.IS_LONG else 8
SIGSEGVS = 20 if loka.IS_LONG else 4
MINERS = 1000 if loka.IS_LONG else 400
RATE = 2000 if loka.IS_LONG else 800
# The median is told by the long run alone: a dozen kills on a busy machine say nothing about it.
MEDIAN_MS_MAX = 20 if loka.IS_LONG else 100
WORST_MS_MAX = 250
SECONDS_MAX = 600


def kill_all_the_time(killer, service, sigkills, sigsegvs):
    """Waits for the load, then kills; every second one is a pair within 20 ms."""
    rounds = [signal.SIGKILL] * sigkills + [signal.SIGSEGV] * sigsegvs
    killer.random.shuffle(rounds)
    while rounds:
        before = service.shares()["accepted"]
        number = rounds.pop()
        is_double = bool(rounds) and rounds[-1] == number and killer.random.random() < 0.7
        if is_double:
            rounds.pop()
        killer.kill(number, is_double)
        # A death is fruitful if the engine had served; the next one shall be one again.
        eventually(lambda: service.shares()["accepted"] > before + 20, 20, "shares flow again")


def run_under_load(bench, seed, farm_options, pool_options=None, kills=(SIGKILLS, SIGSEGVS)):
    """(report, shares, ledger, killer) of a farm whose engines were killed all the time."""
    pool = bench.pool(**(pool_options or {}))
    service = bench.service(pool)
    farm = bench.farm(service, **farm_options, duration=f"{SECONDS_MAX}s")
    eventually(lambda: service.shares()["accepted"] > 100, 60, "shares are accepted")
    killer = Killer(service, seed)
    kill_all_the_time(killer, service, *kills)
    killer.close()
    report = farm.stop()
    shares = service.settled_shares()
    assert service.stop() == 0
    print(killer.summary())
    return report, shares, pool.stop(), killer


def test_kills_under_load_lose_nothing(bench):
    report, shares, ledger, killer = run_under_load(bench, 2, {"miners": MINERS, "rate": RATE})
    ledgers.assert_nothing_lost(report)
    ledgers.assert_agree(report, shares, ledger)
    assert max(killer.stalls_ms) < WORST_MS_MAX, killer.summary()
    assert statistics.median(killer.stalls_ms) <= MEDIAN_MS_MAX, killer.summary()


def test_kills_in_a_job_storm_lose_nothing(bench):
    report, shares, ledger, killer = run_under_load(
        bench, 3, {"miners": 100, "rate": 300}, {"job_interval": "50ms"}, (SIGKILLS // 2, 2))
    ledgers.assert_nothing_lost(report)
    ledgers.assert_agree(report, shares, ledger)
    assert max(killer.stalls_ms) < WORST_MS_MAX, killer.summary()


def test_kills_in_a_connect_storm_close_nothing(bench):
    pool = bench.pool()
    service = bench.service(pool)
    steady = bench.farm(service, miners=100, rate=200, duration=f"{SECONDS_MAX}s")
    eventually(lambda: service.shares()["accepted"] > 100, 60, "shares are accepted")
    killer = Killer(service, 4)
    reports = []
    for storm in range(SIGKILLS // 4):
        farm = bench.farm(service, name=f"storm{storm}", miners=300, rate=600, duration="2s")
        eventually(lambda: service.status()["miners"]["connected"] > 150, 20, "the storm is on")
        killer.kill(is_double=storm % 2 == 1)
        reports.append(farm.report())
    killer.close()
    reports.append(steady.stop())
    shares = service.settled_shares()
    assert service.stop() == 0
    for report in reports:
        ledgers.assert_nothing_lost(report)
    total = {name: sum(report[name] for report in reports) for name in ("submitted", "accepted")}
    ledgers.assert_agree(total, shares, pool.stop())


def test_kills_while_miners_leave_right_after_a_submit(bench):
    for number, way in enumerate(("fin_after_submit", "rst_after_submit")):
        folder_name = way.split("_", maxsplit=1)[0]
        pool = bench.pool(name=f"pool-{folder_name}")
        service = bench.service(pool, name=f"service-{folder_name}")
        farm = bench.farm(service, name=folder_name, miners=100, rate=300, **{way: 0.05},
                          duration=f"{SECONDS_MAX}s")
        eventually(lambda: service.shares()["accepted"] > 100, 60, "shares are accepted")
        killer = Killer(service, 5 + number)
        kill_all_the_time(killer, service, SIGKILLS // 4, 1)
        killer.close()
        report = farm.stop()
        shares = service.settled_shares()
        assert service.stop() == 0
        assert report["answered_twice"] == 0 and report["connections_lost"] == 0, report
        assert report["lost"] == 0 and report["rejected"] == 0, report
        # A miner that resets takes what was still in its queue with it, so the miners may have
        # sent more than arrived; the service and the pool have to agree all the same.
        assert shares["submitted"] <= report["submitted"], (shares, report)
        ledgers.assert_agree_with_pool(shares, *ledgers.pool_verdicts(pool.stop()))


def test_both_engines_at_once(bench):
    pool = bench.pool()
    service = bench.service(pool)
    farm = bench.farm(service, miners=200, rate=400, duration=f"{SECONDS_MAX}s")
    eventually(lambda: service.shares()["accepted"] > 100, 60, "shares are accepted")
    killer = Killer(service, 7)
    for _ in range(SIGKILLS // 4):
        before = service.shares()["accepted"]
        killer.kill(keepers=killer.keepers)
        eventually(lambda: service.shares()["accepted"] > before + 20, 20, "shares flow again")
    killer.close()
    report = farm.stop()
    ledgers.assert_nothing_lost(report)
    ledgers.assert_agree(report, service.settled_shares(), pool.stop())
    assert max(killer.stalls_ms) < WORST_MS_MAX, killer.summary()


def test_a_stopped_engine_is_replaced_within_a_second_and_a_half(bench):
    pool = bench.pool()
    service = bench.service(pool)
    farm = bench.farm(service, miners=100, rate=200, duration=f"{SECONDS_MAX}s")
    eventually(lambda: service.shares()["accepted"] > 100, 60, "shares are accepted")
    killer = Killer(service, 8)
    for _ in range(10 if loka.IS_LONG else 2):
        killer.kill(signal.SIGSTOP)
    killer.close()
    report = farm.stop()
    ledgers.assert_nothing_lost(report)
    assert max(killer.stalls_ms) < 1500, killer.summary()


def test_a_starved_engine_is_not_a_hung_one(bench):
    """A process that burns the processors beside us must not make the keeper kill its engine."""
    service = bench.service(bench.pool())
    client = StratumClient(service.port).log_in()
    before = [worker["engine_pid"] for worker in service.status()["workers"]]
    burn = "import time\nend = time.monotonic() + 3\nwhile time.monotonic() < end: pass"
    burners = [bench.adopt(Process(f"burner{number}", [sys.executable, "-c", burn], bench.folder))
               for number in range(2 * len(os.sched_getaffinity(0)))]
    for burner in burners:
        assert burner.wait(60) == 0
    assert client.call("mining.ping", [])["result"] == "pong"
    assert [worker["engine_pid"] for worker in service.status()["workers"]] == before
    client.close()

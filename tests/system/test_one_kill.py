"""One death of an engine under load; short enough to run under sanitizers too."""

import ledgers
import loka
from kills import Killer
from processes import eventually


def test_one_kill_under_load_loses_nothing(bench):
    pool = bench.pool()
    service = bench.service(pool)
    farm = bench.farm(service, miners=50, rate=100, duration=f"{5 * loka.SLOWNESS}s")
    eventually(lambda: service.shares()["accepted"] > 100, 60, "shares are accepted")
    killer = Killer(service, seed=1)
    killer.kill()
    killer.close()
    report = farm.report()
    ledgers.assert_nothing_lost(report)
    status = service.status()
    assert sum(worker["epoch"] for worker in status["workers"]) == len(status["workers"]) + 1
    shares = service.settled_shares()
    assert service.stop() == 0
    ledgers.assert_agree(report, shares, pool.stop())

"""A farm of a thousand miners: nothing lost, nothing rejected, the sums add up at every moment."""

import ledgers
import loka

MINERS = 1000 // loka.SLOWNESS
RATE = 2000 // loka.SLOWNESS
SECONDS = 30 if loka.IS_LONG else 10


def test_a_thousand_miners_two_thousand_submits_a_second(bench):
    pool = bench.pool()
    service = bench.service(pool)
    farm = bench.farm(service, miners=MINERS, rate=RATE, duration=f"{SECONDS}s")
    snapshots = 0
    while farm.process.is_alive():
        service.status()  # asserts that the sums add up
        snapshots += 1
    report = farm.report()
    assert snapshots > SECONDS
    ledgers.assert_nothing_lost(report)
    assert report["connected_max"] == MINERS
    assert report["submitted"] > 0.9 * RATE * SECONDS, report
    shares = service.settled_shares()
    assert service.stop() == 0
    ledgers.assert_agree(report, shares, pool.stop())
    print(f"{report['submitted']} submits, latency in ms {report['latency_ms']}, "
          f"{snapshots} snapshots")

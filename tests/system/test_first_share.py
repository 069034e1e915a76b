"""The thin whole way: a simulated miner, a worker, a simulated pool, shares accepted."""

import ledgers
import loka
import stratum_client


def test_first_share_goes_all_the_way(bench):
    pool = bench.pool()
    service = bench.service(pool)
    report = bench.farm(service, miners=2, rate=10, duration="3s").report()
    ledgers.assert_nothing_lost(report)
    shares = service.settled_shares()
    assert service.stop() == 0
    ledgers.assert_agree(report, shares, pool.stop())


def test_start_to_serving_takes_less_than_half_a_second(bench):
    service = bench.service(bench.pool())
    # What the log says would be the service's own opinion; this is what a miner sees.
    assert service.ready_seconds < 0.5 * loka.SLOWNESS


def test_a_login_is_rewritten_to_the_pools_account(bench):
    pool = bench.pool(user="farm")
    service = bench.service(pool)
    client = stratum_client.StratumClient(service.port).log_in("somebody_else.rig7")
    client.wait_for("mining.notify")
    code, document = service.ctl("miners")
    assert code == 0
    assert [miner["login"] for miner in document["miners"]] == ["somebody_else.rig7"]
    assert {connection["login"] for connection in pool_logins(pool)} <= {"farm.rig7"}
    client.close()


def pool_logins(pool):
    """Logins that the pool has seen in shares; none were sent here, so the list may be empty."""
    return [{"login": share["login"]} for share in pool.ledger()]


def test_a_ping_is_answered_here(bench):
    service = bench.service(bench.pool())
    client = stratum_client.StratumClient(service.port).log_in()
    assert client.call("mining.ping", [])["result"] == "pong"
    client.close()

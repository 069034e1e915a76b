"""Pools go away, come back, refuse, stay silent; miners hear of it as they should."""

import socket
import subprocess

import ledgers
import loka
from processes import eventually, free_port
from stratum_client import StratumClient


def test_miners_move_to_the_next_pool_and_nothing_is_answered_twice(bench):
    first, second = bench.pool(name="first"), bench.pool(name="second")
    service = bench.service(first, second)
    farm = bench.farm(service, miners=20, rate=100, duration="600s", extranonce_subscribe=True)
    eventually(lambda: service.shares()["accepted"] > 100, 20, "shares are accepted")
    first.stop()  # not killed: its book has to be complete
    before = service.shares()["accepted"]
    eventually(lambda: service.shares()["accepted"] > before + 200, 30 * loka.SLOWNESS,
               "shares are accepted by the second pool")
    report = farm.stop()
    assert report["answered_twice"] == 0 and report["lost"] == 0, report
    # They subscribed to extranonce changes, so they were moved and not disconnected.
    assert report["connections_lost"] == 0, report
    shares = service.settled_shares()
    accepted = sum(ledgers.pool_verdicts(pool.stop())[0] for pool in (first, second))
    assert shares["accepted"] <= accepted <= shares["accepted"] + shares["unanswered"] + \
        shares["late_accepted"]


def test_a_miner_that_cannot_be_moved_is_disconnected(bench):
    pool = bench.pool()
    service = bench.service(pool)
    client = StratumClient(service.port).log_in()  # and never asked for extranonce changes
    pool.process.kill_all()
    # The fresh connection brings another extranonce, which this miner would never learn of.
    bench.pool(name="again", port=pool.port, extranonce2_size=6)
    assert client.read_until_closed(20 * loka.SLOWNESS)


def test_the_service_comes_back_with_its_pool(bench):
    pool = bench.pool()
    service = bench.service(pool)
    pool.process.kill_all()
    again = bench.pool(name="again", port=pool.port)
    client = eventually(lambda: log_in_or_none(service.port), 40, "a miner can log in again")
    client.wait_for("mining.notify")
    client.close()
    assert again.process.is_alive()


def log_in_or_none(port):
    try:
        return StratumClient(port).log_in()
    except (OSError, AssertionError):
        return None


def test_a_silent_pool_is_skipped(bench):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        second = bench.pool()
        service = bench.service(f"stratum+tcp://127.0.0.1:{silent.getsockname()[1]}", second)
        client = StratumClient(service.port, timeout=20)
        number = client.send("mining.subscribe", ["probe/1.0"])
        assert client.answer(number, timeout=15)["result"]
        client.close()


def test_a_miner_without_any_pool_is_closed_after_thirty_seconds(bench):
    service = bench.service(f"stratum+tcp://127.0.0.1:{free_port()}")
    client = StratumClient(service.port)
    client.send("mining.subscribe", ["probe/1.0"])
    if not loka.IS_LONG:  # it waits at first; the full test waits for the end too
        assert not client.read_until_closed(2)
    else:
        assert client.read_until_closed(35)
    client.close()


def test_pool_connection_test(bench):
    pool = bench.pool()
    service = bench.service(pool, f"stratum+tcp://127.0.0.1:{free_port()}", start=False)
    command = [str(loka.program("loka-stratum")), "--config", str(service.config_path),
               "--test-pool-connection"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 69, done
    assert "pool1" in done.stdout and "extranonce" in done.stdout
    service.pools = service.pools[:1]
    service.write_config()
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done


def test_rejects_of_the_pool_reach_the_miner_and_are_counted(bench):
    pool = bench.pool(reject_rate=0.2)
    service = bench.service(pool)
    report = bench.farm(service, miners=10, rate=100, duration="4s").report()
    assert report["lost"] == 0 and report["answered_twice"] == 0
    assert 0.1 < report["rejected"] / report["submitted"] < 0.3, report
    shares = service.settled_shares()
    assert shares["accepted"] == report["accepted"]
    assert shares["submitted"] - shares["accepted"] == report["rejected"]
    ledgers.assert_agree_with_pool(shares, *ledgers.pool_verdicts(pool.stop()))

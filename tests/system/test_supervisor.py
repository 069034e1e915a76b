"""The supervisor: one instance, its death, its children's deaths, a graceful stop."""

import os
import resource
import signal
import subprocess
import time

import ledgers
import loka
from processes import children, eventually
from stratum_client import StratumClient


def test_a_killed_supervisor_leaves_no_process_and_a_new_one_serves_within_two_seconds(bench):
    service = bench.service(bench.pool())
    for _ in range(5 if loka.IS_LONG else 2):
        old = service.process
        assert len(old.left()) >= 1 + 2 * service.workers
        killed = time.monotonic()
        old.signal(signal.SIGKILL)
        old.wait(5)
        bench.start(service)
        assert time.monotonic() - killed < 2 * loka.SLOWNESS
        eventually(lambda: not old.left(), 2, lambda: f"nothing is left of the old: {old.left()}")
        StratumClient(service.port).log_in().close()


def test_a_second_instance_ends_with_75_and_disturbs_nobody(bench):
    service = bench.service(bench.pool())
    client = StratumClient(service.port).log_in()
    second = subprocess.run([str(loka.program("loka-stratum")), "--config", service.config_path],
                            capture_output=True, text=True, timeout=20, check=False)
    assert second.returncode == 75, second
    assert second.stderr.strip(), "it says why"
    assert client.call("mining.ping", [])["result"] == "pong"
    client.close()


def test_a_stale_lock_file_is_no_obstacle(bench):
    service = bench.service(bench.pool())
    service.process.signal(signal.SIGKILL)
    service.process.wait(5)
    assert list(service.runtime_dir.iterdir()), "the dead instance left its files"
    bench.start(service)


def test_a_graceful_stop_answers_what_is_in_flight(bench):
    pool = bench.pool(answer_delay="500ms")
    service = bench.service(pool)
    farm = bench.farm(service, miners=20, rate=100, duration="60s")
    eventually(lambda: service.shares()["in_flight"] > 10, 20, "shares are in flight")
    begun = time.monotonic()
    assert service.stop() == 0
    assert time.monotonic() - begun < 6 * loka.SLOWNESS
    assert not service.process.left()
    farm.process.signal(signal.SIGINT)
    report = farm.report()
    accepted, rejected = ledgers.pool_verdicts(pool.stop())
    assert report["answered_twice"] == 0 and rejected == 0, report
    # What the pool had judged, the miners have heard.
    assert report["accepted"] == accepted, (report, accepted)


def test_a_second_term_stops_at_once(bench):
    pool = bench.pool(answer_delay="20s")
    service = bench.service(pool)
    bench.farm(service, miners=5, rate=20, duration="60s")
    eventually(lambda: service.shares()["in_flight"] > 3, 20, "shares are in flight")
    service.process.signal(signal.SIGTERM)
    eventually(lambda: not loka.is_listening(service.port) or not service.process.is_alive() or
               (service.ctl("status")[1] or {}).get("state") == "stopping", 5, "it is stopping")
    begun = time.monotonic()
    service.process.signal(signal.SIGTERM)
    service.process.wait(3 * loka.SLOWNESS)
    assert time.monotonic() - begun < 2 * loka.SLOWNESS
    # The engines die of their keepers' death, which the kernel tells them a moment later.
    eventually(lambda: not service.process.left(), 2, "no process is left")


def test_a_keepers_death_ends_its_sessions_alone(bench):
    service = bench.service(bench.pool())
    clients = [StratumClient(service.port).log_in(f"farm.rig{number}") for number in range(16)]
    victim, other = service.keepers()
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: service.is_serving() and victim not in service.keepers(),
               10 * loka.SLOWNESS, "the slot has a new keeper and serves")
    assert other in service.keepers()
    alive = sum(1 for client in clients if answers_ping(client))
    assert 0 < alive < len(clients)
    StratumClient(service.port).log_in().close()
    for client in clients:
        client.close()


def answers_ping(client):
    try:
        answer = client.call("mining.ping", [])
    except OSError:
        return False
    return answer is not None and answer["result"] == "pong"


def test_every_worker_is_a_keeper_and_an_engine(bench):
    service = bench.service(bench.pool())
    for worker in service.status()["workers"]:
        assert worker["keeper_pid"] in children(service.process.pid)
        assert children(worker["keeper_pid"]) == [worker["engine_pid"]]


def test_the_descriptor_limit_is_raised_and_the_figure_needed_is_named(bench):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1024), hard))
    try:
        service = bench.service(bench.pool(), extra=f"limiter:\n  connections: {10 * hard}\n")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    limits = open(f"/proc/{service.keepers()[0]}/limits", encoding="ascii").read()
    line = next(line for line in limits.splitlines() if line.startswith("Max open files"))
    assert line.split()[3] == str(hard), line
    assert "LimitNOFILE" in service.said() or "descriptor" in service.said(), service.said()

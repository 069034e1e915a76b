"""lokactl: exit codes, documents, tables without escape codes where nobody looks."""

import subprocess

import loka
from processes import eventually
from stratum_client import StratumClient


def lokactl(service, *words):
    return subprocess.run([str(loka.program("lokactl")), "--socket",
                           str(service.runtime_dir / "control.sock"), *words],
                          capture_output=True, text=True, timeout=20, check=False)


def test_exit_codes(bench):
    service = bench.service(bench.pool(), start=False)
    assert lokactl(service, "status").returncode == 3, "the service is not running"
    bench.start(service)
    assert lokactl(service, "status").returncode == 0
    assert lokactl(service, "frobnicate").returncode == 2
    assert lokactl(service).returncode == 2
    assert lokactl(service, "miner", "nobody.knows").returncode == 1


def test_every_verb_answers_with_a_document(bench):
    service = bench.service(bench.pool())
    for verb in ("status", "workers", "miners", "pools", "config", "reload", "reopen-logs",
                 "version"):
        code, document = service.ctl(verb)
        assert code == 0, (verb, document)
        assert document["schema"] == 1, (verb, document)


def test_tables_are_plain_text_in_a_pipe(bench):
    service = bench.service(bench.pool())
    client = StratumClient(service.port).log_in("farm.rig7")
    for verb in ("status", "workers", "miners", "pools", "config"):
        done = lokactl(service, verb)
        assert done.returncode == 0 and done.stdout.strip(), verb
        assert "\x1b" not in done.stdout, verb
    client.close()


def test_a_miner_is_found_by_its_login(bench):
    service = bench.service(bench.pool())
    farm = bench.farm(service, miners=3, rate=20, duration="60s")
    eventually(lambda: service.shares()["accepted"] > 20, 20, "shares are accepted")
    _, document = service.ctl("miners")
    assert len(document["miners"]) == 3
    miner = eventually(lambda: next((miner for miner in service.ctl("miners")[1]["miners"]
                                     if miner["accepted"] > 0), None), 10, "a miner has shares")
    assert miner["address"].startswith("127.0.0.1") and miner["agent"] and miner["difficulty"] > 0
    assert miner["rejected"] == 0 and miner["last_share_s"] is not None
    code, document = service.ctl("miner", miner["login"])
    assert code == 0 and document["miners"][0]["login"] == miner["login"]
    farm.stop()


def test_hashrate_is_told_from_accepted_difficulty(bench):
    service = bench.service(bench.pool(difficulty=1e-6))
    bench.farm(service, miners=10, rate=100, duration="60s")
    # 100 shares a second at difficulty 1e-6 stand for 100 * 1e-6 * 2^32 hashes a second.
    wanted = 100 * 1e-6 * 2**32
    eventually(lambda: 0.05 * wanted < service.status()["hashrate_hs"]["1m"] < 1.5 * wanted, 30,
               lambda: f"{service.status()['hashrate_hs']} comes near {wanted}")


def test_stop_ends_the_service(bench):
    service = bench.service(bench.pool())
    assert service.ctl("stop")[0] == 0
    assert service.process.wait(15 * loka.SLOWNESS) == 0
    assert not service.process.left()

"""Logs: reopened on USR1, one event one line whatever a peer sends."""

import json
import signal

from processes import eventually
from stratum_client import StratumClient


def test_usr1_reopens_the_file_in_every_process(bench):
    service = bench.service(bench.pool())
    rotated = service.log_path.with_suffix(".1")
    service.log_path.rename(rotated)
    service.process.signal(signal.SIGUSR1)
    eventually(service.log_path.exists, 5, "the log file is there again")
    size = rotated.stat().st_size
    # Every worker and the supervisor now write to the new file.
    for keeper in service.keepers():
        service.process.signal(signal.SIGHUP)
    eventually(lambda: service.log_path.stat().st_size > 0, 5, "something is logged")
    assert rotated.stat().st_size == size, "nobody writes to the old file"


def test_what_a_miner_sends_cannot_forge_a_line(bench):
    service = bench.service(bench.pool(), start=False)
    text = service.config_text(level="debug").replace("level: debug",
                                                      "level: debug\n  format: json")
    service.config_path.write_text(text)
    bench.start(service)
    client = StratumClient(service.port)
    client.call("mining.subscribe", ["evil\n{\"forged\": true}\x1b[31m\u2028"])
    client.call("mining.authorize", ["farm.rig\r\nforged \x1b]0;x\x07", "x"])
    client.close()
    assert service.stop() == 0
    lines = service.log_path.read_text(encoding="utf-8").splitlines()
    assert lines
    for line in lines:
        assert "\x1b" not in line and "\x07" not in line, line
        assert "forged" not in json.loads(line), line


def test_the_password_is_in_no_log(bench):
    pool = bench.pool()
    service = bench.service(pool, start=False)
    text = service.config_text(level="debug").replace("password: x", "password: hunter2")
    service.config_path.write_text(text)
    bench.start(service)
    client = StratumClient(service.port)
    client.call("mining.subscribe", ["probe/1.0"])
    client.call("mining.authorize", ["farm.rig7", "swordfish"])
    client.close()
    assert service.stop() == 0
    assert "hunter2" not in service.said() and "swordfish" not in service.said()

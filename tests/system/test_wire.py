"""A broken or hostile line never stops a worker, never reaches the other side, and is counted."""

import json
import pathlib
import socket

import loka
from processes import eventually
from stratum_client import StratumClient

HOSTILE = [
    b"\n", b"}\n", b"null\n", b"[]\n", b"{}\n", b'"mining.submit"\n', b"\xff\xfe\x00\n",
    b"[" * 60000 + b"\n", b'{"id":1,"method":"mining.submit","params":' + b"[" * 50 + b"\n",
    b'{"id":' + b"9" * 400 + b',"method":"mining.subscribe","params":[]}\n',
    b'{"id":{},"method":"mining.authorize","params":[[],{}]}\n',
    b'{"id":1,"method":"mining.submit","params":["a.b","j","00","zz","-1"]}\n',
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n",
    b"A" * 200000, b'{"id":1,"method":"\\u0000","params":[]}\n',
]


def test_hostile_lines_disturb_nobody(bench):
    service = bench.service(bench.pool())
    honest = StratumClient(service.port).log_in()
    before = [worker["epoch"] for worker in service.status()["workers"]]
    for line in HOSTILE + recorded_miner_lines():
        send_and_close(service.port, line)
    assert honest.call("mining.ping", [])["result"] == "pong"
    eventually(lambda: service.status()["miners"]["connected"] == 1, 30,
               "only the honest miner is left")
    assert [worker["epoch"] for worker in service.status()["workers"]] == before, "no engine died"
    honest.close()


def recorded_miner_lines():
    """Every line of the collection, whichever side is said to send it."""
    lines = []
    path = loka.ROOT / "tests" / "data" / "quirks.jsonl"
    for entry in path.read_text(encoding="utf-8").splitlines():
        if entry.strip():
            lines.append(json.loads(entry).get("line", "").encode() + b"\n")
    assert len(lines) > 100
    return lines


def send_and_close(port, line):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        try:
            client.sendall(line)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # closed already, which is an answer too


def test_lines_before_a_fin_are_handled(bench):
    service = bench.service(bench.pool())
    client = StratumClient(service.port).log_in()
    number = client.send("mining.ping", [])
    client.socket.shutdown(socket.SHUT_WR)
    assert client.answer(number)["result"] == "pong"
    assert client.read_until_closed(10)


def test_a_line_cut_into_bytes_is_one_line(bench):
    service = bench.service(bench.pool())
    client = StratumClient(service.port)
    for byte in b'{"id": 77, "method": "mining.subscribe", "params": ["cut/1.0"]}\n':
        client.socket.sendall(bytes([byte]))
    assert client.answer(77)["result"]
    client.close()


def test_an_id_keeps_its_text(bench):
    service = bench.service(bench.pool())
    client = StratumClient(service.port)
    client.send_line('{"id": "a \\u00e4/1", "method": "mining.subscribe", "params": []}')
    answer = client.answer("a \u00e4/1")
    assert answer is not None and answer["result"]
    client.close()


def test_an_idle_farm_costs_little(bench):
    """A sanity bound, far above the design's figure: 1 KiB of ours per idle miner."""
    service = bench.service(bench.pool())
    before = resident_kib(service)
    miners = 2000 if loka.IS_LONG else 500
    bench.farm(service, miners=miners, idle=True, duration="600s")
    eventually(lambda: service.status()["miners"]["connected"] >= miners, 60 * loka.SLOWNESS,
               "all miners are connected")
    per_miner = (resident_kib(service) - before) / miners
    print(f"{per_miner:.1f} KiB of resident memory per idle miner")
    assert per_miner < 16 * loka.SLOWNESS


def resident_kib(service):
    total = 0
    for pid in service.process.left():
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total

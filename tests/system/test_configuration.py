"""Configuration: all problems at once with their place, reload, a refusal with a sentence."""

import re
import signal
import subprocess

import loka
from processes import clean_environment, eventually
from stratum_client import StratumClient

BAD = """server:
  listen: ["127.0.0.1:{port}"]
  wokers: 2
pools:
  - name: primary
    url: stratum+tcp://127.0.0.1:70000
    url: stratum+tcp://127.0.0.1:3333
limiter:
  jobs: 10 parsecs
"""
PROBLEM = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+):(?P<column>\d+): (?P<rest>.+)$")


def stratum(*words, **environment):
    return subprocess.run([str(loka.program("loka-stratum")), *map(str, words)],
                          capture_output=True, text=True, timeout=20, check=False,
                          env={**clean_environment(), **environment})


def problems(text):
    return {int(match["line"]): match["rest"] for match in map(PROBLEM.match, text.splitlines())
            if match}


def test_validate_reports_all_problems_at_once(tmp_path):
    path = tmp_path / "loka.yaml"
    path.write_text(BAD.format(port=3333))
    done = stratum("--validate", "--config", path)
    assert done.returncode == 78
    found = problems(done.stdout + done.stderr)
    assert sorted(found) == [3, 6, 7, 9], done.stdout + done.stderr
    assert "workers" in found[3], "the nearest known key is named"
    assert "limiter.jobs" in found[9]


def test_a_bad_configuration_does_not_start(tmp_path):
    path = tmp_path / "loka.yaml"
    path.write_text(BAD.format(port=3333))
    done = stratum("--config", path)
    assert done.returncode == 78
    assert len(problems(done.stderr)) == 4, done.stderr


def test_a_good_configuration_validates(bench):
    service = bench.service(bench.pool(), start=False)
    done = stratum("-t", "--config", service.config_path)
    assert done.returncode == 0, done.stderr


def test_a_missing_file_is_named(tmp_path):
    done = stratum("--config", tmp_path / "absent.yaml")
    assert done.returncode == 78
    assert "absent.yaml" in done.stderr


def test_an_unknown_option_is_a_usage_error():
    assert stratum("--frobnicate").returncode == 64


def test_version():
    done = stratum("--version")
    assert done.returncode == 0 and re.search(r"\d+\.\d+\.\d+", done.stdout)


def test_dump_config_masks_secrets_and_names_origins(bench):
    service = bench.service(bench.pool(), start=False)
    text = service.config_path.read_text().replace("password: x", "password: hunter2")
    service.config_path.write_text(text)
    done = stratum("--config", service.config_path, "--dump-config", "--origin", "--set",
                   "logging.level=debug", LOKA_LIMITER_JOBS="5m")
    assert done.returncode == 0, done.stderr
    assert "hunter2" not in done.stdout
    assert "loka.yaml" in done.stdout and "LOKA_LIMITER_JOBS" in done.stdout
    assert "--set" in done.stdout


def test_reload_takes_a_good_file_and_keeps_every_connection(bench):
    service = bench.service(bench.pool())
    client = StratumClient(service.port).log_in()
    generation = service.status()["config"]["generation"]
    service.write_config(level="debug")
    service.process.signal(signal.SIGHUP)
    eventually(lambda: service.status()["config"]["generation"] > generation, 5,
               "the new generation is taken")
    assert client.call("mining.ping", [])["result"] == "pong"
    client.close()


def test_reload_refuses_a_bad_file_and_keeps_the_running_one(bench):
    service = bench.service(bench.pool())
    client = StratumClient(service.port).log_in()
    generation = service.status()["config"]["generation"]
    service.config_path.write_text(BAD.format(port=service.port))
    code, report = service.ctl("reload")
    assert code == 1 and len(report["problems"]) >= 4, report
    service.process.signal(signal.SIGHUP)
    eventually(lambda: len(problems_in_log(service)) >= 4, 5, "the problems are in the log")
    assert service.status()["config"]["generation"] == generation
    assert client.call("mining.ping", [])["result"] == "pong"
    client.close()


def problems_in_log(service):
    return re.findall(r"loka\.yaml:\d+:\d+", service.said())


def test_reload_refuses_with_a_sentence_what_needs_a_restart(bench):
    service = bench.service(bench.pool())
    service.write_config(workers=1)
    _, report = service.ctl("reload")
    assert any("server.workers" in sentence for sentence in report["refused"]), report
    assert len(service.status()["workers"]) == service.workers


def test_a_reload_moves_new_miners_to_a_new_pool(bench):
    first, second = bench.pool(name="first"), bench.pool(name="second")
    service = bench.service(first)
    service.pools = [("pool1", second.url)]
    service.write_config()
    code, report = service.ctl("reload")
    assert code == 0, report
    client = StratumClient(service.port).log_in()
    client.wait_for("mining.notify")
    _, document = service.ctl("pools")
    assert [pool["url"] for pool in document["pools"]] == [second.url], document
    client.close()


def test_a_readable_file_with_a_password_is_warned_of(bench):
    service = bench.service(bench.pool(), start=False)
    text = service.config_path.read_text().replace("password: x", "password: hunter2")
    service.config_path.write_text(text)
    service.config_path.chmod(0o644)
    bench.start(service)
    assert "password" in service.said() and "hunter2" not in service.said()

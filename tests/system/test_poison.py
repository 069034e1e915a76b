"""What kills twice is not tried a third time. Needs a build with -Dfault_injection=true, in which a
submit of the login "poison.engine" aborts the engine."""

import ledgers
import loka
from processes import eventually
from stratum_client import StratumClient


def test_a_poisonous_line_closes_its_own_session_after_two_deaths(bench):
    pool = bench.pool()
    service = bench.service(pool)
    farm = bench.farm(service, miners=50, rate=100, duration="600s")
    eventually(lambda: service.shares()["accepted"] > 100, 60, "shares are accepted")
    epochs = [worker["epoch"] for worker in service.status()["workers"]]
    poison = StratumClient(service.port).log_in("poison.engine")
    job_id = poison.wait_for("mining.notify")["params"][0]
    poison.send("mining.submit", ["poison.engine", job_id, "00" * 8, "66000000", "00000000"])
    assert poison.read_until_closed(20 * loka.SLOWNESS), "the poisonous session was not closed"
    after = eventually(lambda: service.is_serving() and service.status(), 20 * loka.SLOWNESS,
                       "every worker serves again")
    assert sum(worker["epoch"] for worker in after["workers"]) == sum(epochs) + 2
    report = farm.stop()
    ledgers.assert_nothing_lost(report)
    assert service.stop() == 0

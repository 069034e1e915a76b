"""Every line of tests/data/quirks.jsonl that concerns passthrough, through the real service."""

import concurrent.futures
import contextlib
import pathlib
import shutil
import tempfile

import pytest

import quirks
import quirks_play
from quirks_stage import Stage, can_name_hosts


def parameters():
    for quirk in quirks.load("passthrough"):
        marks = []
        if quirk.id == "q121":
            marks.append(pytest.mark.skipif(not can_name_hosts(),
                                            reason="needs a mount namespace to name hosts in"))
        yield pytest.param(quirk, id=quirk.id, marks=marks)


class Performance:
    """One stage for the lines that leave no trace, one after the other; a stage of its own for each
    that changes how a pool is seen or takes its time, all of them at once meanwhile."""

    def __init__(self, folder, chosen):
        self.folder = folder
        self.stages = [Stage(folder / "shared")]
        self.shared = self.stages[0]
        self.bystander = self.shared.miner()
        self.bystander.log_in()
        self.bystanders_pool = self.shared.next_connection()
        alone = [quirk for quirk in chosen if quirks_play.needs_own_service(quirk)]
        self._executor = concurrent.futures.ThreadPoolExecutor(max_workers=max(1, len(alone)))
        self._outcomes = {quirk.id: self._executor.submit(self._play_alone, quirk)
                          for quirk in alone}

    def _play_alone(self, quirk):
        stage = Stage(self.folder / quirk.id, has_names=quirks_play.needs_names(quirk))
        self.stages.append(stage)
        quirks_play.play(stage, quirk)

    def play(self, quirk):
        if quirk.id in self._outcomes:
            self._outcomes[quirk.id].result(60)
        else:
            quirks_play.play(self.shared, quirk)

    def take_down(self):
        self._executor.shutdown()
        return [orphan for stage in self.stages for orphan in stage.take_down()]


@pytest.fixture(scope="module")
def performance(request):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="loka-"))
    chosen = [item.callspec.params["quirk"] for item in request.session.items
              if "quirk" in getattr(getattr(item, "callspec", None), "params", {})]
    made = Performance(folder, chosen)
    yield made
    orphans = made.take_down()
    with contextlib.suppress(OSError):
        shutil.rmtree(folder)
    assert not orphans, orphans


@pytest.mark.parametrize("quirk", parameters())
def test_line(performance, quirk):
    performance.play(quirk)


def test_nobody_else_noticed(performance):
    """Runs last: a miner that was there all the time heard nothing, nor did its pool."""
    bystander, connection = performance.bystander, performance.bystanders_pool
    heard, said = len(bystander.lines), len(connection.lines)
    bystander.say(quirks_play.FENCE_REQUEST)
    at_miner = bystander.wait_for(lambda message: message.get("id") == quirks_play.FENCE, 10,
                                  "an answer")
    at_pool = connection.wait_for(quirks_play.is_fence_request, 10, "the bystander's request")
    assert (at_miner, at_pool) == (heard, said), (bystander.lines, connection.lines)


def test_what_was_logged_is_clean(performance):
    """Whatever the peers said, the log is UTF-8 without control bytes, one event one line."""
    for stage in performance.stages:
        text = stage.service.log_path.read_bytes().decode("utf-8")
        assert text and all(character >= " " or character == "\n" for character in text)


def test_the_collection_is_whole():
    """A line that goes missing from the file would not fail anything else."""
    assert [quirk.id for quirk in quirks.load("passthrough")] == [f"q{n:03}" for n in range(1, 194)]

"""Fixtures: a pool, a service and farms in a folder that is thrown away; nothing may be left running."""

import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import loka  # noqa: E402  (needs the path above)


class Bench:
    """Starts programs for one test and takes them all down after it."""

    def __init__(self, folder):
        self.folder = folder
        self._processes = []

    def pool(self, **options):
        pool = loka.Pool(self.folder, **options)
        self._processes.append(pool.process)
        return pool

    def service(self, *pools, start=True, **options):
        named = [(f"pool{number}", pool.url if hasattr(pool, "url") else pool)
                 for number, pool in enumerate(pools, start=1)]
        service = loka.Service(self.folder, named, **options)
        return self.start(service) if start else service

    def start(self, service):
        try:
            return service.start()
        finally:
            if service.process:
                self._processes.append(service.process)

    def farm(self, service, **options):
        port = service if isinstance(service, int) else service.port
        farm = loka.Farm(self.folder, port, **options)
        self._processes.append(farm.process)
        return farm

    def adopt(self, process):
        self._processes.append(process)
        return process

    def take_down(self):
        """Kills whatever still runs; returns what outlived the program that had started it."""
        orphans = []
        for process in reversed(self._processes):
            if not process.is_alive() and process.left():
                orphans.append(f"{process.name} left {process.left()}")
            process.kill_all()
        return orphans


@pytest.fixture
def bench(request):
    # A short path: the control socket's has to fit into 107 bytes.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="loka-"))
    made = Bench(folder)
    yield made
    orphans = made.take_down()
    if getattr(request.node, "has_failed", False):
        print(f"\nfiles of the failed test: {folder}")
        for path in sorted(folder.glob("*.log")) + sorted(folder.glob("*.stderr")):
            text = path.read_text(encoding="utf-8", errors="replace")
            if text:
                print(f"---- {path.name}, its end\n{text[-3000:]}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    assert not orphans, orphans


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call" and outcome.get_result().failed:
        item.has_failed = True

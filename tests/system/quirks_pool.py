"""A pool for one line at a time: it grants and judges by the book, except for one method whose
requests it holds back, so that the line under test can be their answer."""

import contextlib
import json
import re
import socket
import threading

import quirks_wire as wire
from processes import eventually

EXTRANONCE1 = "0800000200000002"
MASK = 0x1FFFE000
JOB_ID = "6625a3d5"
EXTENSIONS = ("version-rolling", "minimum-difficulty", "subscribe-extranonce", "info")
# Practically every hash is a share.
DIFFICULTY = 2.0 ** -32
NOTIFY = {"id": None, "method": "mining.notify", "params": [
    JOB_ID, "ab02cd818b9e567ee21793cddef299feb29ad444a41b85b8000008a300000000",
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff110345db0c",
    "0affffffff0100f2052a01000000160014000000000000000000000000000000000000000000000000",
    ["c40297f730dd7b5a99567eb8d27b78758f607507c52292d02d4031895b52f2ff"], "20000000", "17034219",
    "6625406b", True]}


class Script:
    """What the pools of one service do for the next connections."""

    def __init__(self, extranonce2_size=4, has_job=True, held_method=None):
        self.extranonce2_size = extranonce2_size
        self.has_job = has_job
        self._held_method = held_method
        self._lock = threading.Lock()

    def take_held_method(self):
        """Only the first connection holds anything back: the next is a healthy pool's."""
        with self._lock:
            held, self._held_method = self._held_method, None
            return held


class Pool:
    def __init__(self, arrivals, address="127.0.0.1", port=0):
        """arrivals: a list that takes every connection, of all pools that share it."""
        self.script = Script()
        self._arrivals = arrivals
        self._listener = socket.create_server((address, port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                accepted, _ = self._listener.accept()
                self._arrivals.append(Connection(self, accepted))

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class Connection:
    """One connection of the service to a pool. `lines` is everything that it said."""

    def __init__(self, pool, accepted):
        self.pool = pool
        self.lines = []
        self.held = []  # ids of the requests that have no answer yet
        self.is_closed = False
        self._socket = accepted
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._script = pool.script
        self._held_method = self._script.take_held_method()
        self._mask = 0
        self._names = set()
        self._shares = set()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def ports(self):
        return self._socket.getsockname()[1], self._socket.getpeername()[1]

    def send(self, data):
        self._socket.sendall(data)

    def say(self, message):
        self.send(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def close(self):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def wait_for(self, wanted, seconds, what):
        """The position of the first line whose message is wanted, once it has come."""
        def find():
            for position, line in enumerate(list(self.lines)):
                if wanted(wire.parse(line)):
                    return position + 1  # true for the first too
            return 0
        return eventually(find, seconds, lambda: f"the pool got {what}; {self.lines}") - 1

    def release(self):
        """Answers what was held back, as every pool would have, and holds nothing from now on."""
        self._held_method = None
        for request in self.held:
            self.say({"id": request, "result": True, "error": None})

    def _serve(self):
        unread = b""
        with contextlib.suppress(OSError):
            while more := self._socket.recv(65536):
                *lines, unread = (unread + more).split(b"\n")
                for line in lines:
                    self.lines.append(line)
                    self._hear(line)
        self.is_closed = True

    def _hear(self, line):
        try:
            message = json.loads(line)
        except ValueError:
            return  # stands in `lines`, where it will be judged
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            return
        if message["method"] == self._held_method:
            self.held.append(message.get("id"))
            return
        result, error = self._judge(message["method"], message.get("params") or [])
        if message.get("id") is not None:
            self.say({"id": message["id"], "result": result, "error": error})
        if message["method"] == "mining.authorize" and self._script.has_job:
            self.say({"id": None, "method": "mining.set_difficulty", "params": [DIFFICULTY]})
            self.say(NOTIFY)

    def _judge(self, method, params):
        """(result, error) of a request."""
        if method == "mining.configure":
            return self._configure(params), None
        if method == "mining.subscribe":
            pairs = [["mining.set_difficulty", "1"], ["mining.notify", "1"]]
            return [pairs, EXTRANONCE1, self._script.extranonce2_size], None
        if method == "mining.authorize":
            self._names.add(params[0])
            return True, None
        if method == "mining.submit":
            error = self._refusal(params)
            return (None, error) if error else (True, None)
        if method == "mining.extranonce.subscribe" or method.startswith("mining.suggest_"):
            return True, None
        return None, [20, "Unsupported method", None]

    def _configure(self, params):
        codes, options = [*params, [], {}][:2] if params else ([], {})
        granted = {code: True for code in codes if code in EXTENSIONS}
        if "version-rolling" in granted:
            self._mask = MASK & int(options.get("version-rolling.mask", "ffffffff"), 16)
            granted["version-rolling.mask"] = f"{self._mask:08x}"
        return granted

    def _refusal(self, params):
        """The error of a share, or None: everything of the shares but their hashes, which are all
        good enough."""
        if not 5 <= len(params) <= 6:
            return [20, "Malformed share", None]
        name, job_id, extranonce2, *words = params
        numbers = [number_of(word) for word in words]
        is_extranonce2 = isinstance(extranonce2, str) and re.fullmatch(
            "[0-9a-fA-F]{%d}" % (2 * self._script.extranonce2_size), extranonce2)
        if name not in self._names:
            return [24, "Unauthorized worker", None]
        if str(job_id) != JOB_ID:
            return [21, "Job not found", None]
        if not is_extranonce2 or None in numbers:
            return [20, "Malformed share", None]
        if len(numbers) == 3 and numbers[2] & ~self._mask:
            return [20, "Invalid version bits", None]
        share = (job_id, extranonce2.lower(), *numbers)
        if share in self._shares:
            return [22, "Duplicate share", None]
        self._shares.add(share)
        return None


def number_of(word):
    """ntime, nonce or version bits: 1 to 8 hex digits, or an integer; None if it is neither."""
    if isinstance(word, str) and re.fullmatch("[0-9a-fA-F]{1,8}", word):
        return int(word, 16)
    return word if isinstance(word, int) and 0 <= word < 2 ** 32 else None

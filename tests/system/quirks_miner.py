"""A miner that says exactly the bytes it is told to, and keeps every line that it hears."""

import json
import pathlib
import socket
import time

import quirks_wire as wire
from processes import Deadline, eventually

LOGIN = "user.w1"
CONFIGURE = {"id": 1, "method": "mining.configure", "params": [
    ["version-rolling"], {"version-rolling.mask": "1fffe000", "version-rolling.min-bit-count": 2}]}
SUBSCRIBE = {"id": 2, "method": "mining.subscribe", "params": ["quirks/1.0"]}
AUTHORIZE = {"id": 3, "method": "mining.authorize", "params": [LOGIN, "x"]}
EXTRANONCE_SUBSCRIBE = {"id": 4, "method": "mining.extranonce.subscribe", "params": []}
SUBMIT = {"id": 5, "method": "mining.submit",
          "params": [LOGIN, "6625a3d5", "01000000", "6625406b", "01020304"]}


class Miner:
    def __init__(self, port):
        self.lines = []
        self.is_closed = False
        self._unread = b""
        self.connected = time.monotonic()
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def ports(self):
        return self._socket.getsockname()[1], self._socket.getpeername()[1]

    def send(self, data):
        """False when the other side would take no more."""
        try:
            self._socket.settimeout(20)
            self._socket.sendall(data)
            return True
        except ConnectionError:
            return False

    def say(self, message):
        self.send(json.dumps(message).encode() + b"\n")

    def end_stream(self):
        self._socket.shutdown(socket.SHUT_WR)

    def close(self):
        self._socket.close()

    def wait_for(self, wanted, seconds, what):
        """The position of the first line whose message is wanted, once it has come."""
        end = time.monotonic() + seconds
        seen = 0
        while True:
            for position in range(seen, len(self.lines)):
                if wanted(wire.parse(self.lines[position])):
                    return position
            seen = len(self.lines)
            if not self.read_more(end):
                state = "it was closed" if self.is_closed else f"{seconds} s passed"
                raise Deadline(f"the miner did not get {what}: {state}; {self.lines}")

    def answer(self, number, seconds=10):
        position = self.wait_for(
            lambda message: wire.is_answer(message) and wire.id_text(message) == str(number),
            seconds, f"an answer to {number}")
        return wire.parse(self.lines[position])

    def wait_until_closed(self, seconds):
        end = time.monotonic() + seconds
        while self.read_more(end):
            pass
        return self.is_closed

    def read_more(self, end):
        """False when nothing more came until then, or ever will."""
        if self.is_closed:
            return False
        self._socket.settimeout(max(0.001, end - time.monotonic()))
        try:
            more = self._socket.recv(1 << 20)
        except TimeoutError:
            return False
        except ConnectionError:
            more = b""
        if not more:
            self.is_closed = True
            return False
        *lines, self._unread = (self._unread + more).split(b"\n")
        self.lines.extend(lines)
        return True

    def log_in(self, stage="mining", rolling=True, extranonce_subscribed=False):
        """Brings the connection into a state of the collection, one step at a time."""
        if stage == "connected":
            return
        steps = ([CONFIGURE] if rolling else []) + [SUBSCRIBE]
        steps += [AUTHORIZE] if stage != "subscribed" else []
        steps += [EXTRANONCE_SUBSCRIBE] if extranonce_subscribed else []
        for step in steps:
            self.say(step)
            assert wire.is_success(self.answer(step["id"])), self.lines
        if stage == "mining":
            self.wait_for(lambda message: message.get("method") == "mining.notify", 10, "a job")


def send_segments(sender, segments, pause_seconds=0.0):
    """One by one: the next is sent only when the other side has read what was sent before it."""
    for number, segment in enumerate(segments):
        if number and pause_seconds:
            time.sleep(pause_seconds)  # the pace is what is tested
        elif number:
            eventually(lambda: is_read(*sender.ports), 10, "the segment before is read")
        if sender.send(segment) is False:
            return


def is_read(own_port, peer_port):
    """Whether the peer's end of a loopback connection has nothing unread in the kernel."""
    for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        ends = [int(end.rpartition(":")[2], 16) for end in fields[1:3]]
        if ends == [peer_port, own_port]:
            return int(fields[4].partition(":")[2], 16) == 0
    return True  # closed

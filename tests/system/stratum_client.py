"""One miner's connection by hand, for what loka-sim does not do on purpose: pings in a closed loop,
wrong lines, half a line before a FIN."""

import json
import pathlib
import os
import socket
import struct
import time


class StratumClient:
    def __init__(self, port, timeout=10.0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local_port = self.socket.getsockname()[1]
        self.notifications = []
        self._unread = b""
        self._next_id = 1

    def send(self, method, params):
        """Sends a request and returns its id."""
        number = self._next_id
        self._next_id += 1
        self.send_line(json.dumps({"id": number, "method": method, "params": params}))
        return number

    def send_line(self, line):
        self.socket.sendall(line.encode() + b"\n")

    def read_line(self, timeout=10.0):
        """The next line, or None when the other side closed."""
        end = time.monotonic() + timeout
        while b"\n" not in self._unread:
            self.socket.settimeout(max(0.001, end - time.monotonic()))
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError:
                return None
            if not more:
                return None
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        return json.loads(line)

    def answer(self, number, timeout=10.0):
        """The answer to the request with that id; what comes before it is kept in notifications."""
        end = time.monotonic() + timeout
        while True:
            message = self.read_line(max(0.001, end - time.monotonic()))
            if message is None:
                return None
            if "method" not in message and message.get("id") == number:
                return message
            self.notifications.append(message)

    def call(self, method, params, timeout=10.0):
        return self.answer(self.send(method, params), timeout)

    def log_in(self, login="farm.probe"):
        subscribed = self.call("mining.subscribe", ["probe/1.0"])
        assert subscribed and subscribed.get("result"), subscribed
        authorized = self.call("mining.authorize", [login, "x"])
        assert authorized and authorized.get("result") is True, authorized
        return self

    def wait_for(self, method, timeout=10.0):
        """The first notification of that method, whether it has come already or not."""
        end = time.monotonic() + timeout
        while True:
            for message in self.notifications:
                if message.get("method") == method:
                    return message
            message = self.read_line(max(0.001, end - time.monotonic()))
            assert message is not None, f"closed before {method}"
            self.notifications.append(message)

    def read_until_closed(self, timeout=10.0):
        """True once the other side has closed; False if it still has not after that many seconds."""
        end = time.monotonic() + timeout
        try:
            while (message := self.read_line(max(0.001, end - time.monotonic()))) is not None:
                self.notifications.append(message)
        except TimeoutError:
            return False
        return True

    def reset(self):
        """Closes with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()


def holder_of(client, candidates):
    """Which of the processes holds the other end of the client's connection; None if none does."""
    local = f":{client.local_port:04X}"
    for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if not fields[2].endswith(local) or fields[1].endswith(local):
            continue
        wanted = f"socket:[{fields[9]}]"
        for pid in candidates:
            for descriptor in os.listdir(f"/proc/{pid}/fd"):
                try:
                    if os.readlink(f"/proc/{pid}/fd/{descriptor}") == wanted:
                        return pid
                except OSError:
                    continue
    return None

"""A proxy before PostgreSQL that counts what really crosses the wire: trips and statements."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_UNTYPED_HEAD, _TYPED_HEAD = 4, 5
# Simple query, and Execute of the extended protocol: what runs a statement.
_RUNS = frozenset(b"QE")


@dataclass
class Counts:
    """Trips are turns of the conversation: the client spoke after the server had."""

    trips: int = 0
    statements: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *, trips: int = 0, statements: int = 0) -> None:
        with self._lock:
            self.trips += trips
            self.statements += statements


class _Reader:
    """Finds the messages in what a client sends, however it is cut into packets."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._begun = False

    def statements_in(self, data: bytes) -> int:
        self._rest += data
        found = 0
        while True:
            head = _TYPED_HEAD if self._begun else _UNTYPED_HEAD
            if len(self._rest) < head:
                return found
            (length,) = struct.unpack("!I", self._rest[head - 4 : head])
            whole = length + (1 if self._begun else 0)
            if len(self._rest) < whole:
                return found
            if self._begun and self._rest[0] in _RUNS:
                found += 1
            self._begun = True
            del self._rest[:whole]


@contextmanager
def counting(port: int) -> Iterator[tuple[int, Counts]]:
    """Listen before the server at `port`; yield the port to use instead, and the counts."""
    counts = Counts()
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", port))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            turn = threading.Event()
            _start(_pump_requests, client, server, counts, turn)
            _start(_pump_answers, server, client, turn)

    _start(accept)
    try:
        yield listener.getsockname()[1], counts
    finally:
        listener.close()


def _start(target: object, *arguments: object) -> None:
    assert callable(target)
    threading.Thread(target=target, args=arguments, daemon=True).start()


def _pump_requests(
    client: socket.socket, server: socket.socket, counts: Counts, answered: threading.Event
) -> None:
    reader = _Reader()
    answered.set()
    try:
        while data := client.recv(65536):
            turned = answered.is_set()
            answered.clear()
            counts.add(trips=int(turned), statements=reader.statements_in(data))
            server.sendall(data)
        server.shutdown(socket.SHUT_WR)
    except OSError:
        return


def _pump_answers(server: socket.socket, client: socket.socket, answered: threading.Event) -> None:
    try:
        while data := server.recv(65536):
            answered.set()
            client.sendall(data)
        client.shutdown(socket.SHUT_WR)
    except OSError:
        return

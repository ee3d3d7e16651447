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
_SCAN = b"handshake_settle"


@dataclass
class Line:
    """
    What one connection carried.

    Trips are turns of the conversation: the client spoke after the server had.
    """

    trips: int = 0
    statements: int = 0
    # Whether a request was ever served on it: what a server asks for itself, such as which sessions
    # have ended, has a connection of its own.
    serves: bool = False


@dataclass
class Counts:
    """What the connections carried that serve requests."""

    lines: list[Line] = field(default_factory=list)

    @property
    def trips(self) -> int:
        return sum(line.trips for line in self.lines if line.serves)

    @property
    def statements(self) -> int:
        return sum(line.statements for line in self.lines if line.serves)


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
            turn, line = threading.Event(), Line()
            counts.lines.append(line)
            _start(_pump_requests, client, server, line, turn)
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
    client: socket.socket, server: socket.socket, line: Line, answered: threading.Event
) -> None:
    reader = _Reader()
    answered.set()
    try:
        while data := client.recv(65536):
            turned = answered.is_set()
            answered.clear()
            # A scan's statements name its tables; they are parsed once on each connection.
            line.serves |= _SCAN in data
            line.trips += turned
            line.statements += reader.statements_in(data)
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

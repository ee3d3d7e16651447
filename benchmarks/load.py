"""
A frugal HTTP client in a process of its own: keep-alive sockets, bytes made beforehand.

Reads its plan as JSON from standard input and writes what was answered as JSON to standard output.
"""

import json
import selectors
import socket
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from uma.stack.folder import ROOT

_GIVE_UP_S = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for the request of the same position."""

    status: int
    replayed: bool
    body: bytes
    latency_ms: float


@dataclass(frozen=True, slots=True)
class Run:
    """The answers in the order of the requests, and how long all of them took together."""

    answers: list[Answer]
    seconds: float


def send(requests: Sequence[bytes], *, port: int, connections: int) -> Run:
    """Send every request once over so many connections, from another process."""
    plan = {
        "port": port,
        "connections": connections,
        "requests": [b64encode(request).decode() for request in requests],
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(plan),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"The load generator failed: {done.stderr[-2000:]}")
    seconds, rows = json.loads(done.stdout)
    return Run([Answer(s, r, b64decode(b), ms) for s, r, b, ms in rows], seconds)


def request(
    method: str, path: str, *, token: str, body: bytes = b"", key: str | None = None
) -> bytes:
    """Return the bytes of one request as a scanner's or a rider's app sends it."""
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {token}",
        "Accept: application/json",
    ]
    if key:
        head.append(f"Idempotency-Key: {key}")
    if method == "POST":
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def visit(path: str, *, role: str, token: str) -> bytes:
    """Return the bytes with which a browser asks for a page of an app in which somebody is signed in."""
    # Both names, with TLS and without: the server looks for its own.
    cookies = "; ".join(f"{prefix}uma_{role}_access={token}" for prefix in ("", "__Host-"))
    head = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookies}", "Accept: text/html"]
    return "\r\n".join(head).encode() + b"\r\n\r\n"


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    number: int = -1
    sent_at: float = 0.0
    read: bytearray = field(default_factory=bytearray)


def _parsed(data: bytearray) -> tuple[int, bool, bytes] | None:
    """Return status, whether it is a replay, and body; None while bytes are missing."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(data[:end]).lower()
    start = head.find(b"content-length:")
    if start < 0:
        raise ValueError(f"an answer without a length: {head!r}")
    length = int(head[start + 15 :].split(b"\r\n", 1)[0])
    if len(data) < end + 4 + length:
        return None
    return int(head[9:12]), b"idempotent-replayed: true" in head, bytes(data[end + 4 :])


def _drive(
    requests: Sequence[bytes], *, port: int, connections: int
) -> tuple[float, list[tuple[int, bool, bytes, float] | None]]:
    waiting = deque(range(len(requests)))
    answers: list[tuple[int, bool, bytes, float] | None] = [None] * len(requests)
    selector = selectors.DefaultSelector()
    open_connections = []
    for _ in range(min(connections, len(requests))):
        plug = socket.create_connection(("127.0.0.1", port))
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        open_connections.append(_Connection(plug))
        selector.register(plug, selectors.EVENT_READ, open_connections[-1])
    started = time.perf_counter()

    def send_next(connection: _Connection) -> bool:
        if not waiting:
            return False
        connection.number = waiting.popleft()
        connection.read.clear()
        connection.sent_at = time.perf_counter()
        # A request fits into the socket's buffer, so this never waits.
        connection.socket.sendall(requests[connection.number])
        return True

    busy = sum(send_next(connection) for connection in open_connections)
    while busy:
        ready = selector.select(timeout=_GIVE_UP_S)
        if not ready:
            raise TimeoutError("no answer for a minute")
        for key, _ in ready:
            connection: _Connection = key.data
            part = connection.socket.recv(65536)
            if not part:
                raise ConnectionError("the server closed the connection")
            connection.read += part
            whole = _parsed(connection.read)
            if whole is not None:
                latency_ms = (time.perf_counter() - connection.sent_at) * 1000
                answers[connection.number] = (*whole, latency_ms)
                busy -= not send_next(connection)
    return time.perf_counter() - started, answers


def main() -> None:
    """Carry out the plan on standard input."""
    plan = json.load(sys.stdin)
    requests = [b64decode(text) for text in plan["requests"]]
    seconds, answers = _drive(requests, port=plan["port"], connections=plan["connections"])
    rows = [
        (status, replayed, b64encode(body).decode(), latency_ms)
        for status, replayed, body, latency_ms in (row for row in answers if row is not None)
    ]
    json.dump([seconds, rows], sys.stdout)


if __name__ == "__main__":
    main()

"""The limits as a whole: two web processes, one Valkey, and callers who lie about who they are."""

import http.client
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kernel.valkey import OwnValkey
from uma.stack import ports, programs

CALLERS = 64
LIMIT = 20
# How a caller's own words may look; none of them makes a new caller. (Names with underscores are the
# proxy's to drop: WSGI cannot tell them from those with hyphens. deploy/nginx.conf does.)
DISGUISES: tuple[Callable[[int], list[tuple[str, str]]], ...] = (
    lambda n: [("X-Forwarded-For", f"10.0.0.{n}, 203.0.113.7")],
    lambda n: [("x-forwarded-FOR", f"10.1.{n}.1,10.2.{n}.1 , 203.0.113.7")],
    lambda n: [
        ("X-Forwarded-For", f"2001:db8:{n:x}::1,203.0.113.7"),
        ("Forwarded", f"for=10.3.0.{n}"),
    ],
    lambda n: [("X-Forwarded-For", "203.0.113.7"), ("X-Real-IP", f"10.4.0.{n}")],
    lambda n: [("X-Forwarded-For", "203.0.113.7:4711"), ("True-Client-IP", f"10.5.0.{n}")],
    lambda n: [("X-Forwarded-For", f"10.6.0.{n}"), ("X-Forwarded-For", "203.0.113.7")],
)
PATHS = ("/api/nowhere", "/api/nowhere/", "/api/Nowhere?x=1", "/api//nowhere")


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[OwnValkey]:
    server = OwnValkey(tmp_path)
    server.start()
    yield server
    server.stop()


@contextmanager
def two_processes(valkey: OwnValkey, folder: Path, **settings: str) -> Iterator[list[int]]:
    """Two web servers of one process each; yields their ports."""
    environment = {
        "REDIS_URL": valkey.url,
        "UMA_PROXY_COUNT": "1",
        "UMA_WEB_WORKERS": "2",
        "UMA_RATE_ANONYMOUS": f"{LIMIT}/day",
        **settings,
    }
    found = [ports.any_free() for _ in range(2)]
    servers = [
        programs.web(
            host=ports.HOST, port=port, workers=1, environment=environment, logs=folder / str(port)
        )
        for port in found
    ]
    try:
        for server in servers:
            server.start()
        yield found
    finally:
        for server in servers:
            if server.process is not None:
                server.stop()


def send(port: int, path: str, headers: list[tuple[str, str]], body: str = "") -> int:
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=20)
    connection.putrequest("POST" if body else "GET", path)
    for name, value in headers:
        connection.putheader(name, value)
    if body:
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body.encode() or None)
    status = connection.getresponse().status
    connection.close()
    return status


def at_once(one: Callable[[int], int], callers: int = CALLERS) -> Mapping[int, int]:
    together = threading.Barrier(callers)

    def call(number: int) -> int:
        together.wait()
        return one(number)

    with ThreadPoolExecutor(callers) as pool:
        return Counter(pool.map(call, range(callers)))


def test_exactly_the_limit_passes_through_two_processes_whatever_callers_say_they_are(
    valkey: OwnValkey, tmp_path: Path
) -> None:
    with two_processes(valkey, tmp_path) as web:

        def disguised(number: int) -> int:
            headers = DISGUISES[number % len(DISGUISES)](number)
            return send(web[number % 2], PATHS[number % len(PATHS)], headers)

        assert at_once(disguised) == {404: LIMIT, 429: CALLERS - LIMIT}


def test_a_network_of_ipv6_is_one_caller_however_it_rotates(
    valkey: OwnValkey, tmp_path: Path
) -> None:
    with two_processes(valkey, tmp_path) as web:

        def rotating(number: int) -> int:
            address = f"2001:db8:1:2:{number:x}:{number:x}::{number:x}"
            return send(web[number % 2], "/api/nowhere", [("X-Forwarded-For", address)])

        assert at_once(rotating) == {404: LIMIT, 429: CALLERS - LIMIT}
        neighbour = [("X-Forwarded-For", "2001:db8:1:3::1")]
        assert send(web[0], "/api/nowhere", neighbour) == 404


def test_a_guesser_passes_the_limit_once_and_both_processes_know(
    valkey: OwnValkey, tmp_path: Path
) -> None:
    with two_processes(
        valkey, tmp_path, UMA_RATE_FAILED=f"{LIMIT}/day", UMA_RATE_ANONYMOUS="1000/day"
    ) as web:

        def guess(number: int) -> int:
            token = ("Authorization", f"Bearer a.b.{number}")
            return send(web[number % 2], "/api/user/profile", [token])

        assert at_once(guess) == {401: LIMIT, 429: CALLERS - LIMIT}


@pytest.mark.parametrize("down", ["frozen", "dead"])
def test_when_valkey_goes_away_midway_nobody_waits_and_guessing_is_held_closer(
    valkey: OwnValkey, tmp_path: Path, down: str
) -> None:
    rates = {"UMA_RATE_FAILED": f"{LIMIT}/day", "UMA_RATE_ANONYMOUS": "1000/day"}
    with two_processes(valkey, tmp_path, **rates) as web:

        def guess(number: int) -> int:
            token = ("Authorization", f"Bearer a.b.{number}")
            return send(web[number % 2], "/api/user/profile", [token])

        before = [guess(number) for number in range(8)]
        if down == "frozen":
            valkey.freeze()
        else:
            valkey.kill()
        after = at_once(guess)

        assert before == [401] * 8
        # Each of the two gives out half of the twenty; four of each half were gone.
        assert after == {401: LIMIT - 8, 429: CALLERS - (LIMIT - 8)}

"""
Who signs out through one web server is signed out at every other within a second.

Two servers of three processes each, on the platform's database. What Valkey does makes no
difference; when the list of ended sessions cannot be read, nobody writes.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psutil
import psycopg
import pytest
import requests

from tests.faults.conftest import Platform
from tests.faults.visiting import another_web, prepare, tell
from uma.kernel.http.revocation import STALE_S
from uma.stack import programs
from uma.stack.postgres import Cluster

pytestmark = pytest.mark.timeout(300)

WITHIN_S = 1.0
# More than enough for each of a server's three processes to be met.
ASKED = 40
# As many as all of these tests end or use.
SESSIONS = 8


@dataclass
class Town:
    """Two servers and an owner who scans; each `sign_in` is one session on another device."""

    platform: Platform
    here: str
    there: str
    owner: str
    # Sessions that nobody has ended; opening one takes a process.
    unused: list[str] = field(default_factory=list)

    def sign_in(self) -> str:
        """Return the access token of a session of the owner's that is like new."""
        if not self.unused:
            program = programs.python(
                name="signing-in",
                arguments=["-m", "tests.faults.signing_in", "merchant", *[self.owner] * SESSIONS],
                environment={
                    **self.platform.environment,
                    "DJANGO_SETTINGS_MODULE": "uma.settings",
                },
                logs=self.platform.folder / "log",
            )
            said = programs.run_to_end(program, title="signing in")
            self.unused = [one["access"] for one in json.loads(said.strip().splitlines()[-1])]
        return self.unused.pop()

    def execute(self, sql: str, *values: object) -> None:
        with psycopg.connect(self.platform.cluster.url, autocommit=True) as connection:
            connection.execute(sql.encode(), values)


@pytest.fixture(scope="module")
def town(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("webs")
    shops, _ = prepare(platform, shops=1, riders=0)
    with (
        another_web(platform, folder / "here") as (_, here),
        another_web(platform, folder / "there") as (_, there),
    ):
        yield Town(platform, here, there, shops[0][0])


def scan(url: str, access: str) -> requests.Response:
    """Present a code that is none: whoever is signed in is told so, whoever is not is not."""
    return requests.post(
        f"{url}/api/handshake/execute",
        json={"qrData": "UMA1.NONE"},
        headers={"Authorization": f"Bearer {access}"},
        timeout=20,
    )


def may_scan(url: str, access: str) -> bool:
    answer = scan(url, access)
    assert answer.status_code in {401, 422}, answer.text
    return answer.status_code == 422


def refused_after_s(url: str, access: str, *, since: float) -> float:
    """Ask until one process refuses; then every process must, a second after `since`."""
    while may_scan(url, access):
        assert time.monotonic() - since < 5, "still let in"
    first = time.monotonic() - since
    time.sleep(max(0.0, since + WITHIN_S - time.monotonic()))
    assert not any(may_scan(url, access) for _ in range(ASKED))
    return first


def sign_out(url: str, access: str) -> None:
    answer = requests.post(
        f"{url}/api/auth/logout", headers={"Authorization": f"Bearer {access}"}, timeout=20
    )
    assert answer.status_code == 204


def check(town: Town, what: str, end: Callable[[str], None]) -> None:
    """Let somebody scan everywhere, end it by `end`, and see every process refuse in time."""
    access = town.sign_in()
    for url in (town.here, town.there):
        assert all(may_scan(url, access) for _ in range(ASKED // 4))
    end(access)
    ended = time.monotonic()
    seconds = [refused_after_s(url, access, since=ended) for url in (town.there, town.here)]
    tell(f"{what}: the other server refuses after {seconds[0] * 1000:.0f} ms")
    assert seconds[0] <= WITHIN_S


def test_a_sign_out_holds_everywhere_within_a_second_whatever_valkey_does(town: Town) -> None:
    def end(access: str) -> None:
        sign_out(town.here, access)

    valkey = town.platform.valkey
    check(town, "healthy", end)
    town.platform.freeze(valkey)
    try:
        check(town, "Valkey frozen", end)
    finally:
        town.platform.thaw(valkey)
    assert valkey.process is not None
    valkey.process.kill()
    try:
        check(town, "Valkey dead", end)
    finally:
        valkey.start()


def test_a_closed_account_is_out_everywhere_within_a_second_whoever_closed_it(town: Town) -> None:
    def close(_: str) -> None:
        town.execute("UPDATE accounts_user SET is_active = false WHERE id = %s", town.owner)

    try:
        check(town, "closed in SQL", close)
    finally:
        town.execute("UPDATE accounts_user SET is_active = true WHERE id = %s", town.owner)
        # They ended with the account.
        town.unused.clear()


def test_a_reader_whose_connection_was_cut_connects_again(town: Town) -> None:
    town.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE query LIKE 'SELECT id FROM accounts_session WHERE revoked_at%%'"
    )
    time.sleep(1.5)

    check(town, "after a cut", lambda access: sign_out(town.here, access))


def test_while_the_list_cannot_be_read_nobody_writes_and_reading_goes_on(town: Town) -> None:
    access = town.sign_in()
    # A process that nobody asked yet has no list to go on with: it would stop at once.
    assert all(may_scan(town.here, access) for _ in range(ASKED))

    def asked(url: str, *, until: Callable[[int], bool], within_s: float) -> float:
        began = time.monotonic()
        while not until(scan(url, access).status_code):
            assert time.monotonic() - began < within_s
        return time.monotonic() - began

    with psycopg.connect(town.platform.cluster.url) as holder:
        holder.execute("LOCK TABLE accounts_session IN ACCESS EXCLUSIVE MODE")
        shut_after_s = asked(town.here, until=lambda code: code == 503, within_s=STALE_S + 3)
        time.sleep(max(0.0, STALE_S + 1 - shut_after_s))
        refusals = [scan(town.here, access) for _ in range(ASKED)]
        profile = requests.get(
            f"{town.here}/api/merchant/profile",
            headers={"Authorization": f"Bearer {access}"},
            timeout=20,
        )
        holder.rollback()
    open_after_s = asked(town.here, until=lambda code: code == 422, within_s=5)

    tell(f"writes stop after {shut_after_s:.1f} s and go on after {open_after_s:.1f} s")
    assert shut_after_s > STALE_S - 1, "a moment without news must not stop the scanners"
    assert {(one.status_code, one.json()["code"]) for one in refusals} == {(503, "unavailable")}
    assert refusals[0].headers["Retry-After"]
    assert profile.status_code == 200


@contextmanager
def frozen(cluster: Cluster) -> Iterator[None]:
    """Stop the server and every process that serves a connection; each is a group of its own."""
    assert cluster.process is not None
    server = psutil.Process(cluster.process.pid)
    family = [server, *server.children(recursive=True)]
    for process in family:
        process.suspend()
    try:
        yield
    finally:
        for process in family:
            process.resume()


def test_a_frozen_database_is_left_for_the_one_that_thawed(town: Town) -> None:
    """Nothing answers and nothing closes: the read that hangs is cut, and the next one connects."""
    access = town.sign_in()
    assert all(may_scan(town.here, access) for _ in range(ASKED // 4))

    with frozen(town.platform.cluster):
        time.sleep(STALE_S + 1)
        began = time.monotonic()
        answer = scan(town.here, access)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert time.monotonic() - began < WITHIN_S
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with suppress(requests.RequestException):
            if scan(town.here, access).status_code == 422:
                break

    check(town, "after a freeze", lambda access: sign_out(town.here, access))

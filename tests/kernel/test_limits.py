import ipaddress
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from tests.kernel.valkey import OwnValkey
from uma.kernel.http import limits
from uma.kernel.http.authentication import issue_access_token
from uma.kernel.http.limits import LocalCounts, SharedCounts, client_address, count

pytestmark = pytest.mark.urls("tests.kernel.urls")
NOON = 1_795_435_200.0


def bearer(role: str) -> dict[str, str]:
    token = issue_access_token(
        user_id=uuid4(), role=role, session_id=uuid4(), now=datetime.now(UTC)
    )
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def tight(settings: Settings, valkey: OwnValkey) -> Settings:
    """Limits that are soon reached, counted in a Valkey of the test's own."""
    settings.REDIS_URL = valkey.url
    settings.RATE_LIMITS = {
        "anonymous": "3/day",
        "rider": "4/day",
        "merchant": "4/day",
        "operator": "4/day",
        "scanner": "6/day",
    }
    return settings


def test_exactly_the_limit_passes_when_sixty_four_ask_at_once(valkey: OwnValkey) -> None:
    counts = SharedCounts(valkey.url)
    together = threading.Barrier(64)

    def ask(_: int) -> bool:
        together.wait()
        return count(counts, rate="20/minute", key="k", now=NOON).allowed

    with ThreadPoolExecutor(64) as pool:
        passed = list(pool.map(ask, range(64)))

    assert sum(passed) == 20


def test_no_request_is_forgotten_when_threads_count_at_once() -> None:
    counts = LocalCounts()
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # or a thread would rarely be interrupted between read and write
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: [counts.incr("k", 60) for _ in range(3_000)], range(8)))
    finally:
        sys.setswitchinterval(usual)

    assert counts.incr("k", 60) == 8 * 3_000 + 1


def test_a_new_window_starts_afresh_and_says_when() -> None:
    counts = LocalCounts()

    verdicts = [
        count(counts, rate="2/minute", key="k", now=NOON + second) for second in (0, 15, 59, 60)
    ]

    assert [verdict.allowed for verdict in verdicts] == [True, True, False, True]
    assert [verdict.remaining for verdict in verdicts] == [1, 0, 0, 1]
    assert [verdict.reset_s for verdict in verdicts] == [60, 45, 1, 60]


def test_local_counters_are_bounded() -> None:
    counts = LocalCounts(capacity=10)

    for number in range(1_000):
        counts.incr(str(number), 60)

    assert len(counts._counts) <= 10


@pytest.mark.usefixtures("tight")
def test_a_stranger_is_told_what_is_left_and_when_to_return(client: Client) -> None:
    answers = [client.get("/api/open") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer["RateLimit-Limit"] for answer in answers} == {"3"}
    refused = answers[-1]
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused["Retry-After"]) <= 86_400
    assert refused["Retry-After"] == refused["RateLimit-Reset"]


@pytest.mark.usefixtures("tight")
def test_people_are_counted_by_who_they_are_not_where(client: Client) -> None:
    one, other = bearer("rider"), bearer("rider")

    assert [client.get("/api/who", headers=one).status_code for _ in range(5)] == [200] * 4 + [429]
    assert client.get("/api/who", headers=other).status_code == 200
    assert client.get("/api/open").status_code == 200


@pytest.mark.usefixtures("tight")
def test_whoever_guesses_tokens_is_counted_as_a_stranger(client: Client) -> None:
    bad = {"Authorization": "Bearer x.y.z"}

    statuses = [client.get("/api/who", headers=bad).status_code for _ in range(5)]

    assert statuses == [401, 401, 401, 429, 429]


@pytest.mark.usefixtures("tight")
def test_dashboards_never_use_up_the_scanners_lane(client: Client, valkey: OwnValkey) -> None:
    staff = bearer("merchant")
    dashboard = [client.get("/api/merchant", headers=staff).status_code for _ in range(6)]

    scans = [client.get("/api/scanner", headers=staff).status_code for _ in range(7)]

    assert dashboard == [200] * 4 + [429] * 2
    assert scans == [200] * 6 + [429]
    # Nothing of the lane leaves the process, so nothing outside can hold a scan up.
    assert valkey.client.keys("*scanner*") == []
    assert valkey.client.keys("*merchant*")


def test_a_forged_header_does_not_make_a_new_caller(client: Client, tight: Settings) -> None:
    tight.PROXY_COUNT = 0

    statuses = [
        client.get("/api/open", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n in range(4)
    ]

    assert statuses == [200, 200, 200, 429]


def test_behind_a_proxy_the_proxys_word_counts_and_the_callers_does_not(
    client: Client, tight: Settings
) -> None:
    tight.PROXY_COUNT = 1

    def ask(forwarded: str) -> int:
        return client.get("/api/open", headers={"X-Forwarded-For": forwarded}).status_code

    assert [ask(f"10.9.9.{n}, 198.51.100.7") for n in range(4)] == [200, 200, 200, 429]
    assert ask("10.9.9.9, 198.51.100.8") == 200


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "address"),
    [
        (0, "1.1.1.1", "198.51.100.1", "198.51.100.1"),
        (1, "1.1.1.1", "198.51.100.1", "1.1.1.1"),
        (1, "9.9.9.9, 1.1.1.1", "198.51.100.1", "1.1.1.1"),
        (2, "9.9.9.9, 1.1.1.1, 10.0.0.1", "198.51.100.1", "1.1.1.1"),
        (2, "1.1.1.1", "198.51.100.1", "198.51.100.1"),
        (1, "", "198.51.100.1", "198.51.100.1"),
        (1, "nonsense", "198.51.100.1", "unknown"),
        (0, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (0, "", "2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        (0, "", "::ffff:198.51.100.1", "198.51.100.1"),
        (0, "", "fe80::1%eth0", "fe80::"),
        (0, "", "", "unknown"),
    ],
)
def test_the_callers_address_is_what_our_own_proxies_say(
    settings: Settings, proxies: int, forwarded: str, remote: str, address: str
) -> None:
    settings.PROXY_COUNT = proxies
    request = RequestFactory().get(
        "/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": forwarded} if forwarded else {}
    )

    assert client_address(request) == address


@given(st.ip_addresses(v=6, network="2001:db8::/64"), st.ip_addresses(v=6))
def test_a_whole_sixty_four_is_one_caller(
    one: ipaddress.IPv6Address, other: ipaddress.IPv6Address
) -> None:
    assert limits._network(str(one)) == "2001:db8::"
    if other.ipv4_mapped is None:
        same = int(other) >> 64 == int(one) >> 64
        assert (limits._network(str(other)) == "2001:db8::") == same


def test_a_frozen_valkey_costs_one_time_out_and_then_nothing(valkey: OwnValkey) -> None:
    counts = SharedCounts(valkey.url, open_for_s=30)
    count(counts, rate="20/minute", key="k", now=NOON)
    valkey.freeze()

    started = time.perf_counter()
    first = count(counts, rate="20/minute", key="k", now=NOON)
    first_s = time.perf_counter() - started
    started = time.perf_counter()
    others = [count(counts, rate="20/minute", key="k", now=NOON) for _ in range(100)]
    others_s = time.perf_counter() - started

    assert first.allowed
    assert first_s < 0.4
    # The limit still holds, in this process.
    assert sum(verdict.allowed for verdict in others) == 19
    assert others_s < 0.1


def test_a_dead_valkey_is_no_error_and_is_used_again_when_it_is_back(valkey: OwnValkey) -> None:
    counts = SharedCounts(valkey.url, open_for_s=0.05)
    valkey.kill()

    away = [count(counts, rate="3/minute", key="k", now=NOON).allowed for _ in range(5)]
    valkey.start()
    time.sleep(0.06)
    count(counts, rate="3/minute", key="k", now=NOON)

    assert away == [True, True, True, False, False]
    assert valkey.client.keys("*k:60:*")


def test_a_frozen_valkey_never_slows_a_scan(
    client: Client, tight: Settings, valkey: OwnValkey
) -> None:
    tight.RATE_LIMITS = tight.RATE_LIMITS | {"scanner": "1000/day"}
    staff = bearer("merchant")
    client.get("/api/scanner", headers=staff)
    valkey.freeze()

    started = time.perf_counter()
    for _ in range(20):
        assert client.get("/api/scanner", headers=staff).status_code == 200
    # One socket time-out per scan would be two seconds.
    assert time.perf_counter() - started < 1.0

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from tests.kernel.valkey import OwnValkey
from uma.kernel.http import authentication, guessers
from uma.kernel.http.authentication import issue_access_token
from uma.kernel.http.lanes import LANES, sealed

pytestmark = pytest.mark.urls("tests.kernel.urls")


def bearer(role: str) -> dict[str, str]:
    token = issue_access_token(
        user_id=uuid4(), role=role, session_id=uuid4(), now=datetime.now(UTC)
    )
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def tight(settings: Settings, valkey: OwnValkey) -> Iterator[Settings]:
    """Limits that are soon reached, counted in a Valkey of the test's own."""
    settings.REDIS_URL = valkey.url
    settings.RATE_LIMITS = dict.fromkeys(LANES, "1000/day") | {
        "anonymous": "3/day",
        "rider": "4/day",
        "merchant": "4/day",
        "operator": "4/day",
        "scanner": "6/day",
    }
    yield settings
    guessers.forget()


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


def test_a_frozen_valkey_never_slows_a_scan(
    client: Client, tight: Settings, valkey: OwnValkey
) -> None:
    tight.RATE_LIMITS = tight.RATE_LIMITS | {"scanner": "1000/day"}
    staff = bearer("merchant")
    client.get("/api/scanner", headers=staff)
    valkey.freeze()

    started = time.perf_counter()
    for _ in range(100):
        assert client.get("/api/scanner", headers=staff).status_code == 200
    # One socket time-out per scan would be ten seconds.
    assert time.perf_counter() - started < 5


@pytest.mark.usefixtures("tight")
def test_the_headers_say_it_in_the_words_of_the_draft_as_well(client: Client) -> None:
    answer = client.get("/api/open")

    assert answer["RateLimit-Policy"] == '"anonymous";q=3;w=86400'
    assert answer["RateLimit"] == f'"anonymous";r=2;t={answer["RateLimit-Reset"]}'


# --- signing in -------------------------------------------------------------------------------


def sign_in(client: Client, address: str = "198.51.100.7", **body: str) -> int:
    return client.post(
        "/api/sign-in", body, content_type="application/json", REMOTE_ADDR=address
    ).status_code


@pytest.fixture
def guarded(tight: Settings) -> Settings:
    """A sign-in that is soon refused, by each of its lanes."""
    tight.RATE_LIMITS = tight.RATE_LIMITS | {
        "failed": "4/day",
        "sign_in_address": "9/day",
        "sign_in_device": "3/day",
        "sign_in_phone": "2/day",
    }
    return tight


@pytest.mark.usefixtures("guarded")
def test_a_sign_in_is_counted_by_address_instead_of_as_a_stranger(client: Client) -> None:
    assert [sign_in(client) for _ in range(10)] == [200] * 9 + [429]
    assert client.get("/api/open", REMOTE_ADDR="198.51.100.7").status_code == 200


@pytest.mark.usefixtures("guarded")
def test_a_device_is_counted_whatever_network_it_is_on(client: Client) -> None:
    statuses = [sign_in(client, f"198.51.100.{n}", deviceId="d1") for n in range(5)]

    assert statuses == [200] * 3 + [429] * 2
    assert sign_in(client, deviceId="d2") == 200


@pytest.mark.usefixtures("guarded")
def test_a_phone_is_counted_whatever_device_it_is_on_and_its_number_is_nowhere(
    client: Client, valkey: OwnValkey
) -> None:
    phone = "+919999912345"

    statuses = [
        sign_in(client, f"198.51.100.{n}", deviceId=f"device-{n}", phone=phone) for n in range(4)
    ]

    assert statuses == [200] * 2 + [429] * 2
    names = str(valkey.client.keys("*"))
    assert sealed(phone) in names
    assert "99999" not in names
    assert "device-" not in names


@pytest.mark.usefixtures("guarded")
def test_whoever_fails_too_often_is_not_looked_at(client: Client) -> None:
    failed = [sign_in(client, token="bad") for _ in range(6)]
    good = sign_in(client, token="good")
    other_network = sign_in(client, "198.51.100.8", token="good")

    assert failed == [401] * 4 + [429] * 2
    assert good == 429
    assert other_network == 200


@pytest.mark.usefixtures("guarded")
def test_a_guesser_of_tokens_is_refused_before_any_cryptography(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    real = authentication._verify

    def noted(token: str) -> tuple[float, authentication.Principal]:
        verified.append(token)
        return real(token)

    monkeypatch.setattr(authentication, "_verify", noted)
    known, fresh = bearer("rider"), bearer("rider")
    assert client.get("/api/who", headers=known).status_code == 200
    verified.clear()

    # The strangers' lane (3) is fuller than the failures' (4) here: it answers first.
    guesses = [
        client.get("/api/who", headers={"Authorization": f"Bearer x.y.{n}"}).status_code
        for n in range(3)
    ]
    guessers.bar("127.0.0.1", until=time.time() + 60)
    barred = client.get("/api/who", headers=fresh)

    assert guesses == [401] * 3
    assert barred.status_code == 429
    assert 59 <= int(barred["Retry-After"]) <= 60
    assert len(verified) == 3
    # Whoever was known before goes on, and so does a counter with customers at it.
    assert client.get("/api/who", headers=known).status_code == 200
    assert client.get("/api/scanner", headers=bearer("merchant")).status_code == 200


@pytest.mark.usefixtures("guarded")
def test_a_token_that_merely_expired_is_no_guess(client: Client, valkey: OwnValkey) -> None:
    slept = issue_access_token(
        user_id=uuid4(),
        role="rider",
        session_id=uuid4(),
        now=datetime.now(UTC) - timedelta(hours=1),
    )

    answer = client.get("/api/who", headers={"Authorization": f"Bearer {slept}"})

    assert answer.status_code == 401
    assert valkey.client.keys("*:anonymous:*")
    assert not valkey.client.keys("*:failed:*")


@pytest.mark.usefixtures("guarded")
def test_a_body_that_cannot_be_read_is_counted_and_refused_as_such(client: Client) -> None:
    answers = [client.post("/api/sign-in", "{", content_type="application/json") for _ in range(10)]

    assert [answer.status_code for answer in answers] == [400] * 9 + [429]
    assert answers[0].json()["code"] == "malformed_body"

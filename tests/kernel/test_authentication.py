from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.kernel.forging import PERSON
from uma.kernel.http import authentication
from uma.kernel.http.access_tokens import signing_keys
from uma.kernel.http.authentication import (
    authenticate,
    issue_access_token,
    require_fresh_sign_in,
)
from uma.kernel.http.errors import FreshSignInRequired, NotAuthenticated

pytestmark = pytest.mark.urls("tests.kernel.urls")


def token(role: str = "rider", **options: Any) -> str:
    facts: dict[str, Any] = {"user_id": PERSON, "session_id": uuid4(), "now": datetime.now(UTC)}
    return issue_access_token(role=role, **(facts | options))


def bearer(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


def test_a_token_says_who_is_calling_and_as_what(client: Client) -> None:
    response = client.get("/api/who", headers=bearer(token("merchant")))

    assert response.status_code == 200
    assert response.json() == {"userId": str(PERSON), "role": "merchant"}


def test_no_token_is_asked_for_one(client: Client) -> None:
    response = client.get("/api/who")

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="uma-api"'
    assert response.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("header", ["Basic dTpw", "Bearer", "Bearer ", "Token x", "x"])
def test_another_scheme_is_refused(client: Client, header: str) -> None:
    assert client.get("/api/who", headers={"Authorization": header}).status_code == 401


def test_a_bad_token_is_refused_even_where_none_is_needed(client: Client) -> None:
    assert client.get("/api/open", headers=bearer("x.y.z")).status_code == 401


def test_a_token_is_not_believed_past_its_expiry_because_it_is_remembered() -> None:
    expired = token(now=datetime.now(UTC) - timedelta(hours=1))
    stolen = authenticate(token())
    authentication._verified[expired] = (datetime.now(UTC).timestamp() - 1, stolen)

    with pytest.raises(NotAuthenticated, match="expired"):
        authenticate(expired)


def test_the_memory_of_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "CACHED_TOKENS", 3)

    for _ in range(10):
        authenticate(token())

    assert len(authentication._verified) <= 3


ROLES = ("rider", "merchant", "operator")


@pytest.mark.parametrize("path", ROLES)
@pytest.mark.parametrize("role", [None, *ROLES])
def test_each_role_opens_its_own_door_only(client: Client, path: str, role: str | None) -> None:
    headers = bearer(token(role)) if role else {}

    status = client.get(f"/api/{path}", headers=headers).status_code

    assert status == (401 if role is None else 200 if role == path else 403)


@pytest.mark.parametrize("role", [None, *ROLES])
def test_a_view_that_forgot_to_say_lets_nobody_in(client: Client, role: str | None) -> None:
    headers = bearer(token(role)) if role else {}

    assert client.get("/api/forgotten", headers=headers).status_code == (403 if role else 401)


def test_a_token_is_good_until_its_last_second_and_no_longer() -> None:
    now = datetime.now(UTC)

    assert authenticate(token(now=now - timedelta(minutes=9, seconds=50))).user_id == PERSON
    with pytest.raises(NotAuthenticated, match="expired"):
        authenticate(token(now=now - timedelta(minutes=10, seconds=1)))


def test_a_key_that_no_longer_signs_still_verifies(settings: Settings) -> None:
    old, new = "T1:" + "4b" * 32, "T2:" + "5c" * 32
    settings.ACCESS_TOKEN_KEYS = old
    issued_before = token()

    settings.ACCESS_TOKEN_KEYS = f"{new},{old}"
    assert authenticate(issued_before).user_id == PERSON
    issued_after = token()

    settings.ACCESS_TOKEN_KEYS = new
    authentication._verified.clear()
    assert authenticate(issued_after).user_id == PERSON
    with pytest.raises(NotAuthenticated):
        authenticate(issued_before)


def test_a_server_that_only_verifies_needs_no_seed_of_the_signer(settings: Settings) -> None:
    settings.ACCESS_TOKEN_KEYS = "T1:" + "4b" * 32
    elsewhere = token()
    public = signing_keys(settings.ACCESS_TOKEN_KEYS).public_keys["T1"].public_bytes_raw().hex()

    settings.ACCESS_TOKEN_KEYS = "X1:" + "6d" * 32 + ",T1:public:" + public

    assert authenticate(elsewhere).user_id == PERSON


def test_a_token_remembers_when_its_person_signed_in() -> None:
    now = datetime.now(UTC).replace(microsecond=0)

    fresh = authenticate(token(now=now))
    refreshed = authenticate(token(now=now, authenticated_at=now - timedelta(days=3)))

    assert fresh.authenticated_at == now
    assert refreshed.authenticated_at == now - timedelta(days=3)


def test_what_needs_a_fresh_sign_in_takes_one_of_the_last_five_minutes() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    signed_in = authenticate(token(now=now))

    require_fresh_sign_in(signed_in, now=now + timedelta(minutes=5))
    with pytest.raises(FreshSignInRequired):
        require_fresh_sign_in(signed_in, now=now + timedelta(minutes=5, seconds=1))
    require_fresh_sign_in(signed_in, now=now + timedelta(hours=1), within=timedelta(hours=1))

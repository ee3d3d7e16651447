import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from django.conf import settings
from django.test import Client

from uma.kernel.http import authentication
from uma.kernel.http.authentication import authenticate, issue_access_token
from uma.kernel.http.errors import NotAuthenticated

pytestmark = pytest.mark.urls("tests.kernel.urls")

PERSON = UUID("01932e4a-0000-7000-8000-000000000001")


def token(role: str = "rider", **options: Any) -> str:
    facts: dict[str, Any] = {"user_id": PERSON, "session_id": uuid4(), "now": datetime.now(UTC)}
    return issue_access_token(role=role, **(facts | options))


def forged(*, header: dict[str, str] | None = None, key: str = "", **claims: Any) -> str:
    """Return a token like ours except for what is named; a claim of None is left out."""
    now = int(datetime.now(UTC).timestamp())
    whole = {
        "iss": "uma",
        "aud": "uma-api",
        "sub": str(PERSON),
        "sid": str(uuid4()),
        "role": "rider",
        "iat": now,
        "exp": now + 60,
    } | claims
    return jwt.encode(
        {name: value for name, value in whole.items() if value is not None},
        key or settings.ACCESS_TOKEN_KEY,
        algorithm="HS256",
        headers=header if header is not None else {"typ": "at+jwt"},
    )


def bearer(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


def unsigned() -> str:
    parts = [
        {"alg": "none", "typ": "at+jwt"},
        jwt.decode(forged(), options={"verify_signature": False}),
    ]
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return b".".join([*coded, b""]).decode()


def test_a_token_says_who_is_calling_and_as_what(client: Client) -> None:
    response = client.get("/api/who", headers=bearer(token("merchant")))

    assert response.status_code == 200
    assert response.json() == {"userId": str(PERSON), "role": "merchant"}


def test_no_token_is_asked_for_one(client: Client) -> None:
    response = client.get("/api/who")

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="uma-api"'
    assert response.json()["code"] == "not_authenticated"


@pytest.mark.parametrize(
    "bad",
    [
        forged(key="another key that is long enough to be one"),
        forged(header={"typ": "JWT"}),
        forged(header={"typ": "rt+jwt"}),
        forged(iss="somebody"),
        forged(aud="another-api"),
        forged(aud=None),
        forged(iss=None),
        forged(exp=None),
        forged(exp=1),
        forged(sub=None),
        forged(sub="not-a-uuid"),
        forged(sub=""),
        forged(sid=None),
        forged(sid=5),
        forged(role="root"),
        forged(role=None),
        forged(role=["rider"]),
        forged(nbf=4_000_000_000),
        unsigned(),
        "x.y.z",
        "....",
        "é",
        "a" * 5_000,
        forged()[:-2],
    ],
)
def test_a_token_that_is_not_ours_opens_nothing(client: Client, bad: str) -> None:
    response = client.get("/api/who", headers=bearer(bad))

    assert response.status_code == 401
    assert 'error="invalid_token"' in response["WWW-Authenticate"]
    assert response["Content-Type"] == "application/problem+json"


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

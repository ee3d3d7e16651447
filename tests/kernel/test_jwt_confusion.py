"""
Every known way to pass another token for an access token of ours: each is 401, and nothing else.

Most forgeries have our own signature over them, so that only their one flaw can refuse them; the
control puts the same parts together without a flaw, and the door opens.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from tests.kernel.forgeries import HEADERS, TABLE, ours
from tests.kernel.forging import PERSON
from uma.kernel.http import access_tokens
from uma.kernel.http.authentication import issue_access_token

pytestmark = pytest.mark.urls("tests.kernel.urls")


def ask(client: Client, authorization: str) -> Any:  # Any: Django's test response
    return client.get("/api/who", headers={"Authorization": authorization})


def refused(response: Any) -> bool:  # Any: as above
    said = (
        response.status_code,
        response["Content-Type"],
        response["WWW-Authenticate"],
        response.json()["code"],
    )
    challenge = 'Bearer realm="uma-api", error="invalid_token"'
    return said == (401, "application/problem+json", challenge, "not_authenticated")


def test_the_control_the_same_parts_without_a_flaw_open_the_door(client: Client) -> None:
    issued = issue_access_token(
        user_id=PERSON, role="rider", session_id=uuid4(), now=datetime.now(UTC)
    )

    for token in (ours(), issued):
        assert ask(client, f"Bearer {token}").status_code == 200


def test_there_are_more_than_a_hundred_and_fifty_forgeries() -> None:
    assert len(TABLE) > 150


@pytest.mark.parametrize("name", TABLE)
def test_a_forged_token_opens_nothing(client: Client, name: str) -> None:
    token = TABLE[name]()

    assert refused(ask(client, f"Bearer {token}"))
    # Neither is it believed the second time, nor does it spoil an honest one.
    assert refused(ask(client, f"Bearer {token}"))
    assert ask(client, f"Bearer {ours()}").status_code == 200


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "{}", "Basic {}", "Token {}", "JWT {}", "DPoP {}", "Bearer: {}",
     "Bearer\t{}", "Bearer  {}", "Bearer {},{}", "Bearer Bearer {}", '"Bearer {}"', "Bearer '{}'"],
)  # fmt: skip
def test_another_scheme_or_spelling_opens_nothing(client: Client, authorization: str) -> None:
    assert ask(client, authorization.format(*[ours()] * 2)).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_has_no_case(client: Client, scheme: str) -> None:
    assert ask(client, f"{scheme} {ours()}").status_code == 200


def test_a_token_elsewhere_than_in_its_header_opens_nothing(client: Client) -> None:
    client.cookies["uma_session"] = client.cookies["access"] = ours()

    asked = client.get(
        "/api/who", {"access_token": ours()}, headers={"X-Access-Token": ours(), "Cookie2": ours()}
    )

    assert asked.status_code == 401


@pytest.mark.parametrize("name", [*(f"header: {name}" for name in HEADERS), "form: very long"])
def test_what_the_header_gives_away_costs_no_cryptography(
    client: Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    verified: list[object] = []
    honest = access_tokens._jws.decode_complete

    def counting(*facts: Any, **more: Any) -> Any:  # Any: PyJWT's own signature
        verified.append(facts)
        return honest(*facts, **more)

    monkeypatch.setattr(access_tokens._jws, "decode_complete", counting)

    assert refused(ask(client, f"Bearer {TABLE[name]()}"))
    assert verified == []
    ask(client, f"Bearer {ours()}")
    assert len(verified) == 1

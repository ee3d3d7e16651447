import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from pytest_django import Settings

from apps.accounts.models import User
from tests.kernel.valkey import OwnValkey
from uma.kernel.http import guessers
from uma.kernel.http.lanes import LANES

PAGES = ("/problems/", "/problems/busy", "/api/docs", "/admin/login/")
POLICY = {
    "default-src": "'none'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "object-src": "'none'",
}


def policy_of(header: str) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in header.split(";"))


class Active(HTMLParser):
    """What a page would run or style by itself, without the policy's leave."""

    def __init__(self, nonce: str) -> None:
        super().__init__()
        self.nonce = nonce
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        inline = (tag == "script" and "src" not in given) or tag == "style"
        if inline and given.get("type") != "application/json" and given.get("nonce") != self.nonce:
            self.found.append(tag)
        self.found += [
            f"{tag} {name}" for name in given if name.startswith("on") or name == "style"
        ]
        self.found += [
            f"{tag} {value}" for value in given.values() if (value or "").startswith("javascript:")
        ]
        if tag in {"base", "iframe", "object", "embed"}:
            self.found.append(tag)


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_our_own_scripts_and_what_carries_its_nonce(client: Client, page: str) -> None:
    first, second = client.get(page), client.get(page)

    assert first.status_code == 200
    policy = policy_of(first["Content-Security-Policy"])
    scripts, styles = policy.pop("script-src"), policy.pop("style-src")
    assert policy == POLICY
    assert scripts == styles
    nonce = re.fullmatch(r"'self'(?: 'nonce-([\w+/=]{24})')?", scripts)
    assert nonce is not None
    if nonce[1] is not None:
        assert nonce[1] not in second["Content-Security-Policy"]
    reader = Active(nonce[1])
    reader.feed(first.content.decode())
    assert reader.found == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", [*PAGES, "/api/nowhere", "/health", "/api/schema"])
def test_every_answer_says_what_may_be_done_with_it(client: Client, path: str) -> None:
    answer = client.get(path, headers={"Accept": "*/*"})

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    page = answer["Content-Type"].startswith("text/html")
    assert ("Permissions-Policy" in answer) == page
    if path.startswith(("/api/n", "/admin")):
        assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "TRACK", "PROPFIND", "FORGED"])
@pytest.mark.parametrize("path", ["/api/open", "/admin/login/", "/health"])
def test_a_method_that_nobody_serves_is_refused_at_the_edge(
    client: Client, path: str, method: str
) -> None:
    answer = client.generic(method, path)

    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_header_does_not_change_the_method(client: Client) -> None:
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        answer = client.post("/api/nowhere?_method=GET", headers={name: "GET"})
        assert answer.wsgi_request.method == "POST"


# --- operators --------------------------------------------------------------------------------

PASSWORD = "correct horse battery staple"


@pytest.fixture
def operator(db: None) -> User:
    del db
    return User.objects.create_superuser(username="asha", password=PASSWORD)


@pytest.fixture
def few_tries(settings: Settings, valkey: OwnValkey) -> Iterator[Settings]:
    settings.REDIS_URL = valkey.url
    settings.RATE_LIMITS = dict.fromkeys(LANES, "1000/day") | {"operator_sign_in": "3/day"}
    yield settings
    guessers.forget()


def sign_in(
    client: Client, password: str, *, name: str = "asha", address: str = "10.0.0.1"
) -> bool:
    client.logout()
    client.post(
        "/admin/login/?next=/admin/",
        {"username": name, "password": password},
        REMOTE_ADDR=address,
    )
    return SESSION_KEY in client.session


@pytest.mark.usefixtures("operator", "few_tries")
def test_a_name_from_one_address_has_a_few_tries_and_is_not_locked_elsewhere(
    client: Client,
) -> None:
    guesses = [sign_in(client, "wrong", name=name) for name in ("asha", "Asha ", "ASHA")]

    assert guesses == [False] * 3
    assert not sign_in(client, PASSWORD)
    assert sign_in(client, PASSWORD, address="10.0.0.2")


@pytest.mark.usefixtures("operator")
def test_an_address_that_fails_too_often_is_not_looked_at(
    client: Client, few_tries: Settings
) -> None:
    few_tries.RATE_LIMITS = few_tries.RATE_LIMITS | {"failed": "2/day"}

    assert [sign_in(client, "wrong", name=f"name-{n}") for n in range(3)] == [False] * 3
    assert not sign_in(client, PASSWORD)
    assert sign_in(client, PASSWORD, address="10.0.0.2")


def test_an_operators_session_ends_after_eight_hours_however_busy(
    client: Client, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(operator)
    began = time.time()

    def opens_after(hours: float) -> bool:
        monkeypatch.setattr("uma.kernel.http.pages.time.time", lambda: began + hours * 3_600)
        return client.get("/admin/").status_code == 200

    assert opens_after(0)
    assert opens_after(7.9)
    assert not opens_after(8.01)
    monkeypatch.undo()
    assert not opens_after(0)


def test_an_operators_session_ends_after_a_quarter_of_an_hour_without_a_request(
    client: Client, operator: User
) -> None:
    client.force_login(operator)

    answer = client.get("/admin/")

    cookie = answer.cookies["uma_session"]
    assert cookie["max-age"] == 15 * 60
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert client.session.get_expiry_age() <= 15 * 60

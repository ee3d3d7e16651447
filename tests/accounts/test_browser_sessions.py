"""A session in a browser: cookies that no script reads, renewed on the way, ended for good."""

import re
from datetime import timedelta
from http.cookies import Morsel
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.accounts import services
from apps.accounts.models import RefreshToken, Session
from tests.notifications.clouds import SandboxProcess
from uma.kernel.http.authentication import issue_access_token

pytestmark = pytest.mark.django_db
ACCESS, REFRESH, DEVICE = "uma_merchant_access", "uma_merchant_refresh", "uma_device"


class Browser:
    """A browser on our sign-in page: it keeps cookies and sends the page's CSRF token."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        page = self.client.get("/business/sign-in").content.decode()
        found = re.search(r'name="csrf" content="(\w+)"', page)
        assert found is not None
        self.csrf = found[1]

    def post(self, path: str, body: object = None, **headers: str) -> Any:  # Any: Django's
        return self.client.post(
            path,
            body if body is not None else {},
            content_type="application/json",
            headers={"X-CSRFToken": self.csrf, **headers},
        )

    def sign_in(self, sandbox: SandboxProcess, phone: str) -> Any:  # Any: as above
        return self.post("/business/session", {"idToken": sandbox.sign_in(phone)["idToken"]})

    def cookie(self, name: str) -> Morsel[str]:
        return self.client.cookies[name]


@pytest.fixture
def browser(sandbox: SandboxProcess, phone: str) -> Browser:
    browser = Browser()
    assert browser.sign_in(sandbox, phone).status_code == 200
    return browser


def age(browser: Browser, *, minutes: int) -> None:
    """Let the access token of the browser's session be as old as that."""
    session = Session.objects.get(revoked_at=None)
    browser.client.cookies[ACCESS] = issue_access_token(
        user_id=session.user_id,
        role="merchant",
        session_id=session.pk,
        now=timezone.now() - timedelta(minutes=minutes),
    )


def test_signing_in_leaves_the_tokens_in_cookies_that_no_script_reads(browser: Browser) -> None:
    session = Session.objects.get()

    assert (session.role, session.platform) == ("merchant", "WEB")
    for name in (ACCESS, REFRESH, DEVICE):
        cookie = browser.cookie(name)
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
        assert not cookie["domain"]


def test_the_answer_to_a_sign_in_holds_no_token(sandbox: SandboxProcess, phone: str) -> None:
    answer = Browser().sign_in(sandbox, phone)

    assert answer.json() == {"isNew": True}
    assert answer["Cache-Control"] == "no-store"


def test_outside_development_only_this_host_can_have_set_them_over_tls(
    sandbox: SandboxProcess, phone: str, settings: Settings
) -> None:
    browser = Browser()
    settings.SESSION_COOKIE_SECURE = True
    assert browser.sign_in(sandbox, phone).status_code == 200

    names = {name for name in browser.client.cookies if name.startswith("__Host-")}
    assert names == {f"__Host-{name}" for name in (ACCESS, REFRESH, DEVICE)}
    assert all(browser.cookie(name)["secure"] for name in names)


def test_another_site_signs_nobody_in(sandbox: SandboxProcess, phone: str) -> None:
    answer = Client(enforce_csrf_checks=True).post(
        "/business/session",
        {"idToken": sandbox.sign_in(phone)["idToken"]},
        content_type="application/json",
    )

    assert answer.status_code == 403
    assert Session.objects.count() == 0


@pytest.mark.parametrize("path", ["/business/session/token", "/business/sign-out"])
def test_another_site_asks_for_nothing_in_somebodys_name(browser: Browser, path: str) -> None:
    answer = browser.client.post(path, {}, content_type="application/json")

    assert answer.status_code == 403
    assert Session.objects.filter(revoked_at=None).exists()


def test_scripts_are_given_a_token_that_the_api_takes(browser: Browser) -> None:
    answer = browser.post("/business/session/token")

    body = answer.json()
    assert 120 < body["expiresIn"] <= 600
    assert answer["Cache-Control"] == "no-store"
    profile = Client().get("/api/user", headers={"Authorization": f"Bearer {body['access']}"})
    assert profile.status_code == 405, "known to the API, which has no GET here"


def test_a_token_with_little_left_is_renewed_before_it_is_given(browser: Browser) -> None:
    age(browser, minutes=9)

    assert browser.post("/business/session/token").json()["expiresIn"] > 500
    assert RefreshToken.objects.count() == 2


def test_a_stranger_is_given_no_token() -> None:
    answer = Browser().post("/business/session/token")

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_a_page_renews_a_session_whose_token_ended(browser: Browser) -> None:
    before = browser.cookie(REFRESH).value
    age(browser, minutes=11)

    answer = browser.client.get("/business/more")

    assert answer.status_code == 403, "signed in, and on no business's staff"
    assert browser.cookie(REFRESH).value != before
    assert Session.objects.filter(revoked_at=None).count() == 1


def test_two_pages_that_renew_at_the_same_time_stay_signed_in(browser: Browser) -> None:
    age(browser, minutes=11)
    kept = {name: browser.cookie(name).value for name in (REFRESH, DEVICE)}
    browser.client.get("/business/more")
    twin = Client()
    twin.cookies.load(kept)

    answer = twin.get("/business/more")

    assert answer.status_code == 403
    assert twin.cookies[REFRESH].value == browser.cookie(REFRESH).value
    assert Session.objects.filter(revoked_at=None).count() == 1


def test_a_copied_refresh_token_ends_the_session_for_both(browser: Browser) -> None:
    stolen = browser.cookie(REFRESH).value
    age(browser, minutes=11)
    browser.client.get("/business/more")
    thief = Client()
    thief.cookies[REFRESH] = stolen

    answer = thief.get("/business/more")

    assert (answer.status_code, Session.objects.get().revoked_reason) == (302, "refresh_reused")
    # The owner's access token lives on for minutes at most; the list of ended sessions knows better.
    assert RefreshToken.objects.filter(used_at=None, session__revoked_at=None).count() == 0


def test_signing_out_ends_the_session_and_takes_the_cookies(browser: Browser) -> None:
    answer = browser.client.post("/business/sign-out", headers={"X-CSRFToken": browser.csrf})

    assert (answer.status_code, answer["Location"]) == (302, "/business/sign-in")
    assert Session.objects.get().revoked_reason == "signed_out"
    assert browser.cookie(REFRESH).value == browser.cookie(ACCESS).value == ""
    assert browser.cookie(DEVICE).value, "it stays the device it is"


def test_signing_in_again_here_is_no_new_device(
    browser: Browser, sandbox: SandboxProcess, phone: str
) -> None:
    device = browser.cookie(DEVICE).value
    browser.sign_in(sandbox, phone)

    assert browser.cookie(DEVICE).value == device
    assert Session.objects.filter(revoked_at=None).count() == 1


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "umr_" + "A" * 43, "é" * 9, "x" * 5_000])
@pytest.mark.parametrize("name", [ACCESS, REFRESH])
def test_a_made_up_cookie_opens_nothing(name: str, value: str) -> None:
    client = Client()
    client.cookies[name] = value

    assert client.get("/business/more")["Location"].startswith("/business/sign-in")


def test_a_riders_session_opens_no_business_page() -> None:
    now = timezone.now()
    rider = services.create_person(phone="", zone_code="", now=now)
    opened = services.open_session(
        user_id=rider.pk, role="rider", device_id="", authenticated_at=now, now=now
    )
    for name, value in ((ACCESS, opened.access), (REFRESH, opened.refresh)):
        client = Client()
        client.cookies[name] = value

        assert client.get("/business/more")["Location"].startswith("/business/sign-in")

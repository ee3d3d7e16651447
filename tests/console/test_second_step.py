"""The second step of an operator's sign-in: set up once, asked each time, and of no use to whoever has half of it."""

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from apps.accounts import services
from apps.accounts.models import AuditEvent, User
from tests.accounts.making import at_the_desk, make_operator
from tests.concurrency.meeting import beside
from uma.kernel.http.lanes import LANES

STEP = "/admin/second-step/"
QR = b'class="qr"'
PASSWORD = "a long enough password"


@pytest.fixture(autouse=True)
def asked_for(settings: Settings) -> None:
    settings.OPERATOR_TWO_FACTOR = True


def code_of(operator: User, *, ago: int = 0) -> str:
    """Return the six digits that the operator's authenticator shows, or showed so many steps of 30 s ago."""
    device = TOTPDevice.objects.get(user_id=operator.pk)
    if (left := device.step - time.time() % device.step) < 3:
        # By the time it is typed this one would be of the step before.
        time.sleep(left)
    return f"{totp(device.bin_key, drift=-ago):06d}"


def enrol(operator: User) -> list[str]:
    services.offer_second_factor(user_id=operator.pk)
    # A code is good once: the one of half a minute ago leaves the present one to the test.
    done = services.confirm_second_factor(
        user_id=operator.pk, code=code_of(operator, ago=1), now=timezone.now()
    )
    assert done is not None
    return done[1]


@pytest.mark.django_db
def test_a_first_sign_in_sets_up_an_authenticator_and_shows_recovery_codes_once() -> None:
    operator = make_operator("administrator")
    operator.set_password(PASSWORD)
    operator.save()
    client = Client()

    signed = client.post(
        "/admin/login/?next=/admin/rides/booking/",
        {"username": operator.username, "password": PASSWORD},
        follow=True,
    )
    assert signed.redirect_chain[-1][0] == f"{STEP}?next=%2Fadmin%2Frides%2Fbooking%2F"
    assert QR in signed.content
    done = client.post(STEP, {"code": code_of(operator), "next": "/admin/rides/booking/"})

    codes = done.context["codes"]
    assert len(set(codes)) == 10
    assert all(code.encode() in done.content for code in codes)
    assert client.get("/admin/rides/booking/").status_code == 200
    assert client.get(STEP).headers["Location"] == "/admin/"
    assert AuditEvent.objects.filter(
        action="second-factor.set-up", object_id=str(operator.pk)
    ).exists()


@pytest.mark.django_db
def test_a_password_alone_opens_no_page_of_the_console() -> None:
    operator = make_operator("administrator")
    enrol(operator)
    client = at_the_desk(operator)

    for page in (
        "/admin/",
        "/admin/search/?q=x",
        "/admin/accounts/user/",
        f"/admin/accounts/user/{operator.pk}/change/",
    ):
        refused = client.get(page)
        assert refused.status_code == 302, page
        assert refused.headers["Location"].startswith("/admin/login/"), page
    acted = client.post(
        "/admin/accounts/user/", {"action": "reveal_phone", "_selected_action": [str(operator.pk)]}
    )
    assert acted.headers["Location"].startswith("/admin/login/")
    # The secret was shown while it was set up, and is not shown to a second visitor with the password.
    assert QR not in client.get(STEP).content


@pytest.mark.django_db
def test_a_code_opens_the_console_once_and_changes_the_sessions_key() -> None:
    operator = make_operator("administrator")
    enrol(operator)
    client, other = at_the_desk(operator), at_the_desk(operator)
    code, before = code_of(operator), client.session.session_key

    assert client.post(STEP, {"code": f"{code[:3]} {code[3:]}"}).headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert client.session.session_key != before
    again = other.post(STEP, {"code": code})
    assert b"not the code of now" in again.content
    assert other.get("/admin/").status_code == 302


@pytest.mark.django_db
def test_a_recovery_code_opens_it_once_and_is_told_on_the_trail() -> None:
    operator = make_operator("administrator")
    paper = enrol(operator)
    client, other = at_the_desk(operator), at_the_desk(operator)

    assert client.post(STEP, {"code": paper[0].upper()}).status_code == 302
    assert other.post(STEP, {"code": paper[0]}).status_code == 200
    event = AuditEvent.objects.get(action="second-factor.recovery-code-used")
    assert event.after == {"left": 9}
    assert StaticToken.objects.count() == 9


@pytest.mark.django_db
@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"]
)
def test_nobody_is_sent_on_to_another_house(onward: str) -> None:
    operator = make_operator("administrator")
    enrol(operator)

    done = at_the_desk(operator).post(STEP, {"code": code_of(operator), "next": onward})
    assert done.headers["Location"] == "/admin/"


@pytest.mark.django_db
def test_guesses_run_out(settings: Settings) -> None:
    settings.RATE_LIMITS = dict.fromkeys(LANES, "1000/day") | {"operator_sign_in": "3/day"}
    operator = make_operator("administrator")
    enrol(operator)
    client = at_the_desk(operator)

    answers = [client.post(STEP, {"code": "000000"}).content for _ in range(4)]
    assert b"not the code of now" in answers[0]
    assert b"not the code of now" not in answers[-1]
    # Each failure makes the next try wait, so even the right one comes too soon now.
    assert (
        services.check_second_factor(
            user_id=operator.pk, code=code_of(operator), now=timezone.now()
        )
        is None
    )


@pytest.mark.django_db
def test_who_is_no_operator_gets_no_authenticator() -> None:
    assert Client().get(STEP).headers["Location"] == "/admin/login/"
    assert Client().post(STEP, {"code": "123456"}).headers["Location"] == "/admin/login/"
    assert TOTPDevice.objects.count() == 0


@pytest.mark.django_db
def test_who_showed_only_the_password_can_leave() -> None:
    client = at_the_desk(make_operator("administrator"))

    client.post("/admin/logout/")
    assert SESSION_KEY not in client.session


@pytest.mark.django_db
def test_an_administrator_takes_a_lost_one_away_and_the_session_is_asked_again() -> None:
    operator, administrator = make_operator("support"), make_operator("administrator")
    enrol(operator)
    client = at_the_desk(operator)
    client.post(STEP, {"code": code_of(operator)})
    assert client.get("/admin/").status_code == 200
    enrol(administrator)
    desk = at_the_desk(administrator)
    desk.post(STEP, {"code": code_of(administrator)})

    form = {
        "action": "forget_second_factor",
        "_selected_action": [str(operator.pk)],
        "confirmed": "Yes",
        "reason": "phone lost",
    }
    desk.post("/admin/accounts/user/", form)

    assert not services.has_second_factor(user_id=operator.pk)
    assert client.get("/admin/").status_code == 302
    assert QR in client.get(STEP).content
    event = AuditEvent.objects.get(action="second-factor.forgotten")
    assert (event.actor_id, event.reason) == (administrator.pk, "phone lost")


@pytest.mark.django_db
def test_where_it_is_not_asked_for_the_password_is_enough(settings: Settings) -> None:
    settings.OPERATOR_TWO_FACTOR = False
    client = at_the_desk(make_operator("administrator"))

    assert client.get("/admin/").status_code == 200
    assert client.get(STEP).headers["Location"] == "/admin/"


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Return what came of acts that begin together, each on a connection of its own."""
    together, came = threading.Barrier(len(acts)), list[object]()

    def run(act: Callable[[], object]) -> None:
        together.wait()
        try:
            came.append(act())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


@pytest.fixture
def slow_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the other one read the row before this one has looked at the code, unless it has to wait."""
    looks_at = TOTPDevice.verify_token

    def slowly(device: TOTPDevice, token: str) -> object:
        time.sleep(0.3)
        return looks_at(device, token)

    monkeypatch.setattr(TOTPDevice, "verify_token", slowly)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_show_one_code_at_once_one_gets_in(slow_looks: None) -> None:
    del slow_looks
    operator = make_operator("administrator")
    enrol(operator)
    code, now = code_of(operator), timezone.now()

    def show() -> object:
        return services.check_second_factor(user_id=operator.pk, code=code, now=now)

    assert at_once(show, show).count(None) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_at_once_one_gets_recovery_codes(slow_looks: None) -> None:
    del slow_looks
    operator = make_operator("administrator")
    services.offer_second_factor(user_id=operator.pk)
    codes, now = (code_of(operator, ago=1), code_of(operator)), timezone.now()

    def confirm(code: str) -> object:
        return services.confirm_second_factor(user_id=operator.pk, code=code, now=now)

    assert at_once(*(partial(confirm, code) for code in codes)).count(None) == 1
    assert StaticToken.objects.filter(device__user_id=operator.pk).count() == 10


@pytest.mark.django_db(transaction=True)
def test_an_authenticator_that_is_taken_away_while_it_is_confirmed_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    operator = make_operator("administrator")
    services.offer_second_factor(user_id=operator.pk)
    code, now = code_of(operator), timezone.now()

    beside(
        lambda: services.confirm_second_factor(user_id=operator.pk, code=code, now=now),
        lambda: services.forget_second_factor(
            user_id=operator.pk, actor_id=operator.pk, reason="a lost phone", now=now
        ),
        at=(TOTPDevice, "save"),
        monkeypatch=monkeypatch,
    )

    assert not TOTPDevice.objects.exists()
    assert not StaticDevice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_pages_that_offer_an_authenticator_show_the_same_one() -> None:
    operator = make_operator("administrator")

    def look() -> None:
        with transaction.atomic():
            services.offer_second_factor(user_id=operator.pk)
            # The other one looks before this one's is committed, unless it has to wait.
            time.sleep(0.3)

    at_once(look, look)
    assert TOTPDevice.objects.filter(user_id=operator.pk).count() == 1

"""POST /api/auth/firebase: the whole way from a code by SMS to a session, and every way it fails."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.accounts import firebase, services
from apps.accounts.models import User
from tests.accounts.id_tokens import BAD, Someone, someone
from tests.accounts.test_phone_sign_in import TABLES, rows
from tests.notifications.clouds import SandboxProcess
from tests.rides.calling import problem

pytestmark = pytest.mark.django_db

DEVICE = "installation-of-the-test"


@pytest.fixture
def who(sandbox: SandboxProcess, phone: str) -> Someone:
    return someone(sandbox, phone)


def exchange(token: object, **more: object) -> Any:  # Any: Django's test response
    body = {"idToken": token, "deviceId": DEVICE, **more}
    return Client().post("/api/auth/firebase", body, content_type="application/json")


def get(path: str, access: str) -> Any:  # Any: as above
    return Client().get(f"/api{path}", headers={"Authorization": f"Bearer {access}"})


def test_a_genuine_token_opens_a_session(who: Someone) -> None:
    answer = exchange(who.token, platform="android", deviceLabel="Neha's phone")

    body = answer.json()
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    assert set(body) == {"access", "refresh", "sessionId", "user"}
    person = User.objects.get()
    assert body["user"] == {"id": str(person.pk), "name": "", "role": "rider", "isNew": True}
    profile = get("/user/profile", body["access"]).json()
    assert (profile["id"], profile["phone"]) == (str(person.pk), who.phone)
    assert (profile["payoutsFrom"], profile["payoutsPausedFor"]) == (None, [])


def test_the_second_time_differs_in_nothing_but_being_known(
    sandbox: SandboxProcess, who: Someone
) -> None:
    first = exchange(who.token)
    second = exchange(sandbox.sign_in(who.phone)["idToken"])

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["user"] | {"isNew": False} == second.json()["user"]
    assert first.json().keys() == second.json().keys()


@pytest.mark.parametrize("name", BAD)
def test_a_token_that_proves_nothing_opens_nothing(who: Someone, name: str) -> None:
    make, code = BAD[name]
    token = make(who)

    answer = exchange(token)

    status = 422 if code == "validation_failed" else 401
    body = problem(answer, status, code)
    assert sum(rows().values()) == 0
    assert answer.has_header("WWW-Authenticate") is (status == 401)
    if token:
        assert token not in answer.content.decode()
        assert who.phone not in str(body)


def test_beside_each_bad_token_the_good_one_opens_a_session(who: Someone) -> None:
    assert problem(exchange(who.claiming(aud="other-project")), 401, "id_token_invalid")

    assert exchange(who.forge()).status_code == 201


def test_a_token_is_exchanged_once_however_its_signature_is_spelt(who: Someone) -> None:
    signed, _, signature = who.token.rpartition(".")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    respelt = f"{signed}.{signature[:-1]}{letters[letters.index(signature[-1]) ^ 1]}"
    exchange(who.token)
    before = rows()

    problem(exchange(who.token), 401, "id_token_used")
    problem(exchange(respelt), 401, "id_token_used")

    assert rows() == before


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"role": "king"}, 422, "validation_failed"),
        ({"role": "operator"}, 403, "not_an_operator"),
        ({"platform": "toaster"}, 422, "validation_failed"),
        ({"deviceId": "short"}, 422, "validation_failed"),
        ({"deviceId": "x" * 129}, 422, "validation_failed"),
        ({"deviceId": "with a space"}, 422, "validation_failed"),
        ({"deviceLabel": "x" * 81}, 422, "validation_failed"),
        ({"idToken": 5}, 422, "validation_failed"),
        ({"isStaff": True}, 400, "unknown_field"),
        ({"phone": "+919000000001"}, 400, "unknown_field"),
    ],
)
def test_a_wrong_wish_is_named_and_leaves_the_token_unspent(
    who: Someone, more: dict[str, object], status: int, code: str
) -> None:
    problem(exchange(who.token, **more), status, code)
    assert sum(rows().values()) == 0

    assert exchange(who.token).status_code == 201


def test_anybody_may_act_as_a_merchant_and_finds_no_merchant_there(who: Someone) -> None:
    body = exchange(who.token, role="merchant").json()

    assert body["user"]["role"] == "merchant"
    problem(get("/merchant/profile", body["access"]), 403, "not_a_merchant")


def test_a_closed_account_is_told_so(sandbox: SandboxProcess, who: Someone) -> None:
    exchange(who.token)
    User.objects.update(status=User.Status.CLOSED)

    problem(exchange(sandbox.sign_in(who.phone)["idToken"]), 403, "account_closed")


def test_a_new_phone_pauses_payouts_and_the_profile_says_until_when(
    sandbox: SandboxProcess, who: Someone
) -> None:
    exchange(who.token)
    before = timezone.now()

    body = exchange(sandbox.sign_in(who.phone)["idToken"], deviceId="another-installation").json()

    profile = get("/user/profile", body["access"]).json()
    assert profile["payoutsPausedFor"] == ["new_device"]
    paused_until = datetime.fromisoformat(profile["payoutsFrom"])
    assert timedelta(0) <= paused_until - before - timedelta(hours=24) < timedelta(minutes=1)


def test_a_number_changed_at_firebase_changes_here_and_pauses_payouts(
    sandbox: SandboxProcess, who: Someone
) -> None:
    first = exchange(who.token).json()
    other = who.phone.replace("+9190000", "+9180000")

    changed = sandbox.sign_in(other, idToken=who.token)
    second = exchange(changed["idToken"]).json()

    assert second["user"]["id"] == first["user"]["id"]
    profile = get("/user/profile", second["access"]).json()
    assert (profile["phone"], profile["payoutsPausedFor"]) == (other, ["number_changed"])


def test_while_firebase_is_away_nobody_enters_and_nobody_is_put_out(
    sandbox: SandboxProcess, who: Someone
) -> None:
    access = exchange(who.token).json()["access"]
    sandbox.order("auth/fail", {"times": 9})
    before = rows()

    answer = exchange(who.forge())

    problem(answer, 503, "sign_in_unavailable")
    assert answer["Retry-After"] == "5"
    assert rows() == before
    assert get("/user/profile", access).status_code == 200


def test_a_token_refused_while_firebase_was_away_is_good_afterwards(
    sandbox: SandboxProcess, who: Someone
) -> None:
    sandbox.order("auth/fail", {"times": 1})
    problem(exchange(who.token), 503, "sign_in_unavailable")

    firebase._client.cache_clear()

    assert exchange(who.token).status_code == 201


def test_one_number_is_signed_in_so_often_and_no_more(
    sandbox: SandboxProcess, who: Someone, settings: Settings
) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"sign_in_phone": "2/10 minutes"}

    seen = [exchange(who.forge(claims={"n": n})).status_code for n in range(3)]

    assert seen == [201, 200, 429]
    other = sandbox.sign_in(who.phone.replace("+9190000", "+9180000"))
    assert exchange(other["idToken"]).status_code == 201


def test_a_known_number_costs_about_what_an_unknown_one_does(
    sandbox: SandboxProcess, who: Someone
) -> None:
    """Whoever asks has proved the number; still, neither way is a shorter one."""
    tokens = [who.token, sandbox.sign_in(who.phone)["idToken"]]
    statements = []
    for token in tokens:
        with CaptureQueriesContext(connection) as seen:
            exchange(token)
        statements.append(len(seen))

    unknown, known = statements
    assert abs(unknown - known) <= 3, statements


def test_no_table_keeps_the_token_or_the_number(who: Someone) -> None:
    exchange(who.token)

    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table._meta.db_table} t"
            )
            (text,) = cursor.fetchone()
            assert who.token[-40:] not in text
            assert DEVICE not in text
            assert who.phone[-10:] not in text


def test_the_console_shows_who_signed_in_without_what_proves_it(who: Someone) -> None:
    exchange(who.token)
    services.create_operator(
        username="ops", display_name="Ops", password="long enough", now=timezone.now()
    )
    desk = Client()
    assert desk.login(username="ops", password="long enough")

    for name in ("firebaseidentity", "knowndevice", "payoutcooling", "exchangedtoken"):
        page = desk.get(f"/admin/accounts/{name}/")
        assert page.status_code == 200
        assert who.phone not in page.content.decode()

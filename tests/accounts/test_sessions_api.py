"""Sessions over HTTP: carried on, listed, ended."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import AuditEvent, Session, User
from apps.accounts.services import SignedIn
from apps.notifications.models import Device
from tests.accounts.signing_in import PHONE, sign_in
from tests.factories import bearer, make_person
from tests.rides.calling import problem

pytestmark = pytest.mark.django_db


def signed_in(person: UUID | None = None, **facts: Any) -> SignedIn:  # Any: see `sign_in`
    return sign_in(person or make_person(), now=timezone.now(), **facts)


def headers(signed: SignedIn) -> dict[str, str]:
    return {"Authorization": f"Bearer {signed.access}"}


def post(path: str, body: object = None, *, by: SignedIn | None = None) -> Any:  # Any: a response
    return Client().post(
        f"/api/auth/{path}",
        {} if body is None else body,
        content_type="application/json",
        headers=headers(by) if by else {},
    )


def live(signed: SignedIn) -> bool:
    return Session.objects.get(pk=signed.session_id).revoked_at is None


def test_a_refresh_answers_two_new_tokens_and_nothing_else() -> None:
    signed = signed_in()

    answer = post("refresh", {"refresh": signed.refresh})

    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh"}
    assert answer.json()["refresh"] != signed.refresh
    assert answer["Cache-Control"] == "no-store"
    with_new = {"Authorization": f"Bearer {answer.json()['access']}"}
    assert Client().get("/api/auth/sessions", headers=with_new).json()[0]["current"]


def test_the_same_device_may_ask_twice_and_another_ends_the_session() -> None:
    signed = signed_in()
    body = {"refresh": signed.refresh, "deviceId": PHONE}
    first = post("refresh", body)

    assert post("refresh", body).json()["refresh"] == first.json()["refresh"]
    answer = post("refresh", body | {"deviceId": "another"})

    problem(answer, 401, "refresh_reused")
    assert answer["WWW-Authenticate"] == 'Bearer realm="uma-api"'
    assert not live(signed)
    problem(post("refresh", {"refresh": first.json()["refresh"]}), 401, "refresh_invalid")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"refresh": "umr_" + "A" * 43}, 401, "refresh_invalid"),
        ({"refresh": "x"}, 401, "refresh_invalid"),
        ({"refresh": "uma_live_0123456789"}, 401, "refresh_invalid"),
        ({}, 422, "validation_failed"),
        ({"refresh": 7}, 422, "validation_failed"),
        ({"refresh": "x" * 201}, 422, "validation_failed"),
        ({"refresh": "x", "role": "operator"}, 400, "unknown_field"),
    ],
)
def test_a_refresh_that_cannot_be_is_named(body: dict[str, object], status: int, code: str) -> None:
    problem(post("refresh", body), status, code)


def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing() -> None:
    signed = signed_in()

    problem(post("refresh", {"refresh": signed.access}), 422, "validation_failed")
    answer = Client().get(
        "/api/auth/sessions", headers={"Authorization": f"Bearer {signed.refresh}"}
    )
    problem(answer, 401, "not_authenticated")


def test_of_somebody_deleted_a_refresh_is_refused_and_no_failure_of_ours() -> None:
    person = make_person()
    signed = signed_in(person)
    User.objects.filter(pk=person).delete()

    problem(post("refresh", {"refresh": signed.refresh}), 401, "refresh_invalid")


def test_signing_out_ends_this_session_and_may_be_said_twice() -> None:
    person = make_person()
    here, there = signed_in(person), signed_in(person, device_id="tablet")

    assert post("logout", by=here).status_code == 204
    assert post("logout", by=here).status_code == 204

    assert (live(here), live(there)) == (False, True)
    assert Session.objects.get(pk=here.session_id).revoked_reason == "signed_out"
    event = AuditEvent.objects.get(action="session.revoked")
    assert (event.actor_id, event.address) == (person, "127.0.0.1")
    problem(post("refresh", {"refresh": here.refresh}), 401, "refresh_invalid")


def test_signing_out_everywhere_ends_all_of_ones_own_and_nobody_elses() -> None:
    person = make_person()
    mine = [signed_in(person, device_id=f"phone {number}") for number in range(3)]
    theirs = signed_in()

    assert post("logout-all", by=mine[0]).status_code == 204

    assert [live(one) for one in mine] == [False] * 3
    assert live(theirs)


def test_a_person_sees_where_they_are_signed_in_and_which_one_is_this() -> None:
    person = make_person()
    now = timezone.now()
    old = sign_in(person, device_id="tablet", label="Tablet", now=now - timedelta(days=2))
    here = signed_in(person)
    ended, expired = signed_in(person, device_id="lost"), signed_in(person, device_id="old")
    post("logout", by=ended)
    Session.objects.filter(pk=expired.session_id).update(
        created_at=now - timedelta(days=60),
        authenticated_at=now - timedelta(days=60),
        last_used_at=now - timedelta(days=60),
        expires_at=now - timedelta(days=30),
    )
    signed_in()

    rows = Client().get("/api/auth/sessions", headers=headers(here)).json()

    assert [(row["id"], row["current"]) for row in rows] == [
        (str(here.session_id), True),
        (str(old.session_id), False),
    ]
    assert set(rows[0]) == {
        "id", "role", "label", "platform", "createdAt", "lastSeenAt", "expiresAt", "current"
    }  # fmt: skip
    assert (rows[1]["label"], rows[1]["platform"]) == ("Tablet", "android")


def test_one_ends_a_session_of_ones_own_and_anothers_does_not_exist() -> None:
    person = make_person()
    here, lost, theirs = signed_in(person), signed_in(person, device_id="lost"), signed_in()

    def end(session_id: UUID) -> Any:  # Any: Django's test response
        return Client().delete(f"/api/auth/sessions/{session_id}", headers=headers(here))

    assert end(lost.session_id).status_code == 204
    assert end(lost.session_id).status_code == 204
    foreign, unknown = end(theirs.session_id), end(uuid4())

    problem(foreign, 404, "unknown_session")
    assert foreign.json() | {"requestId": ""} == unknown.json() | {"requestId": ""}
    assert (live(here), live(lost), live(theirs)) == (True, False, True)


def test_with_the_session_its_phone_gets_no_more_pushes() -> None:
    person = make_person()
    here, there = signed_in(person), signed_in(person, device_id="tablet")
    for number, signed in enumerate((here, there)):
        Client().post(
            "/api/user/devices",
            {"platform": "android", "fid": f"installation-{number}"},
            content_type="application/json",
            headers=headers(signed),
        )

    post("logout", by=here)

    kept = {device.session_id: device for device in Device.objects.all()}
    assert kept[here.session_id].revoked_reason == "signed_out"
    assert kept[there.session_id].revoked_at is None


def test_a_token_of_no_session_signs_out_of_nothing() -> None:
    token = bearer(make_person(), "rider", now=timezone.now())

    answer = Client().generic("POST", "/api/auth/logout", headers=token)

    assert answer.status_code == 204
    assert not AuditEvent.objects.filter(action="session.revoked").exists()

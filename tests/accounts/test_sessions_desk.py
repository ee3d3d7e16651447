"""Sessions at the operators' desk, and what the nightly purge forgets."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import roles, services, tasks
from apps.accounts.errors import RefreshInvalid, RefreshReused
from apps.accounts.models import AuditEvent, RefreshToken, Session, User
from apps.accounts.services import SignedIn
from tests.accounts.signing_in import refresh, sign_in
from tests.factories import NOON, make_person

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SESSIONS = "/admin/accounts/session/"


def desk(role: str) -> Client:
    operator = services.create_person(username="ops", display_name="Ops", zone_code="", now=NOON)
    services.grant_role(
        user_id=operator.pk, role=role, zone_code="", actor_id=None, reason="hired", now=NOON
    )
    client = Client()
    client.force_login(User.objects.get(pk=operator.pk))
    return client


def reason_of(signed: SignedIn) -> str:
    return Session.objects.get(pk=signed.session_id).revoked_reason


def test_an_operator_signs_a_device_out_with_a_reason() -> None:
    signed, other = sign_in(make_person()), sign_in(make_person())
    client = desk(roles.SUPPORT)
    chosen = {"action": "sign_out_selected", "_selected_action": str(signed.session_id)}

    asked = client.post(SESSIONS, chosen).content.decode()
    assert "stop working within a second" in asked
    assert "Neha" in asked
    assert reason_of(signed) == ""
    client.post(SESSIONS, chosen | {"confirmed": "1", "reason": "phone reported stolen"})

    assert (reason_of(signed), reason_of(other)) == ("by_operator", "")
    event = AuditEvent.objects.get(action="session.revoked")
    assert (event.reason, event.address) == ("phone reported stolen", "127.0.0.1")
    assert event.actor_id == User.objects.get(username="ops").pk


def test_whose_role_does_not_say_so_signs_nobody_out() -> None:
    signed = sign_in(make_person())

    answer = desk(roles.FINANCE).post(
        SESSIONS,
        {
            "action": "sign_out_selected",
            "_selected_action": str(signed.session_id),
            "confirmed": "1",
            "reason": "curiosity",
        },
    )

    assert answer.status_code == 403
    assert reason_of(signed) == ""


def test_nobody_at_the_desk_sees_what_proves_a_device_or_opens_a_session() -> None:
    sign_in(make_person())
    kept, token = Session.objects.get(), RefreshToken.objects.get()
    client = desk(roles.ADMINISTRATOR)

    pages = [f"{SESSIONS}{kept.pk}/change/", f"/admin/accounts/refreshtoken/{token.pk}/change/"]
    for page in pages:
        shown = client.get(page)
        assert shown.status_code == 200
        assert kept.device_hash not in shown.content.decode()
        assert token.digest not in shown.content.decode()


def test_a_role_given_or_taken_bites_at_once() -> None:
    operator = make_person()
    at_work, riding = sign_in(operator, role="operator"), sign_in(operator)

    role = services.grant_role(
        user_id=operator, role=roles.SUPPORT, zone_code="", actor_id=None, reason="x", now=NOON
    )

    assert (reason_of(at_work), reason_of(riding)) == ("rights_changed", "")
    again = sign_in(operator, role="operator")
    services.revoke_role(role_id=role.pk, actor_id=None, reason="left", now=NOON)
    assert reason_of(again) == "rights_changed"


def purge(*, now: datetime, limit: int = 100) -> tuple[int, int]:
    return (
        services.purge_sessions(limit=limit, now=now),
        services.purge_used_tokens(limit=limit, now=now),
    )


def test_sessions_are_forgotten_thirty_days_after_their_end() -> None:
    now = timezone.now()
    live, expired, ended = (sign_in(make_person(), now=now) for _ in range(3))
    merchant = sign_in(make_person(), role="merchant", now=now)
    services.revoke_session(
        session_id=ended.session_id, reason="signed_out", actor_id=None, now=now
    )
    Session.objects.filter(pk=expired.session_id).update(expires_at=now + DAY)

    assert purge(now=now + 30 * DAY) == (0, 0)
    assert purge(now=now + 32 * DAY) == (2, 0)
    assert set(Session.objects.values_list("pk", flat=True)) == {
        live.session_id, merchant.session_id
    }  # fmt: skip
    assert RefreshToken.objects.count() == 2


def test_a_used_token_is_recognised_for_a_week_and_then_merely_unknown() -> None:
    now = timezone.now()
    first = sign_in(make_person(), now=now)
    second = refresh(first, now=now)
    other = sign_in(make_person(), now=now)
    refresh(other, now=now)

    assert purge(now=now + 6 * DAY) == (0, 0)
    with pytest.raises(RefreshReused):
        refresh(other, now=now + 6 * DAY)
    assert purge(now=now + 8 * DAY) == (0, 2)
    with pytest.raises(RefreshInvalid):
        refresh(first, now=now + 8 * DAY)
    assert refresh(second, now=now + 8 * DAY).session_id == first.session_id


def test_the_purge_takes_batches_and_the_job_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = timezone.now() - 90 * DAY
    for _ in range(5):
        sign_in(make_person(), now=long_ago)
    assert services.purge_sessions(limit=2, now=timezone.now()) == 2
    monkeypatch.setattr(tasks, "BATCH", 2)

    tasks.purge_sign_ins()

    assert not Session.objects.exists()

"""Bans, roles, numbers and the forgetting of sign-ins, each done twice at the same moment."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from apps.accounts import firebase, services
from apps.accounts.models import (
    AuditEvent,
    FirebaseDeletion,
    OperatorRole,
    RefreshToken,
    Session,
    User,
)
from apps.accounts.services import revealing
from tests.accounts.making import make_operator
from tests.accounts.signing_in import refresh, sign_in
from tests.concurrency.meeting import at_once, one_after_the_other, paused
from tests.factories import NOON
from tests.merchants.making import make_person

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def suspend(rider_id: UUID, until: datetime) -> None:
    services.suspend(
        rider_id=rider_id, until=until, actor_id=None, reason="three visits missed", now=NOON
    )


def test_of_two_suspensions_at_once_the_longer_stands() -> None:
    rider_id = make_person("rider")

    one_after_the_other(
        lambda: suspend(rider_id, NOON + 7 * DAY), lambda: suspend(rider_id, NOON + DAY)
    )

    assert User.objects.get(pk=rider_id).banned_until == NOON + 7 * DAY


def test_a_suspension_that_another_cause_prolongs_meanwhile_is_not_taken_back() -> None:
    rider_id = make_person("rider")
    suspend(rider_id, NOON + DAY)

    one_after_the_other(
        lambda: suspend(rider_id, NOON + 7 * DAY),
        lambda: services.replace_suspension(
            rider_id=rider_id,
            instead_of=NOON + DAY,
            until=None,
            actor_id=None,
            reason="the strike was overturned",
            now=NOON,
        ),
    )

    assert User.objects.get(pk=rider_id).banned_until == NOON + 7 * DAY


def test_whose_two_roles_are_taken_at_once_is_no_operator_any_more() -> None:
    operator = make_operator("support", "MNP")
    services.grant_role(
        user_id=operator.pk, role="finance", zone_code="", actor_id=None, reason="too", now=NOON
    )
    one, other = OperatorRole.objects.filter(user_id=operator.pk).values_list("pk", flat=True)

    def revoke(role_id: UUID) -> None:
        services.revoke_role(role_id=role_id, actor_id=None, reason="left", now=NOON)

    one_after_the_other(lambda: revoke(one), lambda: revoke(other))

    operator.refresh_from_db()
    assert not operator.is_staff


def test_a_number_that_two_are_given_at_once_is_the_firsts() -> None:
    one, other = make_person(), make_person()

    def give(user_id: UUID) -> None:
        services.give_number(user_id=user_id, phone="+919876500001", actor_id=None, now=NOON)

    # No lock: the index of numbers decides.
    ends = one_after_the_other(lambda: give(one), lambda: give(other))

    assert ends == (None, "PhoneTaken")
    assert User.objects.get(phone_index__isnull=False).pk == one


def test_of_two_looks_at_once_the_last_one_of_an_hour_is_had_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person_id, operator_id = make_person(), make_person("operator")
    looks = [
        AuditEvent(action=revealing.REVEALED, object_type="user", actor_id=operator_id, at=NOON)
        for _ in range(revealing.MOST_IN_AN_HOUR - 1)
    ]
    AuditEvent.objects.bulk_create(looks)
    monkeypatch.setattr(revealing, "record", paused(services.record))

    def look() -> str:
        return services.reveal_phone(
            user_id=person_id, actor_id=operator_id, reason="a call back", now=NOON
        )

    assert sorted(map(str, at_once(look, look))) == ["", "TooManyReveals"]


def test_two_workers_ask_google_once_to_forget_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    FirebaseDeletion.objects.create(uid="once", requested_at=NOON, next_attempt_at=NOON)
    asked: list[str] = []
    # What would go to Google.
    monkeypatch.setattr(firebase, "delete_account", asked.append)
    rows = FirebaseDeletion.objects
    monkeypatch.setattr(rows, "bulk_update", paused(rows.bulk_update))

    def work() -> int:
        return services.delete_firebase_accounts(now=NOON, limit=10)

    assert sorted(map(str, at_once(work, work))) == ["0", "1"]
    assert asked == ["once"]


def test_a_session_that_two_end_at_once_is_ended_by_one() -> None:
    session_id = sign_in(make_person("rider")).session_id

    def end() -> bool:
        return services.revoke_session(
            session_id=session_id, reason="signed_out", actor_id=None, now=NOON
        )

    assert one_after_the_other(end, end) == (True, False)
    assert AuditEvent.objects.filter(action="session.revoked").count() == 1


def test_a_session_that_is_signed_out_while_its_person_leaves_was_signed_out() -> None:
    person = make_person("rider")
    session = Session.objects.get(pk=sign_in(person).session_id)

    def sign_out() -> bool:
        return services.revoke_session(
            session_id=session.pk, reason="signed_out", actor_id=None, now=NOON
        )

    def leave() -> int:
        return User.objects.filter(pk=person).update(is_active=False)

    assert one_after_the_other(sign_out, leave) == (True, 1)
    session.refresh_from_db()
    assert (session.revoked_at, session.revoked_reason) == (NOON, "signed_out")


def test_two_who_purge_sessions_at_once_share_the_work() -> None:
    for _ in range(2):
        sign_in(make_person("rider"), device_id=f"{uuid4()}")

    def purge() -> int:
        # Sessions of a phone end after months.
        return services.purge_sessions(limit=1, now=NOON + 1000 * DAY)

    assert one_after_the_other(purge, purge) == (1, 1)
    assert not Session.objects.exists()


def test_two_who_purge_used_tokens_at_once_share_the_work() -> None:
    # An id tells when its row was made, so these are of today.
    now = timezone.now()
    signed = sign_in(make_person("rider"), now=now)
    for minutes in (1, 2):
        signed = refresh(signed, now=now + timedelta(minutes=minutes))

    def purge() -> int:
        return services.purge_used_tokens(limit=1, now=now + 8 * DAY)

    assert one_after_the_other(purge, purge) == (1, 1)
    assert not RefreshToken.objects.filter(used_at__isnull=False).exists()

"""What the tables of sessions refuse, and what leaving does to them, whoever writes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.accounts.models import RefreshToken, Session, User
from tests.accounts.signing_in import refresh, sign_in
from tests.factories import NOON, make_person

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
DIGEST = "ab" * 32


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"role": "root"}, "accounts_session_role_known"),
        ({"platform": "BEOS"}, "accounts_session_platform_known"),
        ({"device_hash": "6f1c0b52-a-phone"}, "accounts_session_device_hashed"),
        ({"expires_at": NOON}, "accounts_session_times_in_order"),
        ({"last_used_at": NOON - SECOND}, "accounts_session_times_in_order"),
        ({"authenticated_at": NOON + SECOND}, "accounts_session_times_in_order"),
        ({"revoked_at": NOON}, "accounts_session_revoked_for_a_reason"),
        ({"revoked_reason": "whim"}, "accounts_session_revoked_for_a_reason"),
    ],
)
def test_a_session_that_cannot_be_true_is_refused(changes: dict[str, Any], constraint: str) -> None:
    signed = sign_in(make_person())

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Session.objects.filter(pk=signed.session_id).update(**changes)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"digest": "umr_" + "A" * 43}, "accounts_refreshtoken_hashed"),
        ({"used_at": NOON - SECOND}, "accounts_refreshtoken_used_after_issue"),
    ],
)
def test_a_refresh_token_that_cannot_be_true_is_refused(
    changes: dict[str, Any], constraint: str
) -> None:
    sign_in(make_person())

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        RefreshToken.objects.update(**changes)


def test_a_secret_is_one_token() -> None:
    first, second = sign_in(make_person()), sign_in(make_person())
    RefreshToken.objects.filter(session_id=first.session_id).update(digest=DIGEST)

    with pytest.raises(IntegrityError, match="accounts_refreshtoken_digest_once"):
        RefreshToken.objects.filter(session_id=second.session_id).update(digest=DIGEST)


def test_a_session_has_one_unused_token() -> None:
    signed = sign_in(make_person())

    with pytest.raises(IntegrityError, match="accounts_refreshtoken_one_unused"):
        RefreshToken.objects.create(session_id=signed.session_id, digest=DIGEST, issued_at=NOON)


def reasons() -> list[str]:
    return list(Session.objects.order_by("pk").values_list("revoked_reason", flat=True))


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE accounts_user SET is_active = false WHERE id = %s", "person_closed"),
        ("UPDATE accounts_user SET status = 'CLOSED' WHERE id = %s", "person_closed"),
        ("DELETE FROM accounts_user WHERE id = %s", "person_deleted"),
    ],
)
def test_whoever_leaves_by_whatever_way_loses_every_session(statement: str, reason: str) -> None:
    person = make_person()
    sign_in(person)
    sign_in(person, role="merchant")
    sign_in(make_person())

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL pgtrigger.ignore = 'accounts_user:accounts_user_leaves'")
        cursor.execute(statement, [person])

    assert reasons() == [reason, reason, ""]


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_whose_rights_change_loses_the_operators_sessions_alone(right: str) -> None:
    person = make_person()
    sign_in(person)
    sign_in(person, role="operator")

    User.objects.filter(pk=person).update(**{right: True})

    assert reasons() == ["", "rights_changed"]


def test_other_changes_of_a_person_end_nothing() -> None:
    person = make_person()
    first = sign_in(person)

    neha = User.objects.get(pk=person)
    neha.display_name, neha.zone_code, neha.banned_until = "Neha", "BLR", NOON
    neha.save()

    refresh(first, now=NOON)
    assert reasons() == [""]

"""A proven number opens a session; what looks like somebody else's sign-in pauses payouts."""

from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.accounts import selectors, services
from apps.accounts.errors import AccountClosed, IdTokenUsed, NotAnOperator
from apps.accounts.firebase import Proof
from apps.accounts.models import (
    AuditEvent,
    ExchangedToken,
    FirebaseIdentity,
    KnownDevice,
    PayoutCooling,
    RefreshToken,
    Session,
    User,
)
from apps.accounts.services import AppDevice, Entered
from apps.notifications.models import InboxMessage
from tests.factories import NOON

pytestmark = pytest.mark.django_db

PHONE, OTHER_PHONE = "+919000000001", "+919000000002"
UID, OTHER_UID = "uid-of-the-first-account", "uid-of-another-account"
MINE, ANOTHER = AppDevice(id="installation-1"), AppDevice(id="installation-2")
DAY = timedelta(days=1)
TABLES = (
    User, FirebaseIdentity, ExchangedToken, KnownDevice, PayoutCooling, Session, RefreshToken,
    AuditEvent, InboxMessage,
)  # fmt: skip
_tokens = count(1)


def proof(*, phone: str = PHONE, uid: str = UID, at: datetime = NOON, token: str = "") -> Proof:
    return Proof(
        uid=uid,
        phone=phone,
        signed_in_at=at - timedelta(seconds=20),
        expires_at=at + timedelta(hours=1),
        digest=sha256((token or f"token {next(_tokens)}").encode()).hexdigest(),
    )


def enter(
    *,
    device: AppDevice = MINE,
    role: str = "rider",
    at: datetime = NOON,
    **facts: Any,  # Any: what `proof` takes
) -> Entered:
    return services.sign_in_by_phone(proof=proof(at=at, **facts), role=role, device=device, now=at)


def rows() -> dict[str, int]:
    return {table.__name__: table._default_manager.count() for table in TABLES}


def pauses(person_id: UUID) -> dict[str, timedelta]:
    found = PayoutCooling.objects.filter(person_id=person_id)
    return {row.reason: row.ends_at - row.begins_at for row in found}


def told(person_id: UUID) -> list[str]:
    return list(
        InboxMessage.objects.filter(person_id=person_id)
        .order_by("pk")
        .values_list("kind", flat=True)
    )


def test_a_number_that_nobody_has_makes_a_person() -> None:
    entered = enter()

    person = User.objects.get()
    assert (entered.person, entered.is_new) == (person, True)
    assert (person.phone, person.display_name, person.is_staff) == (PHONE, "", False)
    assert not person.has_usable_password()
    session = Session.objects.get(pk=entered.tokens.session_id)
    assert (session.user_id, session.role) == (person.pk, "rider")
    assert session.authenticated_at == NOON - timedelta(seconds=20)
    assert pauses(person.pk) == {}
    assert told(person.pk) == []


def test_the_same_number_is_the_same_person() -> None:
    first, second = enter(), enter(at=NOON + DAY)

    assert second.person == first.person
    assert (first.is_new, second.is_new) == (True, False)
    assert User.objects.count() == FirebaseIdentity.objects.count() == 1
    assert pauses(first.person.pk) == {}


def test_somebody_known_by_number_alone_is_found_and_has_no_pause() -> None:
    invited = services.create_person(phone=PHONE, display_name="Neha", zone_code="MNP", now=NOON)

    entered = enter(role="merchant")

    assert (entered.person, entered.is_new) == (invited, False)
    assert pauses(invited.pk) == {}
    assert FirebaseIdentity.objects.get().person_id == invited.pk


def test_a_token_opens_one_session() -> None:
    enter(token="once")
    before = rows()

    with pytest.raises(IdTokenUsed):
        enter(token="once")

    assert rows() == before


def test_only_the_platforms_own_people_act_as_operators() -> None:
    with pytest.raises(NotAnOperator):
        enter(role="operator", token="kept")
    assert sum(rows().values()) == 0

    # The refused token is unspent, and an operator's is good.
    entered = enter(role="rider", token="kept")
    User.objects.filter(pk=entered.person.pk).update(is_staff=True, is_superuser=True)
    assert enter(role="operator").person == entered.person


@pytest.mark.parametrize("closed", [{"status": User.Status.CLOSED}, {"is_active": False}])
def test_a_closed_account_opens_no_session(closed: dict[str, object]) -> None:
    person = enter().person
    User.objects.filter(pk=person.pk).update(**closed)
    before = rows()

    with pytest.raises(AccountClosed):
        enter(device=ANOTHER)

    assert rows() == before


def test_a_suspended_rider_signs_in_to_wallet_and_appeals() -> None:
    person = enter().person
    services.suspend(
        rider_id=person.pk, until=NOON + DAY, actor_id=None, reason="no-shows", now=NOON
    )

    assert enter().person == person


def test_a_new_device_pauses_payouts_for_a_day_and_the_person_is_told() -> None:
    person = enter().person

    enter(device=ANOTHER)

    assert pauses(person.pk) == {"new_device": timedelta(hours=24)}
    assert told(person.pk) == ["security.new_device"]
    event = AuditEvent.objects.get(action="payouts.paused")
    assert (event.object_id, event.reason) == (str(person.pk), "new_device")
    assert event.after == {"until": (NOON + DAY).isoformat()}


def test_a_device_that_was_here_before_pauses_nothing() -> None:
    person = enter().person
    enter(device=ANOTHER)

    enter(device=MINE, at=NOON + DAY)
    enter(device=ANOTHER, at=NOON + DAY)

    assert PayoutCooling.objects.filter(person_id=person.pk).count() == 1
    assert KnownDevice.objects.get(
        device_hash=sha256(b"installation-1").hexdigest()
    ).last_seen_at == (NOON + DAY)


def test_a_device_without_a_name_is_new_each_time() -> None:
    person = enter(device=AppDevice()).person

    enter(device=AppDevice())
    enter(device=AppDevice())

    assert PayoutCooling.objects.filter(person_id=person.pk, reason="new_device").count() == 2
    assert not KnownDevice.objects.exists()


def test_a_devices_own_id_is_kept_nowhere() -> None:
    enter()

    known = KnownDevice.objects.values().get()
    assert MINE.id not in str(known)
    assert known["device_hash"] == sha256(MINE.id.encode()).hexdigest()


def test_a_changed_number_pauses_payouts_for_two_days() -> None:
    person = enter().person

    entered = enter(phone=OTHER_PHONE)

    assert entered.person == person
    assert User.objects.get().phone == OTHER_PHONE
    assert selectors.person_by_phone(phone=OTHER_PHONE) == person
    assert selectors.person_by_phone(phone=PHONE) is None
    assert pauses(person.pk) == {"number_changed": timedelta(hours=48)}
    assert told(person.pk) == ["security.number_changed"]
    trail = AuditEvent.objects.filter(action="person.number-changed").values().get()
    assert PHONE[3:] not in str(trail)
    assert OTHER_PHONE[3:] not in str(trail)


def test_a_number_that_moves_leaves_its_former_holder_the_account_and_a_pause() -> None:
    former = enter(phone=OTHER_PHONE, uid=OTHER_UID).person
    person = enter().person

    assert enter(phone=OTHER_PHONE).person == person

    former.refresh_from_db()
    assert (former.phone, former.phone_index) == ("", None)
    assert pauses(former.pk) == pauses(person.pk) == {"number_changed": timedelta(hours=48)}
    assert Session.objects.filter(user_id=former.pk, revoked_at=None).exists()
    # With a number of their own they are who they were.
    assert enter(phone="+919000000003", uid=OTHER_UID).person == former


def test_a_new_firebase_account_on_the_number_ends_what_was_open_before() -> None:
    first = enter(device=ANOTHER)

    second = enter(uid=OTHER_UID, device=MINE)

    assert second.person == first.person
    old = Session.objects.get(pk=first.tokens.session_id)
    assert (old.revoked_at, old.revoked_reason) == (NOON, "account_replaced")
    assert Session.objects.get(pk=second.tokens.session_id).revoked_at is None
    assert pauses(first.person.pk) == {
        "account_replaced": timedelta(hours=48),
        "new_device": timedelta(hours=24),
    }
    assert told(first.person.pk) == ["security.account_replaced"]
    assert FirebaseIdentity.objects.get().uid == OTHER_UID


@pytest.mark.parametrize(
    ("idle", "paused"), [(timedelta(days=90), False), (timedelta(days=91), True)]
)
def test_a_long_absence_pauses_payouts_for_two_days(idle: timedelta, *, paused: bool) -> None:
    person = enter().person

    enter(at=NOON + idle)

    assert pauses(person.pk) == ({"long_idle": timedelta(hours=48)} if paused else {})


def test_whoever_used_a_session_was_not_absent() -> None:
    entered = enter()
    Session.objects.filter(pk=entered.tokens.session_id).update(last_used_at=NOON + 29 * DAY)

    enter(at=NOON + 100 * DAY)

    assert pauses(entered.person.pk) == {}


def test_of_several_pauses_the_longest_counts_and_all_reasons_are_told() -> None:
    person = enter().person
    enter(device=ANOTHER, phone=OTHER_PHONE)

    at_once = selectors.payout_cooling(user_id=person.pk, now=NOON)
    later = selectors.payout_cooling(user_id=person.pk, now=NOON + timedelta(hours=24))

    assert at_once is not None
    assert later is not None
    assert at_once.until == later.until == NOON + timedelta(hours=48)
    assert at_once.reasons == ["new_device", "number_changed"]
    assert later.reasons == ["number_changed"]
    assert selectors.payout_cooling(user_id=person.pk, now=at_once.until) is None


def test_spent_tokens_are_forgotten_only_when_they_have_expired() -> None:
    enter(token="first")
    enter(token="second", at=NOON + timedelta(hours=2))

    assert services.purge_exchanged_tokens(limit=10, now=NOON + timedelta(hours=1)) == 0
    assert services.purge_exchanged_tokens(limit=10, now=NOON + timedelta(hours=1, seconds=1)) == 1

    with pytest.raises(IdTokenUsed):
        enter(token="second")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE accounts_payoutcooling SET ends_at = begins_at + interval '1 second'",
        "DELETE FROM accounts_payoutcooling",
        "TRUNCATE accounts_payoutcooling",
    ],
)
def test_a_pause_is_not_edited_away(sql: str) -> None:
    person = enter().person
    enter(device=ANOTHER)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)

    assert pauses(person.pk) == {"new_device": timedelta(hours=24)}


def test_rows_that_cannot_be_true_are_refused() -> None:
    person = enter().person
    identity = FirebaseIdentity.objects.filter(person=person)
    device = KnownDevice.objects.filter(person=person)
    hour = timedelta(hours=1)
    stranger = services.create_person(zone_code="", now=NOON)
    wrong: dict[str, Any] = {  # Any: callables that write
        "accounts_identity_uid_once": lambda: FirebaseIdentity.objects.create(
            person=stranger, uid=UID, linked_at=NOON, signed_in_at=NOON
        ),
        "accounts_firebaseidentity_person_id_key": lambda: FirebaseIdentity.objects.create(
            person=person, uid=OTHER_UID, linked_at=NOON, signed_in_at=NOON
        ),
        "accounts_identity_uid_named": lambda: identity.update(uid=""),
        "accounts_identity_times_in_order": lambda: identity.update(signed_in_at=NOON - hour),
        "accounts_exchangedtoken_hashed": lambda: ExchangedToken.objects.create(
            digest="plain", expires_at=NOON
        ),
        "accounts_knowndevice_once": lambda: KnownDevice.objects.create(
            person=person,
            device_hash=sha256(MINE.id.encode()).hexdigest(),
            first_seen_at=NOON,
            last_seen_at=NOON,
        ),
        "accounts_knowndevice_hashed": lambda: device.update(device_hash="installation-1"),
        "accounts_knowndevice_times_in_order": lambda: device.update(last_seen_at=NOON - hour),
        "accounts_cooling_reason_known": lambda: PayoutCooling.objects.create(
            person=person, reason="mood", begins_at=NOON, ends_at=NOON + hour
        ),
        "accounts_cooling_ends": lambda: PayoutCooling.objects.create(
            person=person, reason="new_device", begins_at=NOON, ends_at=NOON
        ),
    }

    for name, write in wrong.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            write()

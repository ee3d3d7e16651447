"""Who may book, and the trail of what was done in whose name."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from apps.accounts import selectors, services
from apps.accounts.errors import AccountClosed, PhoneTaken, RiderBanned, UnknownPerson
from apps.accounts.models import AuditEvent, User
from tests.factories import NOON
from uma.kernel.errors import PhoneInvalid

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)
OPERATOR = UUID(int=42)


@pytest.fixture
def rider() -> User:
    return services.create_person(
        username="asha", display_name="Asha", zone_code="MNP", now=NOON, phone="098765 43210"
    )


def suspend(rider: User, *, until: timedelta = WEEK) -> None:
    services.suspend(
        rider_id=rider.pk, until=NOON + until, actor_id=OPERATOR, reason="no-shows", now=NOON
    )


def test_a_person_has_no_password_and_no_right_to_the_console(rider: User) -> None:
    kept = selectors.person(user_id=rider.pk)

    assert not kept.has_usable_password()
    assert (kept.is_staff, kept.is_superuser, kept.is_active) == (False, False, True)
    assert (kept.zone_code, kept.created_at, kept.status) == ("MNP", NOON, "ACTIVE")


def test_a_user_name_belongs_to_one_person(rider: User) -> None:
    with pytest.raises(IntegrityError):
        services.create_person(
            username=rider.username, display_name="Another", zone_code="MNP", now=NOON
        )

    assert User.objects.count() == 1


def test_an_operator_signs_in_with_a_password() -> None:
    made = services.create_operator(
        username="ops", display_name="Ops", password="long enough", now=NOON
    )

    operator = User.objects.get(pk=made.pk)
    assert operator.check_password("long enough")
    assert (operator.is_staff, operator.is_superuser) == (True, True)


def test_a_rider_in_good_standing_is_locked_and_returned(rider: User) -> None:
    with transaction.atomic():
        assert services.lock_rider(rider_id=rider.pk, now=NOON) == rider


def test_a_suspended_rider_may_book_from_the_instant_it_ends(rider: User) -> None:
    suspend(rider)

    with pytest.raises(RiderBanned) as refused, transaction.atomic():
        services.lock_rider(rider_id=rider.pk, now=NOON + WEEK - timedelta(microseconds=1))

    assert (refused.value.status, refused.value.extra) == (403, {"banned_until": NOON + WEEK})
    with transaction.atomic():
        assert services.lock_rider(rider_id=rider.pk, now=NOON + WEEK) == rider


@pytest.mark.parametrize("closed", [{"status": User.Status.CLOSED}, {"is_active": False}])
def test_a_closed_account_is_refused_before_its_suspension_is_told(
    rider: User, closed: dict[str, object]
) -> None:
    suspend(rider)
    User.objects.filter(pk=rider.pk).update(**closed)

    with pytest.raises(AccountClosed), transaction.atomic():
        services.lock_rider(rider_id=rider.pk, now=NOON)


def test_nobody_is_neither_locked_nor_suspended_nor_found() -> None:
    with pytest.raises(UnknownPerson), transaction.atomic():
        services.lock_rider(rider_id=uuid4(), now=NOON)
    with pytest.raises(UnknownPerson):
        services.suspend(rider_id=uuid4(), until=NOON, actor_id=None, reason="x", now=NOON)
    with pytest.raises(UnknownPerson):
        selectors.person(user_id=uuid4())
    with pytest.raises(UnknownPerson):
        selectors.person_named(username="nobody")

    assert not AuditEvent.objects.exists()


def test_who_left_is_not_found_by_name(rider: User) -> None:
    assert selectors.person_named(username="asha") == rider
    User.objects.filter(pk=rider.pk).update(is_active=False)

    with pytest.raises(UnknownPerson):
        selectors.person_named(username="asha")


def test_each_suspension_is_on_the_trail_with_what_it_changed(rider: User) -> None:
    suspend(rider)
    suspend(rider, until=2 * WEEK)

    first, second = AuditEvent.objects.order_by("pk")
    assert (first.action, first.object_type, first.object_id) == (
        "rider.suspended",
        "user",
        str(rider.pk),
    )
    assert (first.actor_id, first.reason, first.at) == (OPERATOR, "no-shows", NOON)
    assert first.before == {"banned_until": None}
    assert first.after == second.before == {"banned_until": (NOON + WEEK).isoformat()}
    assert second.after == {"banned_until": (NOON + 2 * WEEK).isoformat()}


def test_an_act_that_is_undone_leaves_no_trail(rider: User) -> None:
    with transaction.atomic():
        suspend(rider)
        assert AuditEvent.objects.exists()
        transaction.set_rollback(True)

    assert not AuditEvent.objects.exists()
    rider.refresh_from_db()
    assert rider.banned_until is None


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE accounts_auditevent SET reason = 'nicer'",
        "UPDATE accounts_auditevent SET actor_id = NULL",
        "DELETE FROM accounts_auditevent",
        "TRUNCATE accounts_auditevent",
    ],
)
def test_the_trail_is_append_only(rider: User, sql: str) -> None:
    suspend(rider)
    before = list(AuditEvent.objects.values())

    refusal = pytest.raises(IntegrityError, match="accounts_audit_append_only")
    with refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)

    assert list(AuditEvent.objects.values()) == before
    assert len(before) == 1


def test_a_person_is_active_or_closed_and_nothing_else(rider: User) -> None:
    with pytest.raises(IntegrityError, match="accounts_user_status_known"), transaction.atomic():
        User.objects.filter(pk=rider.pk).update(status="AWAY")

    rider.refresh_from_db()
    assert rider.status == "ACTIVE"


# --- by phone ------------------------------------------------------------------------------------


def test_a_person_is_found_by_phone_however_it_is_written(rider: User) -> None:
    for written in ("+919876543210", "98765 43210", "098765-43210"):
        assert selectors.person_by_phone(phone=written) == rider

    assert rider.phone == "+919876543210"
    assert selectors.person_by_phone(phone="+919876543211") is None
    with pytest.raises(PhoneInvalid):
        selectors.person_by_phone(phone="asha")


def test_a_person_without_a_user_name_is_called_by_the_id() -> None:
    made = services.create_person(phone="+919876543211", zone_code="MNP", now=NOON)

    assert made.username == str(made.pk)
    assert (str(made), made.shown_name, made.display_name) == (made.username, made.username, "")


def test_a_phone_is_one_persons(rider: User) -> None:
    with pytest.raises(PhoneTaken):
        services.create_person(phone=rider.phone, zone_code="MNP", now=NOON)

    assert User.objects.count() == 1
    for _ in range(2):  # nobody's phone is everybody's
        services.create_person(zone_code="MNP", now=NOON)


def test_a_number_that_is_none_makes_nobody() -> None:
    with pytest.raises(PhoneInvalid):
        services.create_person(phone="12345", zone_code="MNP", now=NOON)

    assert User.objects.count() == 0


def test_an_index_without_a_phone_is_refused(rider: User) -> None:
    with (
        pytest.raises(IntegrityError, match="accounts_user_index_of_a_phone"),
        transaction.atomic(),
    ):
        User.objects.filter(pk=rider.pk).update(phone="")

    User.objects.filter(pk=rider.pk).update(phone="", phone_index=None)
    assert selectors.person_by_phone(phone="+919876543210") is None


def test_the_database_refuses_a_second_person_with_one_number(rider: User) -> None:
    other = User(username="other", phone=rider.phone, created_at=NOON)
    other.phone_index = rider.phone_index

    with pytest.raises(IntegrityError, match="accounts_user_phone_once"), transaction.atomic():
        other.save()


def test_a_persons_name_stays_out_of_what_is_printed(rider: User) -> None:
    assert "Asha" not in f"{rider} {rider!r} {[rider]}"
    assert rider.shown_name == "Asha"

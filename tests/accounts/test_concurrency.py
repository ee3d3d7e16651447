"""Sign-ins at the same moment, on the real database: each guard with a test that needs it."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import pytest
from django.db import connection, transaction

from apps.accounts import services
from apps.accounts.models import (
    ExchangedToken,
    FirebaseIdentity,
    KnownDevice,
    Session,
    User,
    phone_index,
)
from apps.accounts.services import phone_sign_in
from tests.accounts.test_phone_sign_in import MINE, OTHER_PHONE, OTHER_UID, enter, proof
from tests.factories import NOON

pytestmark = pytest.mark.django_db(transaction=True)
MANY, ROUNDS = 8, 6
PAUSE_S = 0.4


def at_once(*jobs: Callable[[], object]) -> Counter[str]:
    """Run the jobs in threads that start together; count how they ended."""
    ends: list[str] = []
    start = threading.Barrier(len(jobs))

    def run(job: Callable[[], object]) -> None:
        start.wait(timeout=10)
        try:
            job()
            ends.append("in")
        except Exception as refusal:  # noqa: BLE001  # the outcome is what the test is about
            ends.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return Counter(ends)


@contextmanager
def dropped(table: str, constraint: str) -> Iterator[None]:
    """Take a unique constraint away, then empty the table and put it back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [constraint]
        )
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {definition}")


def test_one_token_sent_many_times_at_once_opens_one_session() -> None:
    ends = at_once(*[lambda: enter(token="one")] * MANY)

    assert ends == {"in": 1, "IdTokenUsed": MANY - 1}
    assert Session.objects.count() == 1


def test_without_the_key_one_token_would_open_many_sessions() -> None:
    """The control: nothing but the row of the spent token stands between."""
    with dropped("accounts_exchangedtoken", "accounts_exchangedtoken_pkey"):
        ends = at_once(*[lambda: enter(token="one")] * MANY)

        assert ends == {"in": MANY}
        assert ExchangedToken.objects.count() == MANY


def test_a_new_number_proved_many_times_at_once_is_one_person() -> None:
    ends = at_once(*[enter] * MANY)

    assert ends == {"in": MANY}
    assert User.objects.count() == FirebaseIdentity.objects.count() == 1
    assert KnownDevice.objects.count() == 1


def test_without_the_second_try_the_twin_of_a_first_sign_in_would_be_refused() -> None:
    """The control: whoever finds the number taken looks again, instead of telling the person."""

    def once(number: int) -> None:
        one = proof(phone=f"+9190000660{number:02}", uid=f"twin-{number}")
        phone_sign_in._sign_in(proof=one, role="rider", device=MINE, now=NOON)

    # On a busy machine the first may be done before the others look.
    rounds = [at_once(*[partial(once, number)] * MANY) for number in range(ROUNDS)]

    assert min(ends["in"] for ends in rounds) < MANY
    assert {name for ends in rounds for name in ends} <= {"in", "PhoneTaken", "IntegrityError"}


def test_two_people_who_swap_their_numbers_at_once_do_not_deadlock() -> None:
    one, two = enter().person, enter(phone=OTHER_PHONE, uid=OTHER_UID).person

    ends = at_once(lambda: enter(phone=OTHER_PHONE), lambda: enter(uid=OTHER_UID))

    assert ends == {"in": 2}
    phones = dict(User.objects.values_list("pk", "phone"))
    assert phones[one.pk] != phones[two.pk]


@contextmanager
def held(person: User) -> Iterator[User]:
    """Hold the person's row, as another sign-in would, while somebody comes in."""
    with transaction.atomic():
        yield User.objects.select_for_update(no_key=True).get(pk=person.pk)


def coming_in(job: Callable[[], object], ends: list[str]) -> threading.Thread:
    """Start a sign-in and give it the time to reach the row that is held."""
    thread = threading.Thread(target=lambda: ends.extend(at_once(job).elements()))
    thread.start()
    time.sleep(PAUSE_S)
    return thread


def test_people_are_locked_in_the_order_of_their_ids() -> None:
    one, two = enter().person, enter(phone=OTHER_PHONE, uid=OTHER_UID).person
    ends: list[str] = []

    with held(one):
        thread = coming_in(lambda: enter(phone=OTHER_PHONE), ends)
        # Whoever waits for the first row has not taken the second.
        assert User.objects.select_for_update(no_key=True, nowait=True).get(pk=two.pk) == two
    thread.join(timeout=10)

    assert ends == ["in"]


def test_a_number_that_moved_while_a_sign_in_waited_is_its_new_holders() -> None:
    former, holder = enter().person, enter(phone=OTHER_PHONE, uid=OTHER_UID).person
    entered: list[UUID] = []
    ends: list[str] = []

    with held(former) as row:
        thread = coming_in(lambda: entered.append(enter(uid="uid-made-anew").person.pk), ends)
        row.phone, row.phone_index = "", None
        row.save()
        User.objects.filter(pk=holder.pk).update(phone_index=phone_index("+919000000001"))
    thread.join(timeout=10)

    assert ends == ["in"]
    assert entered == [holder.pk]


def test_a_sign_in_waits_for_the_closing_of_its_account() -> None:
    person = enter().person
    ends: list[str] = []

    with held(person) as row:
        thread = coming_in(enter, ends)
        row.status = User.Status.CLOSED
        row.save()
        services.revoke_sessions_of(user_id=person.pk, reason="closed", actor_id=None, now=NOON)
    thread.join(timeout=10)

    assert ends == ["AccountClosed"]
    assert not Session.objects.filter(user_id=person.pk, revoked_at=None).exists()

"""The change of a key beside the traffic: nothing is lost, nobody waits, and it can be checked."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import close_old_connections, connection, transaction
from pytest_django import Settings

from apps.accounts.models import User
from apps.accounts.tasks import verify_sealed_values
from apps.payments import services as payments
from tests.factories import NOON, make_merchant, make_rider
from uma.kernel.crypto import rotation
from uma.kernel.crypto.fields import SealedTextField
from uma.kernel.crypto.keyring import keyring, kid_of, read_keyring

OLD = "T1:" + "7e" * 32
NEW = "B2:" + "34" * 32


def people(count: int) -> list[User]:
    return User.objects.bulk_create(
        User(
            username=f"rider-{number}",
            display_name=f"Name {number}",
            email=f"{number}@example.org" if number % 2 else "",
            created_at=NOON,
        )
        for number in range(count)
    )


def kids(column: str = "display_name_sealed", table: str = "accounts_user") -> Counter[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE {column} <> ''")
        return Counter(kid_of(bytes(value)) or "?" for (value,) in cursor.fetchall())


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("rotate_field_keys", *arguments, "--share", "1", stdout=out, stderr=out)
    return out.getvalue()


def table(name: str = "accounts_user") -> rotation.SealedTable:
    (found,) = [one for one in rotation.sealed_tables() if one.name == name]
    return found


@pytest.mark.django_db
def test_every_sealed_column_of_every_table_is_found() -> None:
    assert {one.name: one.columns for one in rotation.sealed_tables()}.items() >= {
        "accounts_user": ["display_name_sealed", "email_sealed", "phone_sealed"],
        "merchants_merchant": ["email_sealed", "phone_sealed"],
        "payments_fundaccount": ["holder_name", "account_number", "ifsc", "vpa"],
    }.items()


@pytest.mark.django_db
def test_everything_is_sealed_again_and_reads_as_before(settings: Settings) -> None:
    made = people(25)
    merchant, rider = make_merchant("Corner Café"), make_rider("asha")
    account = payments.add_fund_account(
        person_id=rider.pk, holder_name="Asha", vpa="asha@upi", now=NOON
    )
    before = {person.pk: (person.display_name, person.email) for person in made}
    settings.FIELD_KEYS = f"{NEW},{OLD}"

    said = run("--batch", "4")

    settings.FIELD_KEYS = NEW  # the old key is gone, and nobody misses it
    assert kids().keys() == kids("email_sealed").keys() == {"B2"}
    assert kids("vpa", "payments_fundaccount").keys() == {"B2"}
    kept = {person.pk: (person.display_name, person.email) for person in User.objects.all()}
    assert kept.items() >= before.items()
    merchant.refresh_from_db()
    account.refresh_from_db()
    assert (merchant.email, account.vpa) == ("owner@example.org", "asha@upi")
    assert "merchants_merchant: 1 row(s) sealed again" in said
    assert "B2 (seals)" in said
    assert "Every sealed value opens." in said


@pytest.mark.django_db
def test_a_second_start_carries_on_and_a_third_finds_nothing(settings: Settings) -> None:
    people(10)
    settings.FIELD_KEYS = f"{NEW},{OLD}"
    states = rotation.rotate(table(), keys=keyring(), batch=4, share=1)
    next(states)  # and then the machine is switched off
    del states
    assert kids() == {"B2": 4, "T1": 6}

    assert "accounts_user: 6 row(s) sealed again" in run()
    assert "accounts_user: 0 row(s) sealed again" in run()


@pytest.mark.django_db
def test_a_check_changes_nothing_and_counts_by_key(settings: Settings) -> None:
    people(4)
    settings.FIELD_KEYS = f"{NEW},{OLD}"

    said = run("--check")

    assert kids() == {"T1": 4}
    row = next(line for line in said.splitlines() if "display_name_sealed" in line)
    assert row.replace("│", " ").split() == ["accounts_user", "display_name_sealed", "T1", "4"]


@pytest.mark.django_db
def test_a_key_that_is_not_listed_is_an_alarm_that_names_the_row(
    settings: Settings,
) -> None:
    (person,) = people(1)
    settings.FIELD_KEYS = NEW

    for arguments in (["--check"], []):
        out = StringIO()
        with pytest.raises(CommandError, match="1 thing"):
            call_command("rotate_field_keys", *arguments, stdout=out, stderr=out)

        said = f"accounts_user.display_name_sealed of {person.pk} was sealed with key 'T1', which"
        assert said in out.getvalue()
        assert "Name 0" not in out.getvalue()
    assert kids() == {"T1": 1}
    assert rotation.unreadable(keys=keyring()) != []


@pytest.mark.django_db
@pytest.mark.parametrize("damage", ["phone_sealed = display_name_sealed", "email_sealed = 'clear'"])
def test_a_value_that_does_not_open_is_an_alarm_and_the_others_are_sealed_again(
    settings: Settings, damage: str
) -> None:
    people(5)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE accounts_user SET {damage} WHERE username = 'rider-2'")
    settings.FIELD_KEYS = f"{NEW},{OLD}"

    with pytest.raises(CommandError):
        run()

    assert kids() == {"B2": 4, "T1": 1}
    with pytest.raises(CommandError):
        run("--check")


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [["--share", "0"], ["--share", "1.5"], ["--batch", "0"]])
def test_an_order_that_makes_no_sense_is_refused(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="--share"):
        call_command("rotate_field_keys", *arguments)


# --- beside writers ------------------------------------------------------------------------------


def edit(person_id: UUID, name: str) -> None:
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=person_id)
        person.display_name = name
        person.save(update_fields=["display_name"])


def write_for(ids: list[UUID], *, until: threading.Event) -> dict[UUID, str]:
    """Edit one person after the other until told to stop; return what each was called last."""
    last: dict[UUID, str] = {}
    number = 0
    while not until.is_set():
        for person_id in ids:
            number += 1
            edit(person_id, f"edit {number}")
            last[person_id] = f"edit {number}"
    close_old_connections()
    connection.close()
    return last


@pytest.mark.django_db(transaction=True)
def test_no_edit_is_lost_while_keys_are_changed_beside_it(settings: Settings) -> None:
    ids = [person.pk for person in people(60)]
    stop = threading.Event()
    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write_for, ids[n::3], until=stop) for n in range(3)]
        for key in ("B2:" + "34" * 32, "C3:" + "56" * 32, "D4:" + "78" * 32):
            settings.FIELD_KEYS = f"{key},{settings.FIELD_KEYS}"
            for _ in rotation.rotate(table(), keys=keyring(), batch=7, share=1):
                pass
        stop.set()
        expected = {key: name for writer in writers for key, name in writer.result().items()}

    # What was being written when the last key came may be under the one before.
    for _ in rotation.rotate(table(), keys=keyring(), batch=7, share=1):
        pass
    assert {person.pk: person.display_name for person in User.objects.all()} == expected
    assert kids() == {"D4": 60}


def beside_an_edit(person: User, change: Any) -> str:
    """Let somebody edit a row between the moment it is read and the moment it is replaced."""
    keys = read_keyring(f"{NEW},{OLD}")
    one = table()
    (row,) = one.read(after=None, limit=10, stale_for="B2")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_edit_and_leave, person.pk).result()
    place = one.places(row[0])[0]
    new = [keys.seal(keys.open(row[1], place=place), place=place), *row[2:]]
    change(one, row, new)
    return User.objects.get(pk=person.pk).display_name


def _edit_and_leave(person_id: UUID) -> None:
    edit(person_id, "edited")
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_an_edit_between_reading_and_replacing_stands(settings: Settings) -> None:
    (person,) = people(1)
    settings.FIELD_KEYS = f"{OLD},{NEW}"

    assert beside_an_edit(person, lambda one, row, new: one.replace([(row, new)])) == "edited"


@pytest.mark.django_db(transaction=True)
def test_without_the_comparison_the_edit_would_be_lost(settings: Settings) -> None:
    """The control: if this stops failing inside, the test above proves nothing."""
    (person,) = people(1)
    settings.FIELD_KEYS = f"{OLD},{NEW}"

    def blindly(one: rotation.SealedTable, row: rotation.Row, new: list[Any]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {one.name} SET display_name_sealed = %s WHERE id = %s", [new[0], row[0]]
            )

    assert beside_an_edit(person, blindly) == "Name 0"


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_passed_by_and_nobody_waits(settings: Settings) -> None:
    first, second = people(2)
    settings.FIELD_KEYS = f"{NEW},{OLD}"
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=first.pk)
            held.set()
            release.wait(20)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold)
        assert held.wait(20)
        started = time.monotonic()
        *_, state = rotation.rotate(table(), keys=keyring(), share=1)
        took = time.monotonic() - started
        release.set()
        holder.result()

    assert (state.rotated, state.passed_by) == (1, 1)
    assert took < 1.5  # less than the lock's time-out
    assert kids() == {"B2": 1, "T1": 1}
    assert User.objects.get(pk=second.pk).display_name == "Name 1"
    *_, state = rotation.rotate(table(), keys=keyring(), share=1)
    assert (state.rotated, state.passed_by) == (1, 0)


def test_the_place_is_the_same_for_the_field_and_the_rotation() -> None:
    field = User._meta.get_field("phone")
    assert isinstance(field, SealedTextField)

    assert field.place(UUID(int=1)) == table().places(UUID(int=1))[2]


@pytest.mark.django_db
def test_the_nightly_look_is_quiet_until_a_value_does_not_open(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    (person,) = people(1)
    verify_sealed_values()
    assert caplog.records == []
    settings.FIELD_KEYS = NEW

    with pytest.raises(rotation.SealedValuesDoNotOpen, match="1"):
        verify_sealed_values()

    (record,) = caplog.records
    assert record.levelname == "CRITICAL"
    assert str(person.pk) in record.__dict__["row"]
    assert "Name 0" not in str(record.__dict__)

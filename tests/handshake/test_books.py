"""The looks at the books: what was changed behind the guards is found, kept until it is mended, and halts payouts."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.handshake import books, invariants, readings, tasks
from apps.handshake.models import BooksLook
from apps.payments import selectors as payouts
from apps.payments import services as payments
from apps.payments.models import PayoutHalt
from tests.handshake.test_invariants import Names, names, tamper
from uma.celery import BEAT

__all__ = ["names"]
pytestmark = [pytest.mark.django_db, pytest.mark.spoils_the_books]
DAY = timedelta(days=1)
RICHER = "UPDATE wallet_account SET balance_paise = balance_paise + 1 WHERE code = 'rider:' || %(rider)s || ':wallet'"
MENDED = RICHER.replace("+", "-")
TAMPERINGS = {
    "a balance made greater": ("newest balances", RICHER),
    "a version skipped": (
        "newest balances",
        "UPDATE wallet_account SET version = version + 1 WHERE code = 'rider:' || %(rider)s || ':wallet'",
    ),
    "the newest transfer deleted": (
        "newest balances",
        (
            "DELETE FROM wallet_transfer WHERE credit_account_id ="
            " (SELECT id FROM wallet_account WHERE code = 'rider:' || %(rider)s || ':wallet')"
        ),
    ),
    "an amount rewritten": (
        "newest chains",
        (
            "UPDATE wallet_transfer SET amount_paise = amount_paise + 1 WHERE credit_account_id ="
            " (SELECT id FROM wallet_account WHERE code = 'rider:' || %(rider)s || ':wallet')"
        ),
    ),
    "a balance below zero": (
        "overdrawn",
        (
            "ALTER TABLE wallet_account DROP CONSTRAINT wallet_account_not_overdrawn;"
            "UPDATE wallet_account SET balance_paise = -1 WHERE code = 'rider:' || %(rider)s || ':wallet'"
        ),
    ),
    "a visit that says it moved more": (
        "newest visits",
        "UPDATE handshake_handshake SET released_paise = released_paise + 1",
    ),
    "a visit deleted": ("newest visits", "DELETE FROM handshake_handshake"),
}


def look(after: timedelta = timedelta(0)) -> list[str]:
    """Look at what moved lately; return which checks found something."""
    return [one.check for one in books.look_at_recent(now=timezone.now() + after)]


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_the_look_of_each_half_minute_finds_what_was_changed(
    names: Names, tampering: tuple[str, str]
) -> None:
    check, sql = tampering
    assert look() == []

    tamper(names, sql)

    assert check in look()
    assert BEAT["apps.handshake.tasks.look_at_books"] == 30


def test_what_is_wrong_rings_until_it_is_mended_however_long_ago_it_moved(names: Names) -> None:
    tasks.look_at_books()
    tamper(names, TAMPERINGS["a visit that says it moved more"][1])

    for days in (0, 1, 2):
        assert look(days * DAY) == ["newest visits"]
        assert readings.wrong_rows(timezone.now()) == {("recent",): 1.0}
    tamper(names, "UPDATE handshake_handshake SET released_paise = released_paise - 1")

    assert look(3 * DAY) == []
    assert readings.wrong_rows(timezone.now()) == {("recent",): 0.0}
    # The control: what moved before the last clean look is the night's to find.
    tamper(names, TAMPERINGS["a visit that says it moved more"][1])
    assert look(4 * DAY) == []
    assert [one.check for one in invariants.find_violations()] == ["handshakes and the ledger"]


def test_books_that_are_wrong_halt_payouts_and_what_somebody_has_seen_does_not_again(
    names: Names,
) -> None:
    tasks.look_at_books()
    assert not payouts.payouts_halted()
    tamper(names, RICHER)

    assert tasks.look_at_books() == 1
    assert PayoutHalt.objects.get().reason == books.REASON
    payments.resume_payouts(reason="A test of ours.", actor_id=uuid4(), now=timezone.now())
    tasks.look_at_books()
    assert not payouts.payouts_halted()

    # Another row is another matter, and the night has not seen the first.
    tamper(names, "UPDATE handshake_handshake SET released_paise = released_paise + 1")
    tasks.look_at_books()
    assert payouts.payouts_halted()
    payments.resume_payouts(reason="Another.", actor_id=uuid4(), now=timezone.now())
    with pytest.raises(invariants.BooksDoNotBalance):
        tasks.verify_ledger()
    assert payouts.payouts_halted()


def test_an_alarm_of_the_night_ends_with_the_operators_own_look(names: Names) -> None:
    tamper(names, RICHER)
    with pytest.raises(invariants.BooksDoNotBalance):
        tasks.verify_ledger()
    assert readings.wrong_rows(timezone.now()) == {("whole",): 2.0}
    with pytest.raises(CommandError):
        call_command("verify_ledger", stdout=StringIO(), stderr=StringIO())
    assert readings.wrong_rows(timezone.now()) == {("whole",): 2.0}
    tamper(names, MENDED)

    call_command("verify_ledger", stdout=StringIO())

    assert readings.wrong_rows(timezone.now()) == {("whole",): 0.0}


def test_of_two_looks_the_younger_stands() -> None:
    now = timezone.now()
    books.look_at_recent(now=now)

    books.look_at_recent(now=now - DAY)

    assert BooksLook.objects.get().looked_at == now


def test_prometheus_reads_how_long_ago_the_books_were_looked_at() -> None:
    now = timezone.now()
    assert readings.checked_s(now) == {("whole",): 0.0, ("recent",): 0.0}
    books.look_at_recent(now=now - DAY)

    assert readings.checked_s(now) == {("whole",): 0.0, ("recent",): 86_400.0}


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("handshake_books_kind", {"kind": "PART"}),
        ("handshake_books_clean", {"clean_at": None}),
        ("handshake_books_clean", {"clean_at": datetime.min.replace(tzinfo=UTC)}),
        ("handshake_books_clean", {"wrong": 1}),
        ("handshake_books_clean", {"wrong": 1, "found": [["a", "b", "c"]]}),
        ("handshake_books_clean", {"found": [["a", "b", "c"]]}),
    ],
)
def test_a_look_that_cannot_be_is_refused(constraint: str, facts: dict[str, object]) -> None:
    now = timezone.now()
    clean = {"kind": "WHOLE", "looked_at": now, "wrong": 0, "found": [], "clean_at": now}

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        BooksLook.objects.create(**(clean | facts))

"""What goes round the guards is found, between the ledger and what its money was moved for."""

from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.handshake import invariants, services, tasks
from apps.payments import selectors as payments
from apps.rides.models import Booking
from apps.wallet import selectors as wallet
from tests.factories import NOON, make_booking, make_rider, make_shop
from tests.handshake.test_sold_and_posted import PROVED
from tests.handshake.visiting import FARE_PAISE, visit
from uma.kernel.guards import Guard
from uma.kernel.ids import new_id

pytestmark = [pytest.mark.django_db, pytest.mark.spoils_the_books]
LATER = NOON + timedelta(hours=1)
Names = dict[str, UUID]


@dataclass(frozen=True)
class Tampering:
    """SQL sent behind the guards, and what the check must say: a row and words about it."""

    check: str
    sql: str
    row: str
    detail: str


HANDSHAKE = "handshake_handshake SET {} WHERE id = %(handshake)s"
BOOKING = "rides_booking SET {} WHERE id = %({})s"
ALLOTMENT = "campaigns_allotment SET {} WHERE campaign_id = %(campaign)s AND scope = 'all'"
LOST_LIMIT = "ALTER TABLE campaigns_allotment DROP CONSTRAINT campaigns_allotment_not_oversold; "

TAMPERINGS = {
    "a settled booking that may be scanned again": Tampering(
        "handshakes and bookings",
        "UPDATE " + BOOKING.format("state = 'EXPIRED', redeemed_at = NULL", "booking"),
        "booking",
        "is EXPIRED and has 1 handshake(s)",
    ),
    "a booking redeemed without a scan": Tampering(
        "handshakes and bookings",
        "UPDATE " + BOOKING.format("state = 'REDEEMED', redeemed_at = booked_at", "live"),
        "live",
        "is REDEEMED and has 0 handshake(s)",
    ),
    "a handshake of no booking": Tampering(
        "handshakes without a booking",
        "UPDATE " + HANDSHAKE.format("booking_id = %(unknown)s"),
        "handshake",
        "is not there",
    ),
    "a handshake given to another rider": Tampering(
        "handshakes and their sale",
        "UPDATE " + HANDSHAKE.format("rider_id = %(unknown)s"),
        "handshake",
        "the people and the place",
    ),
    "a handshake given to another merchant": Tampering(
        "handshakes and their sale",
        "UPDATE " + HANDSHAKE.format("merchant_id = %(unknown)s"),
        "handshake",
        "the people and the place",
    ),
    "a handshake that says it paid more": Tampering(
        "handshakes and the ledger",
        "UPDATE "
        + HANDSHAKE.format("cpt_fee_paise = 2001, merchant_debit_paise = merchant_debit_paise + 1"),
        "handshake",
        "moved 21460 paise and released 1800, its row says 21461 and 1800",
    ),
    "a handshake that says it released more": Tampering(
        "handshakes and the ledger",
        "UPDATE " + HANDSHAKE.format("released_paise = 1801"),
        "handshake",
        "its row says 21460 and 1801",
    ),
    "a handshake deleted": Tampering(
        "handshakes and the ledger",
        "DELETE FROM handshake_handshake WHERE id = %(handshake)s",
        "handshake",
        "money moved without a handshake",
    ),
    "a handshake whose movement is called something else": Tampering(
        "handshakes and the ledger",
        "UPDATE wallet_journal SET kind = 'topup' WHERE id = %(handshake)s",
        "handshake",
        "no money moved for it",
    ),
    "a message deleted": Tampering(
        "announcements",
        "DELETE FROM notifications_inboxmessage WHERE person_id = %(rider)s",
        "handshake",
        "without a message",
    ),
    "a first visit forgotten": Tampering(
        "first visits",
        "DELETE FROM merchants_firstvisit WHERE booking_id = %(booking)s",
        "handshake",
        "whose first visit was another booking",
    ),
    "a budget that was spent by nobody": Tampering(
        "budgets and bookings",
        "UPDATE " + ALLOTMENT.format("committed_paise = committed_paise + 1"),
        "allotment",
        "all commits 44721 paise, bookings say 44720",
    ),
    "more seats sold than there are": Tampering(
        "overcommitted budgets",
        LOST_LIMIT + "UPDATE " + ALLOTMENT.format("seats_limit = 1"),
        "campaign",
        "all: 2/1 seats",
    ),
    "a booking that says it holds more": Tampering(
        "bookings",
        "UPDATE " + BOOKING.format("max_cost_paise = max_cost_paise + 1", "live"),
        "live",
        "held-is-what-was-sold",
    ),
}


@pytest.fixture
def names() -> Names:
    """Return what stands for the rows of a visit that was swept and announced, and a live booking."""
    shop, rider = make_shop(basis="actual_capped"), make_rider()
    handshake = visit(shop, rider, fare_paise=FARE_PAISE)
    services.announce(handshake_id=handshake.pk, now=LATER)
    services.sweep_released(now=LATER)
    live = make_booking(shop)
    # As after a commit: nothing is left to be checked.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(
            "SELECT id FROM campaigns_allotment WHERE campaign_id = %s AND scope = 'all'",
            [shop.campaign.pk],
        )
        (allotment,) = cursor.fetchone()
    return {
        "handshake": handshake.pk,
        "booking": handshake.booking_id,
        "live": live.pk,
        "rider": rider.pk,
        "campaign": shop.campaign.pk,
        "allotment": allotment,
        "unknown": new_id(),
    }


def tamper(names: Names, sql: str) -> None:
    """Send SQL as a superuser who switches the guards off would."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, names)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_untouched_books_break_no_invariant(names: Names) -> None:
    assert names
    assert invariants.find_violations() == []


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_a_check_names_the_row_that_was_tampered_with(names: Names, tampering: Tampering) -> None:
    check = next(found for found in invariants.checks() if found.name == tampering.check)

    tamper(names, tampering.sql)

    (violation,) = check.find()
    assert (violation.check, violation.row) == (tampering.check, str(names[tampering.row]))
    assert tampering.detail in violation.detail
    assert violation in invariants.find_violations()


def test_every_check_of_ours_is_proved_by_a_tampering() -> None:
    # Each app proves its own: tests/wallet/test_invariants.py, tests/payments/test_payout_books.py.
    others = {check.name for check in (*wallet.checks(), *payments.checks())}
    here = {tampering.check for tampering in TAMPERINGS.values()}

    assert here | PROVED == {check.name for check in invariants.checks()} - others


def test_sound_books_are_verified_check_by_check(names: Names) -> None:
    assert names
    out, complaints = StringIO(), StringIO()

    call_command("verify_ledger", stdout=out, stderr=complaints)

    lines = out.getvalue().splitlines()
    assert len(lines) == len(invariants.checks()) + 1
    assert all("✓" in line for line in lines[:-1])
    assert complaints.getvalue() == ""


def test_spoilt_books_fail_the_command_which_names_the_row(names: Names) -> None:
    tamper(names, TAMPERINGS["a handshake that says it released more"].sql)
    out, complaints = StringIO(), StringIO()

    with pytest.raises(CommandError, match=r"1 row\(s\)"):
        call_command("verify_ledger", stdout=out, stderr=complaints)

    assert str(names["handshake"]) in complaints.getvalue()
    (broken,) = (line for line in out.getvalue().splitlines() if "✗" in line)
    assert "handshakes and the ledger" in broken


def test_a_bookings_guard_that_is_dropped_fails_the_command_which_names_it() -> None:
    guards: dict[str, Guard] = {one.name: one for one in vars(Booking._meta)["triggers"]}
    dropped = guards["rides_booking_arrows"].compile(Booking).sql.pgid  # type: ignore[arg-type]  # as installed.py has it
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {dropped} ON rides_booking")
    complaints = StringIO()

    with pytest.raises(CommandError, match=r"1 row\(s\)"):
        call_command("verify_ledger", stdout=StringIO(), stderr=complaints)

    assert f"{dropped}: is absent" in complaints.getvalue()


def test_spoilt_books_fail_the_nightly_job_which_names_the_row(
    names: Names, caplog: pytest.LogCaptureFixture
) -> None:
    tasks.verify_ledger()
    tamper(names, TAMPERINGS["a first visit forgotten"].sql)

    with pytest.raises(invariants.BooksDoNotBalance):
        tasks.verify_ledger()

    assert str(names["handshake"]) in {getattr(line, "row", None) for line in caplog.records}

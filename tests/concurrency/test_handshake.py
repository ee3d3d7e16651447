"""
Scans at the same moment, on the real database: each guard with a test that needs it.

A stop is put between two steps of the product's own code so that both actors
are inside at once; what decides is PostgreSQL. A control takes one guard away and shows that the
race is real.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection

from apps.campaigns import services as campaigns
from apps.handshake import services
from apps.handshake.models import Handshake
from apps.handshake.rules import Scan
from apps.handshake.services import Executed
from apps.rides import services as rides
from apps.rides.models import Booking
from apps.wallet import codes
from apps.wallet import services as wallet
from tests.concurrency.meeting import PATIENCE_S, STAND, at_once, paused_after, stand
from tests.factories import (
    FUNDS_PAISE,
    MAX_COST_PAISE,
    NOON,
    Shop,
    balance,
    make_booking,
    make_campaign,
    make_outlet,
    make_rider,
    make_shop,
    request_key,
)
from uma.kernel.geo import Point
from uma.kernel.http.idempotency import IdempotencyKey

pytestmark = pytest.mark.django_db(transaction=True)

CAP_PAISE = 150_00
# 20 + 50 for a first visit, each with 18 %; 20 with 18 % afterwards.
FIRST_VISIT_PAISE = MAX_COST_PAISE
LATER_VISIT_PAISE = MAX_COST_PAISE - 59_00
TWINS = 2
ONE_HANDSHAKE = "handshake_handshake_booking_id_key"


def scanning(
    shop: Shop, booking: Booking, *, key: IdempotencyKey | None = None, now: datetime = NOON
) -> Callable[[], Executed]:
    scan = Scan(actor_id=shop.owner_id, outlet_id=None, location=None, bill_paise=None)
    return lambda: services.execute(
        ref=booking.ref, scan=scan, freshness=lambda: None, key=key, now=now
    )


def ends(outcome: list[object]) -> Counter[str]:
    """Count how the scans ended: settled, repeated, replayed, or the refusal's name."""

    def name(end: object) -> str:
        if not isinstance(end, Executed):
            return str(end)
        return "replayed" if end.replayed else "repeated" if end.repeated else "settled"

    return Counter(map(name, outcome))


def rider_paise(booking: Booking) -> int:
    return balance(codes.rider_wallet(booking.rider_id))


def journals(kind: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM wallet_journal WHERE kind = %s", [kind])
        (count,) = cursor.fetchone()
    return int(count)


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the scan's row lock away; the twins have both read BOOKED before either goes on."""
    monkeypatch.setattr(rides, "lock_for_scan", paused_after(rides.find_for_scan))


@contextmanager
def replaced(signature: str, body: str) -> Iterator[None]:
    """Give one of our SQL functions another body for a while."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef(%s::regprocedure)", [signature])
        (original,) = cursor.fetchone()
        head, _, _ = original.partition("AS $")
        cursor.execute(f"{head} AS $body$ {body} $body$")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(original)


@contextmanager
def dropped(constraint: str, *, empty: bool = False) -> Iterator[None]:
    """Take a unique constraint of the handshakes away; `empty` removes rows that break it."""
    table = "handshake_handshake"
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
            if empty:
                cursor.execute("SET session_replication_role = replica")
                cursor.execute(f"DELETE FROM {table}")
                cursor.execute("SET session_replication_role = origin")
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {definition}")


# Without its own guard: a booking that is not live is passed over in silence.
REDEEM = "rides_redeem(uuid, timestamptz)"
REDEEMS_WITHOUT_A_WORD = """
    BEGIN
        UPDATE rides_booking SET state = 'REDEEMED', redeemed_at = p_at
        WHERE id = p_booking AND state = 'BOOKED';
    END"""
FIRST_VISIT = "merchants_record_first_visit(uuid, uuid, uuid, timestamptz)"
COUNTS_THEN_DECIDES = """
    DECLARE known integer := (
        SELECT count(*) FROM merchants_firstvisit
        WHERE merchant_id = p_merchant AND person_id = p_person);
    BEGIN
        {stand}
        INSERT INTO merchants_firstvisit (merchant_id, person_id, booking_id, at)
        VALUES (p_merchant, p_person, p_booking, p_at) ON CONFLICT DO NOTHING;
        RETURN known = 0;
    END""".replace("{stand}", STAND)


def test_a_hundred_scans_of_one_code_at_once_are_one_movement() -> None:
    shop = make_shop()
    booking = make_booking(shop)

    outcome = at_once(*[scanning(shop, booking)] * 100)

    assert ends(outcome) == {"settled": 1, "repeated": 99}
    assert len({end.handshake.pk for end in outcome if isinstance(end, Executed)}) == 1
    assert Handshake.objects.count() == journals("handshake") == 1
    assert rider_paise(booking) == CAP_PAISE
    assert (shop.wallet_paise, shop.held_paise) == (FUNDS_PAISE - MAX_COST_PAISE, 0)


def test_one_request_sent_again_at_the_same_moment_is_answered_as_a_replay() -> None:
    shop, key = make_shop(), request_key()
    booking = make_booking(shop)

    outcome = at_once(*[scanning(shop, booking, key=key)] * 10)

    assert ends(outcome) == {"settled": 1, "replayed": 9}
    assert rider_paise(booking) == CAP_PAISE


@pytest.mark.usefixtures("meeting")
def test_without_the_rows_lock_the_booking_itself_refuses_a_second_redemption() -> None:
    """The control of the hundred scans: twins are past the look at the state, one is refused."""
    shop = make_shop()
    booking = make_booking(shop)

    outcome = at_once(*[scanning(shop, booking)] * TWINS)

    assert ends(outcome) == {"settled": 1, IntegrityError.__name__: 1}
    assert (journals("handshake"), rider_paise(booking)) == (1, CAP_PAISE)


@pytest.mark.usefixtures("meeting")
def test_behind_the_booking_stands_the_one_handshake_that_it_may_have() -> None:
    shop = make_shop()
    booking = make_booking(shop)

    with replaced(REDEEM, REDEEMS_WITHOUT_A_WORD):
        outcome = at_once(*[scanning(shop, booking)] * TWINS)

    assert ends(outcome) == {"settled": 1, IntegrityError.__name__: 1}
    assert (journals("handshake"), rider_paise(booking)) == (1, CAP_PAISE)


@pytest.mark.usefixtures("meeting")
def test_behind_the_one_handshake_stands_the_ledger() -> None:
    shop = make_shop()
    booking = make_booking(shop)

    with (
        replaced(REDEEM, REDEEMS_WITHOUT_A_WORD),
        dropped(ONE_HANDSHAKE),
    ):
        outcome = at_once(*[scanning(shop, booking)] * TWINS)

    assert ends(outcome)["settled"] == 1
    assert set(ends(outcome)) < {"settled", "HoldNotOpen", "AlreadyPosted"}
    assert (journals("handshake"), rider_paise(booking)) == (1, CAP_PAISE)


def two_visits(shop: Shop) -> list[Booking]:
    """Book one person at two outlets of the merchant, so that both bookings are live."""
    rider = make_rider()
    there = make_outlet(shop.merchant, "Second", at=Point(13.4, 74.8))
    other = make_campaign(shop.merchant, outlet_ids=(there.pk,), title="Another deal")
    here = make_booking(shop, rider)
    return [here, make_booking(shop, rider, campaign_id=other.pk)]


def visit_costs() -> list[int]:
    paid = Handshake.objects.values_list("merchant_debit_paise", flat=True)
    return sorted(paid)


def one_outlet_shop() -> Shop:
    """Return a shop whose campaign stays at its first outlet."""
    shop = make_shop()
    alone = make_campaign(shop.merchant, outlet_ids=(shop.outlet.pk,), title="Here only")
    return replace(shop, campaign=alone)


def test_of_two_first_visits_at_once_one_pays_for_the_new_customer() -> None:
    shop = one_outlet_shop()
    visits = two_visits(shop)

    outcome = at_once(*(scanning(shop, booking) for booking in visits))

    assert ends(outcome) == {"settled": 2}
    assert visit_costs() == [LATER_VISIT_PAISE, FIRST_VISIT_PAISE]
    assert balance(codes.zone_account("MNP", "cpa")) == 50_00
    assert rider_paise(visits[0]) == 2 * CAP_PAISE


def test_counting_the_visits_and_then_deciding_would_pay_for_one_customer_twice() -> None:
    """The control: if both are not inside at once here, the test above proves nothing."""
    shop = one_outlet_shop()
    visits = two_visits(shop)

    with replaced(FIRST_VISIT, COUNTS_THEN_DECIDES):
        at_once(*(scanning(shop, booking) for booking in visits))

    assert visit_costs() == [FIRST_VISIT_PAISE, FIRST_VISIT_PAISE]


def test_one_key_for_two_bookings_at_once_settles_one_of_them() -> None:
    shop = make_shop()
    bookings = [make_booking(shop), make_booking(shop)]
    keys = [request_key("one-key", body=body) for body in (b"first", b"second")]

    outcome = at_once(
        *(scanning(shop, booking, key=key) for booking, key in zip(bookings, keys, strict=True))
    )

    assert ends(outcome) == {"settled": 1, "IdempotencyKeyReused": 1}
    assert sorted(map(rider_paise, bookings)) == [0, CAP_PAISE]
    assert sorted(Booking.objects.values_list("state", flat=True)) == ["BOOKED", "REDEEMED"]
    assert shop.held_paise == MAX_COST_PAISE


def test_without_the_unique_key_one_request_would_settle_two_bookings() -> None:
    """The control: nothing but the constraint stands between a reused key and a second movement."""
    shop = make_shop()
    bookings = [make_booking(shop), make_booking(shop)]
    keys = [request_key("one-key", body=body) for body in (b"first", b"second")]
    jobs = [scanning(shop, pair[0], key=pair[1]) for pair in zip(bookings, keys, strict=True)]

    with dropped("handshake_request_key_once", empty=True):
        outcome = at_once(*jobs)

    assert ends(outcome) == {"settled": 2}
    assert list(map(rider_paise, bookings)) == [CAP_PAISE, CAP_PAISE]


@pytest.fixture
def inside() -> threading.Event:
    """Set once the first actor holds the booking."""
    return threading.Event()


def stopping(inside: threading.Event, call: Callable[..., Any]) -> Callable[..., Any]:
    def slow(*arguments: Any, **facts: Any) -> Any:  # Any: whatever is called
        inside.set()
        stand()
        return call(*arguments, **facts)

    return slow


def after(inside: threading.Event, job: Callable[[], object]) -> Callable[[], object]:
    def wait() -> object:
        assert inside.wait(PATIENCE_S)
        return job()

    return wait


def cancelling(booking: Booking) -> object:
    rides.cancel(booking_id=booking.pk, rider_id=booking.rider_id, now=NOON)
    return "cancelled"


def expiring(booking: Booking) -> object:
    return rides.expire_overdue(now=booking.expires_at, limit=10)


Ending = Callable[[Booking], object]


@pytest.mark.parametrize(("end", "said"), [(cancelling, "BookingNotLive"), (expiring, [])])
def test_a_scan_that_came_first_keeps_the_money_from_a_cancel_and_an_expiry(
    end: Ending, said: object, inside: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop()
    booking = make_booking(shop)
    monkeypatch.setattr(services, "_settle", stopping(inside, services._settle))

    scanned, ended = at_once(scanning(shop, booking), after(inside, lambda: end(booking)))

    assert (ends([scanned]), ended) == ({"settled": 1}, said)
    assert (journals("handshake"), journals("release")) == (1, 0)
    assert (rider_paise(booking), shop.held_paise) == (CAP_PAISE, 0)


@pytest.mark.parametrize("end", [cancelling, expiring])
def test_a_cancel_or_an_expiry_that_came_first_keeps_the_money_from_the_scan(
    end: Ending, inside: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop()
    booking = make_booking(shop)
    monkeypatch.setattr(campaigns, "give_back", stopping(inside, campaigns.give_back))

    _, scanned = at_once(lambda: end(booking), after(inside, scanning(shop, booking)))

    assert scanned == "BookingNotLive"
    assert (journals("handshake"), journals("release")) == (0, 1)
    assert (rider_paise(booking), shop.wallet_paise) == (0, FUNDS_PAISE)


@pytest.mark.parametrize("end", [cancelling, expiring])
def test_without_the_rows_lock_an_ended_booking_still_refuses_the_scan(
    end: Ending, inside: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the scan has read BOOKED while the booking is being ended."""
    shop = make_shop()
    booking = make_booking(shop)
    monkeypatch.setattr(campaigns, "give_back", stopping(inside, campaigns.give_back))
    monkeypatch.setattr(rides, "lock_for_scan", rides.find_for_scan)

    _, scanned = at_once(lambda: end(booking), after(inside, scanning(shop, booking)))

    assert scanned == IntegrityError.__name__
    assert (journals("handshake"), journals("release")) == (0, 1)
    assert (rider_paise(booking), shop.wallet_paise) == (0, FUNDS_PAISE)


def test_a_scan_and_a_freeze_at_once_settle_or_refuse_and_never_half() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    held = [codes.merchant_wallet(shop.merchant.pk), codes.merchant_held(shop.merchant.pk)]

    scanned, _ = at_once(scanning(shop, booking), lambda: wallet.freeze(codes=held, at=NOON))

    moved = ends([scanned])["settled"]
    assert scanned == "WalletFrozen" or moved == 1
    assert (journals("handshake"), rider_paise(booking)) == (moved, moved * CAP_PAISE)

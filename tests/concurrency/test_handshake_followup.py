"""
What follows a scan, by two at the same moment: the announcement, the sweep, the reversal.

Built like test_handshake.py: a pause or a meeting point in the product's own code, and a control
for each lock.
"""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db.models import QuerySet

from apps.campaigns import services as campaigns
from apps.campaigns.models import Allotment
from apps.handshake import disputes, reversals, services
from apps.handshake.models import Dispute, Handshake
from apps.notifications.models import InboxMessage
from apps.rides.models import Booking
from apps.wallet import codes
from apps.wallet import services as wallet
from tests.concurrency.meeting import at_once, beside, paused
from tests.concurrency.test_bookings import booking_of
from tests.concurrency.test_handshake import (
    CAP_PAISE,
    LATER_VISIT_PAISE,
    TWINS,
    after,
    journals,
    scanning,
    stopping,
)
from tests.factories import (
    FUNDS_PAISE,
    MAX_COST_PAISE,
    NOON,
    Shop,
    balance,
    make_booking,
    make_rider,
    make_shop,
    request_key,
)
from tests.handshake.visiting import FARE_PAISE, tell_fare, visit
from uma.kernel.geo import Point
from uma.kernel.http.idempotency import IdempotencyKey

pytestmark = pytest.mark.django_db(transaction=True)

# A later visit holds the acquisition fee and its tax, and spends neither.
UNUSED_PAISE = MAX_COST_PAISE - LATER_VISIT_PAISE


def visited(shop: Shop, booking: Booking | None = None) -> Handshake:
    return scanning(shop, booking or make_booking(shop))().handshake


def known_customer(shop: Shop) -> UUID:
    """Return a rider whose first visit is behind."""
    rider = make_rider()
    visited(shop, make_booking(shop, rider))
    return rider.pk


def allotment(shop: Shop) -> Allotment:
    return Allotment.objects.get(campaign_id=shop.campaign.pk, scope="all")


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every row lock of the ORM away; those inside SQL functions stay."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self.all())


def meet_before(
    monkeypatch: pytest.MonkeyPatch, module: object, name: str
) -> None:  # whatever is called there
    """Let the twins wait for each other before this call."""
    monkeypatch.setattr(module, name, paused(getattr(module, name)))


def announcing(handshake: Handshake) -> Callable[[], object]:
    return lambda: services.announce(handshake_id=handshake.pk, now=NOON)


def test_a_handshake_announced_twice_at_once_is_told_and_counted_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = make_shop()
    handshake = visited(shop)
    monkeypatch.setattr(campaigns, "record_visit", paused(campaigns.record_visit))

    told = at_once(*[announcing(handshake)] * TWINS)

    message = InboxMessage.objects.get(dedupe_key=f"handshake:{handshake.pk}")
    assert Counter(told) == {message.pk: 1, None: 1}
    assert (allotment(shop).visits, allotment(shop).spent_paise) == (1, MAX_COST_PAISE)


@pytest.mark.usefixtures("unlocked")
def test_without_the_claim_a_visit_would_be_counted_twice_and_still_told_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: the claimed row keeps the count right, the unique key the inbox."""
    shop = make_shop()
    handshake = visited(shop)
    meet_before(monkeypatch, campaigns, "record_visit")

    at_once(*[announcing(handshake)] * TWINS)

    assert InboxMessage.objects.count() == 1
    assert (allotment(shop).visits, allotment(shop).spent_paise) == (2, 2 * MAX_COST_PAISE)


def sweeping() -> object:
    return services.sweep_released(now=NOON, limit=10)


def test_two_sweeps_at_once_return_each_hold_once(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop()
    rider_id = known_customer(shop)
    booking_of(shop, rider_id)()
    visited(shop, Booking.objects.get(state="BOOKED"))
    monkeypatch.setattr(wallet, "sweep_released", paused(wallet.sweep_released))

    assert sorted(map(str, at_once(sweeping, sweeping))) == ["0", "1"]
    assert journals("release_sweep") == 1
    assert balance(codes.merchant_released(shop.merchant.pk)) == 0
    assert shop.wallet_paise == FUNDS_PAISE - MAX_COST_PAISE - LATER_VISIT_PAISE
    assert allotment(shop).committed_paise == MAX_COST_PAISE + LATER_VISIT_PAISE


@pytest.mark.usefixtures("unlocked")
def test_without_the_claim_the_ledger_refuses_the_second_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: both sweeps have found the same hold."""
    shop = make_shop()
    rider_id = known_customer(shop)
    booking_of(shop, rider_id)()
    visited(shop, Booking.objects.get(state="BOOKED"))
    meet_before(monkeypatch, wallet, "claim_released")
    monkeypatch.setattr(campaigns, "give_back", paused(campaigns.give_back))

    swept = at_once(sweeping, sweeping)

    assert Counter(map(str, swept))["1"] == 1
    assert "0" not in map(str, swept)
    assert journals("release_sweep") == 1
    assert allotment(shop).committed_paise == MAX_COST_PAISE + LATER_VISIT_PAISE


def test_a_sweep_and_bookings_of_one_campaign_never_wait_in_a_circle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sweep that took the wallet before the budget would meet a booking head on."""
    shop = make_shop()
    rider_id = known_customer(shop)
    booking_of(shop, rider_id)()
    visited(shop, Booking.objects.get(state="BOOKED"))
    monkeypatch.setattr(wallet, "place_hold", paused(wallet.place_hold))
    monkeypatch.setattr(wallet, "sweep_released", paused(wallet.sweep_released))
    riders = [make_rider().pk for _ in range(3)]

    outcome = at_once(sweeping, *(booking_of(shop, rider) for rider in riders))

    assert outcome == [1, "booked", "booked", "booked"]
    assert shop.held_paise == 3 * MAX_COST_PAISE


def reversing(
    handshake: Handshake,
    shop: Shop,
    *,
    paise: int | None = None,
    key: IdempotencyKey | None = None,
) -> Callable[[], str]:
    def reverse() -> str:
        done = reversals.reverse(
            handshake_id=handshake.pk,
            merchant_id=shop.merchant.pk,
            actor_id=shop.owner_id,
            amount_paise=paise,
            reason="scanned by mistake",
            key=key,
            now=NOON + timedelta(hours=1),
        )
        return "replayed" if done.replayed else "reversed"

    return reverse


@pytest.fixture
def slow_reversal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wallet, "lock_balances", paused(wallet.lock_balances))


@pytest.mark.usefixtures("slow_reversal")
def test_a_handshake_reversed_twice_at_once_is_returned_once() -> None:
    shop = make_shop()
    handshake = visited(shop)

    outcome = at_once(*[reversing(handshake, shop)] * TWINS)

    assert sorted(map(str, outcome)) == ["NotReversible", "reversed"]
    assert journals("handshake_reversal") == 1
    assert (shop.wallet_paise, balance(codes.rider_wallet(handshake.rider_id))) == (FUNDS_PAISE, 0)


@pytest.mark.usefixtures("slow_reversal")
@pytest.mark.parametrize("paise", [None, 50_00])
def test_one_request_to_reverse_sent_twice_at_once_is_answered_twice_alike(
    paise: int | None,
) -> None:
    shop, key = make_shop(), request_key()
    handshake = visited(shop)

    outcome = at_once(*[reversing(handshake, shop, paise=paise, key=key)] * TWINS)

    assert sorted(map(str, outcome)) == ["replayed", "reversed"]
    assert journals("handshake_reversal") == 1


@pytest.mark.usefixtures("slow_reversal")
def test_two_parts_that_are_more_than_the_whole_are_not_both_returned() -> None:
    shop = make_shop()
    handshake = visited(shop)

    outcome = at_once(*[reversing(handshake, shop, paise=100_00)] * TWINS)

    assert sorted(map(str, outcome)) == ["ReversalTooLarge", "reversed"]
    assert balance(codes.rider_wallet(handshake.rider_id)) == CAP_PAISE - 100_00
    handshake.refresh_from_db()
    assert handshake.reversed_paise == 100_00


@pytest.mark.usefixtures("unlocked")
@pytest.mark.parametrize("paise", [None, 100_00])
def test_without_the_locks_the_ledger_returns_no_more_than_was_paid(
    paise: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both reversals have looked at the same handshake."""
    shop = make_shop()
    handshake = visited(shop)
    meet_before(monkeypatch, wallet, "lock_balances")

    outcome = at_once(*[reversing(handshake, shop, paise=paise)] * TWINS)

    assert Counter(map(str, outcome))["reversed"] == 1
    assert journals("handshake_reversal") == 1


def test_a_visit_taken_back_while_it_is_announced_is_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The announcement finds the handshake in somebody's hand and leaves it to the sweep."""
    shop, inside = make_shop(), threading.Event()
    handshake = visited(shop)
    monkeypatch.setattr(wallet, "lock_balances", stopping(inside, wallet.lock_balances))

    outcome = at_once(reversing(handshake, shop), after(inside, announcing(handshake)))

    assert outcome == ["reversed", None]
    assert services.announce(handshake_id=handshake.pk, now=NOON) is not None
    assert (allotment(shop).visits, allotment(shop).spent_paise) == (0, 0)


def contesting(handshake: Handshake) -> str:
    disputes.open_dispute(
        handshake=handshake,
        opened_by=handshake.rider_id,
        opened_as="rider",
        reason="It was not me",
        now=NOON,
    )
    return "contested"


def deciding(dispute_id: UUID, *, for_merchant: bool) -> Callable[[], str]:
    def decide() -> str:
        disputes.decide(
            dispute_id=dispute_id,
            for_merchant=for_merchant,
            actor_id=uuid4(),
            reason="looked at",
            now=NOON,
        )
        return "merchant" if for_merchant else "rider"

    return decide


def test_a_dispute_decided_for_both_sides_at_once_is_decided_for_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = make_shop()
    handshake = visited(shop)
    contesting(handshake)
    dispute = Dispute.objects.get(handshake=handshake)
    monkeypatch.setattr(wallet, "post", paused(wallet.post))

    outcome = at_once(*(deciding(dispute.pk, for_merchant=side) for side in (True, False)))

    (winner,) = set(outcome) - {"UnknownHandshake"}
    assert balance(codes.rider_parked(handshake.rider_id)) == 0
    back = CAP_PAISE if winner == "rider" else 0
    assert balance(codes.rider_wallet(handshake.rider_id)) == back
    assert shop.wallet_paise == FUNDS_PAISE - MAX_COST_PAISE + CAP_PAISE - back


def approving(handshake: Handshake) -> Callable[[], str]:
    def approve() -> str:
        disputes.approve_review(
            handshake_id=handshake.pk, actor_id=uuid4(), reason="a large car park", now=NOON
        )
        return "approved"

    return approve


def test_a_review_that_two_approve_at_once_is_paid_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # Scanned far away: what was earned waits until somebody has looked.
    handshake = visit(make_shop(), location=Point(13.4, 74.8))
    monkeypatch.setattr(wallet, "post", paused(wallet.post))

    outcome = at_once(*[approving(handshake)] * TWINS)

    assert sorted(map(str, outcome)) == ["UnknownHandshake", "approved"]
    assert balance(codes.rider_wallet(handshake.rider_id)) == CAP_PAISE


def test_a_visit_that_is_lost_in_a_dispute_while_it_is_announced_comes_off_the_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The decision waits until the announcement has counted, and takes back what it counted."""
    shop = make_shop()
    handshake = visited(shop)
    contesting(handshake)
    decide = deciding(Dispute.objects.get().pk, for_merchant=True)

    _, outcome = beside(
        announcing(handshake), decide, at=(campaigns, "record_visit"), monkeypatch=monkeypatch
    )

    assert outcome == "merchant"
    assert (allotment(shop).visits, allotment(shop).spent_paise) == (0, MAX_COST_PAISE - CAP_PAISE)


def test_what_a_fare_did_not_use_comes_off_the_count_of_a_visit_that_is_being_announced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As above: an approval returns what of the cap the ride did not cost."""
    shop = make_shop(basis="actual_capped")
    handshake = visit(shop)
    tell_fare(Booking.objects.get(pk=handshake.booking_id), FARE_PAISE)

    _, outcome = beside(
        announcing(handshake),
        approving(handshake),
        at=(campaigns, "record_visit"),
        monkeypatch=monkeypatch,
    )

    assert outcome == "approved"
    spent_paise = MAX_COST_PAISE - (CAP_PAISE - FARE_PAISE)
    assert (allotment(shop).visits, allotment(shop).spent_paise) == (1, spent_paise)


@pytest.mark.usefixtures("slow_reversal")
def test_a_reversal_and_a_dispute_at_once_are_one_of_the_two() -> None:
    shop = make_shop()
    handshake = visited(shop)

    outcome = at_once(reversing(handshake, shop), lambda: contesting(handshake))

    assert sorted(map(str, outcome)) in [
        ["NotDisputable", "reversed"],
        ["NotReversible", "contested"],
    ]
    parked = balance(codes.rider_parked(handshake.rider_id))
    assert parked == (CAP_PAISE if "contested" in outcome else 0)

"""
Bookings at the same moment, on the real database: each lock with a test that needs it.

A stop is put between two steps of the product's own code so that both actors are inside at once (meeting.py);
what decides is PostgreSQL.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from apps.accounts import services as accounts
from apps.campaigns import services as campaigns
from apps.campaigns.lifecycle import SuspendedFor
from apps.campaigns.models import Allotment
from apps.rides import services
from apps.rides.models import Booking, SpokenCodeTries
from apps.rides.services import closing
from apps.wallet import services as wallet
from tests.concurrency.meeting import PATIENCE_S, at_once, beside, paused, stand
from tests.factories import (
    FUNDS_PAISE,
    MAX_COST_PAISE,
    NOON,
    Shop,
    keyring,
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
DAY = timedelta(hours=24)


@pytest.fixture
def slow_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "take", paused(campaigns.take))


@pytest.fixture
def slow_give_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "give_back", paused(campaigns.give_back))


def booking_of(
    shop: Shop,
    rider_id: UUID,
    *,
    campaign_id: UUID | None = None,
    key: IdempotencyKey | None = None,
) -> Callable[[], str]:
    def book() -> str:
        booked = services.book(
            rider_id=rider_id,
            campaign_id=campaign_id or shop.campaign.pk,
            qr_kid="A1",
            key=key,
            now=NOON,
        )
        return "replayed" if booked.replayed else "booked"

    return book


@pytest.mark.usefixtures("slow_take")
def test_the_last_live_slot_of_a_rider_is_sold_once() -> None:
    rider, shops = make_rider(), [make_shop("One"), make_shop("Two")]
    make_booking(make_shop("Before"), rider)

    outcome = at_once(*(booking_of(shop, rider.pk) for shop in shops))

    assert sorted(map(str, outcome)) == ["LiveLimitReached", "booked"]
    assert sorted(shop.wallet_paise for shop in shops) == [
        FUNDS_PAISE - MAX_COST_PAISE,
        FUNDS_PAISE,
    ]
    assert Allotment.objects.filter(seats_taken__gt=0, scope="all").count() == 2


@pytest.mark.usefixtures("slow_take")
def test_without_the_riders_lock_the_race_is_real_and_the_slot_is_unique(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: if both are not inside at once here, the test above proves nothing."""
    rider, shops = make_rider(), [make_shop("One"), make_shop("Two")]
    make_booking(make_shop("Before"), rider)
    monkeypatch.setattr(accounts, "lock_rider", lambda **_: rider)

    outcome = at_once(*(booking_of(shop, rider.pk) for shop in shops))

    assert sorted(map(str, outcome)) == [IntegrityError.__name__, "booked"]
    assert sorted(shop.held_paise for shop in shops) == [0, MAX_COST_PAISE]


@pytest.mark.usefixtures("slow_take")
def test_two_deals_at_one_outlet_are_not_both_sold_to_one_rider() -> None:
    rider, shop = make_rider(), make_shop()
    other = make_campaign(shop.merchant, title="Another deal")

    outcome = at_once(booking_of(shop, rider.pk), booking_of(shop, rider.pk, campaign_id=other.pk))

    assert sorted(map(str, outcome)) == ["AlreadyBookedHere", "booked"]
    assert shop.held_paise == MAX_COST_PAISE


@pytest.mark.usefixtures("slow_take")
def test_the_same_request_twice_at_once_makes_one_booking() -> None:
    rider, shop, key = make_rider(), make_shop(), request_key()

    outcome = at_once(*[booking_of(shop, rider.pk, key=key)] * 2)

    assert sorted(map(str, outcome)) == ["booked", "replayed"]
    assert shop.held_paise == MAX_COST_PAISE


def test_fifty_riders_for_the_last_ten_seats_make_ten_bookings() -> None:
    shop = make_shop(seats=10, funds_paise=50 * MAX_COST_PAISE)
    riders = [make_rider() for _ in range(50)]

    outcome = at_once(*(booking_of(shop, rider.pk) for rider in riders))

    assert sorted(map(str, outcome)) == ["SeatsExhausted"] * 40 + ["booked"] * 10
    sold = Allotment.objects.get(campaign_id=shop.campaign.pk, scope="all")
    assert (sold.seats_taken, sold.committed_paise) == (10, 10 * MAX_COST_PAISE)
    assert shop.held_paise == 10 * MAX_COST_PAISE
    assert shop.wallet_paise == 40 * MAX_COST_PAISE
    assert Booking.objects.count() == 10


def test_the_last_rupee_of_a_wallet_is_held_once() -> None:
    shop = make_shop(funds_paise=2 * MAX_COST_PAISE - 1)
    riders = [make_rider() for _ in range(8)]

    outcome = at_once(*(booking_of(shop, rider.pk) for rider in riders))

    assert sorted(map(str, outcome)) == ["DealNotFunded"] * 7 + ["booked"]
    assert shop.wallet_paise == MAX_COST_PAISE - 1


def cancelling(booking: Booking) -> str:
    at = booking.expires_at - timedelta(microseconds=1)
    services.cancel(booking_id=booking.pk, rider_id=booking.rider_id, now=at)
    return "ended"


def voiding(booking: Booking) -> str:
    services.void(booking_id=booking.pk, actor_id=uuid4(), reason="x", now=booking.expires_at)
    return "ended"


@pytest.mark.usefixtures("slow_give_back")
@pytest.mark.parametrize("end", [cancelling, voiding])
def test_expiry_and_another_end_release_the_money_once(end: Callable[[Booking], str]) -> None:
    shop = make_shop()
    booking = make_booking(shop)

    ended, expired = at_once(
        lambda: end(booking),
        lambda: services.expire_overdue(now=booking.expires_at, limit=10),
    )

    assert (ended, expired) in [("ended", []), ("BookingNotLive", [booking.pk])]
    assert (shop.wallet_paise, shop.held_paise) == (FUNDS_PAISE, 0)
    assert Allotment.objects.get(campaign_id=shop.campaign.pk, scope="all").seats_taken == 0


@pytest.mark.usefixtures("slow_give_back")
@pytest.mark.parametrize("end", [cancelling, voiding])
def test_ending_twice_at_once_releases_the_money_once(end: Callable[[Booking], str]) -> None:
    shop = make_shop()
    booking = make_booking(shop)

    outcome = at_once(lambda: end(booking), lambda: end(booking))

    # A repeated cancel is answered like the first; a second void is refused.
    assert sorted(map(str, outcome)) in [["ended", "ended"], ["BookingNotLive", "ended"]]
    assert (shop.wallet_paise, shop.held_paise) == (FUNDS_PAISE, 0)


@pytest.mark.parametrize(("end", "said"), [(cancelling, "ended"), (voiding, "BookingNotLive")])
def test_of_two_who_end_a_booking_at_once_the_second_is_told_of_the_first(
    end: Callable[[Booking], str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = make_booking(make_shop())

    outcome = beside(
        lambda: end(booking),
        lambda: end(booking),
        at=(closing, "_close"),
        monkeypatch=monkeypatch,
    )

    assert outcome == ["ended", said]


@pytest.mark.usefixtures("slow_give_back")
def test_two_workers_expire_different_bookings_and_each_once() -> None:
    shop = make_shop()
    bookings = {make_booking(shop).pk for _ in range(4)}

    first, second = at_once(*[lambda: services.expire_overdue(now=NOON + DAY, limit=2)] * 2)

    assert isinstance(first, list)
    assert isinstance(second, list)
    assert (len(first), len(second)) == (2, 2)
    assert set(first) | set(second) == bookings
    assert (shop.wallet_paise, shop.held_paise) == (FUNDS_PAISE, 0)


def test_two_workers_void_different_bookings_of_a_fraud_and_each_once() -> None:
    shop = make_shop()
    for _ in range(4):
        make_booking(shop)
    campaigns.suspend(
        campaign_id=shop.campaign.pk,
        kind=SuspendedFor.FRAUD,
        actor_id=None,
        reason="odd visits",
        now=NOON,
    )

    voided = at_once(*[lambda: services.void_defrauded(now=NOON, limit=2)] * 2)

    assert voided == [2, 2]
    assert (shop.wallet_paise, shop.held_paise) == (FUNDS_PAISE, 0)


def test_a_booking_in_somebodys_hand_does_not_hold_up_the_others() -> None:
    shop = make_shop()
    scanned, other = make_booking(shop), make_booking(shop)

    with transaction.atomic():
        services.lock_for_scan(ref=scanned.ref, actor_id=shop.owner_id)
        expired = at_once(lambda: services.expire_overdue(now=NOON + DAY, limit=10))

    assert expired == [[other.pk]]


def test_a_batch_of_expiries_and_a_booking_never_wait_in_a_circle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A batch that took an account before its last allotment would meet the booking head on."""
    shop = make_shop()
    there = make_outlet(shop.merchant, "Second", at=Point(13.4, 74.8))
    other = make_campaign(shop.merchant, outlet_ids=(there.pk,))
    for campaign_id in (shop.campaign.pk, other.pk):
        make_booking(shop, campaign_id=campaign_id)
    rider = make_rider()
    monkeypatch.setattr(wallet, "place_hold", paused(wallet.place_hold))
    monkeypatch.setattr(campaigns, "give_back", paused(campaigns.give_back))

    expired, booked = at_once(
        lambda: len(services.expire_overdue(now=NOON + DAY, limit=10)),
        booking_of(shop, rider.pk, campaign_id=other.pk),
    )

    assert (expired, booked) == (2, "booked")
    assert shop.held_paise == MAX_COST_PAISE


def expiring_in_order(*pairs: tuple[Shop, UUID]) -> None:
    """Book each shop's campaign, the first to expire first."""
    for minutes, (shop, campaign_id) in enumerate(pairs):
        make_booking(shop, campaign_id=campaign_id, now=NOON + timedelta(minutes=minutes))


def two_batches() -> list[object]:
    def batch() -> int:
        return len(services.expire_overdue(now=NOON + 2 * DAY, limit=2))

    return at_once(batch, batch)


@pytest.mark.usefixtures("slow_give_back")
def test_two_batches_take_the_campaigns_in_one_order() -> None:
    one, two = make_shop("One"), make_shop("Two")
    first, second = (one, one.campaign.pk), (two, two.campaign.pk)
    expiring_in_order(first, second, second, first)

    assert two_batches() == [2, 2]
    assert [one.held_paise, two.held_paise] == [0, 0]


def test_two_batches_take_the_accounts_in_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four campaigns, so that nothing but the two wallets can make the batches wait."""
    one, two = make_shop("One"), make_shop("Two")
    others = [(shop, make_campaign(shop.merchant).pk) for shop in (one, two)]
    expiring_in_order((one, one.campaign.pk), (two, two.campaign.pk), *reversed(others))
    monkeypatch.setattr(wallet, "release_hold", paused(wallet.release_hold))

    assert two_batches() == [2, 2]
    assert [one.held_paise, two.held_paise] == [0, 0]


def test_scans_of_one_booking_queue_on_its_row() -> None:
    shop = make_shop()
    booking = make_booking(shop)

    refused = threading.Event()

    def scan() -> str:
        try:
            with connection.cursor() as cursor, transaction.atomic():
                cursor.execute("SET LOCAL lock_timeout = '50ms'")
                services.lock_for_scan(ref=booking.ref, actor_id=shop.owner_id)
                refused.wait(PATIENCE_S)
        finally:
            refused.set()
        return "scanned"

    assert sorted(map(str, at_once(scan, scan))) == [OperationalError.__name__, "scanned"]


def test_a_preview_waits_for_nobody() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    looked: list[object] = []

    with transaction.atomic():
        services.lock_for_scan(ref=booking.ref, actor_id=shop.owner_id)
        looked = at_once(
            lambda: services.find_for_scan(ref=booking.ref, actor_id=shop.owner_id) is not None
        )

    assert looked == [True]


@pytest.fixture
def redeemed() -> Booking:
    booking = make_booking()
    with connection.cursor() as cursor:
        cursor.execute("SELECT rides_redeem(%s, %s)", [booking.pk, NOON])
    return booking


def test_a_visit_is_disputed_once(redeemed: Booking) -> None:
    def dispute() -> str:
        with transaction.atomic():
            services.mark_disputed(booking_id=redeemed.pk, now=NOON)
            stand()
        return "disputed"

    assert sorted(map(str, at_once(dispute, dispute))) == ["TransitionRefused", "disputed"]


def guess(shop: Shop) -> Callable[[], object]:
    return lambda: services.find_by_spoken_code(
        merchant_id=shop.merchant.pk,
        outlet_ids=(),
        code="000000",
        actor_id=shop.owner_id,
        keys=keyring(),
        now=NOON,
    )


def test_twenty_wrong_codes_at_once_are_five_tries() -> None:
    shop = make_shop()

    outcome = at_once(*[guess(shop)] * 20)

    assert sorted(map(str, outcome)) == ["SpokenCodeLocked"] * 15 + ["SpokenCodeUnknown"] * 5


def test_the_count_of_wrong_codes_outlives_the_refusal() -> None:
    shop = make_shop()

    assert at_once(guess(shop)) == ["SpokenCodeUnknown"]

    assert SpokenCodeTries.objects.get(person_id=shop.owner_id).tries == 1

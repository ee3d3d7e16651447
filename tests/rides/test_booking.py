"""Selling a deal: what is held, what is copied, and every refusal."""

from datetime import timedelta
from uuid import UUID

import pytest

from apps.accounts import services as accounts
from apps.accounts.errors import AccountClosed, RiderBanned, UnknownPerson
from apps.accounts.models import User
from apps.campaigns import services as campaigns
from apps.campaigns.errors import CampaignNotActive, OutsideGeofence, SeatsExhausted, ZonePaused
from apps.campaigns.models import Allotment
from apps.merchants import services as merchants
from apps.rides import services
from apps.rides.errors import (
    AlreadyBookedHere,
    BookingCooldown,
    DealNotFunded,
    LiveLimitReached,
)
from apps.rides.models import Booking
from apps.rides.services.selling import cooldown_until
from apps.wallet import codes
from apps.wallet.errors import WalletFrozen
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
from uma.kernel.http.errors import IdempotencyKeyReused

pytestmark = pytest.mark.django_db


def taken(shop: Shop) -> tuple[int, int]:
    """Return the seats and the paise that the campaign's widest allotment has sold."""
    row = Allotment.objects.get(campaign_id=shop.campaign.pk, scope="all")
    return row.seats_taken, row.committed_paise


def untouched(shop: Shop) -> bool:
    return (
        shop.wallet_paise == FUNDS_PAISE
        and shop.held_paise == 0
        and taken(shop) == (0, 0)
        and not Booking.objects.exists()
    )


def test_a_booking_holds_the_most_a_visit_can_cost() -> None:
    shop, rider = make_shop(), make_rider()

    booking = make_booking(shop, rider)

    assert shop.wallet_paise == FUNDS_PAISE - MAX_COST_PAISE
    assert shop.held_paise == MAX_COST_PAISE
    assert balance(codes.merchant_held(shop.merchant.pk)) == MAX_COST_PAISE
    assert taken(shop) == (1, MAX_COST_PAISE)
    assert booking.state == "BOOKED"
    assert booking.expires_at == NOON + timedelta(hours=24)


def test_a_booking_keeps_the_terms_it_was_sold_under() -> None:
    shop = make_shop()
    booking = make_booking(shop)

    campaigns.change(
        campaign_id=shop.campaign.pk,
        merchant_id=shop.merchant.pk,
        changes={"discount_bps": 500, "cap_paise": 50_00, "title": "Less"},
        actor_id=None,
        now=NOON,
    )

    booking.refresh_from_db()
    assert (booking.cap_paise, booking.discount_bps, booking.revision) == (150_00, 1000, 1)
    assert booking.title == "Free ride up to ₹150"
    assert (booking.cpt_fee_paise, booking.cpa_fee_paise, booking.gst_bps) == (20_00, 50_00, 1800)
    assert booking.max_cost_paise == MAX_COST_PAISE


def test_the_same_request_again_is_answered_with_the_same_booking() -> None:
    shop, rider, key = make_shop(), make_rider(), request_key()
    first = make_booking(shop, rider, key=key)

    again = services.book(
        rider_id=rider.pk,
        campaign_id=shop.campaign.pk,
        key=key,
        qr_kid="A1",
        now=NOON + timedelta(minutes=1),
    )

    assert again.replayed
    assert again.booking.pk == first.pk
    assert shop.held_paise == MAX_COST_PAISE


def test_the_same_request_is_answered_even_to_a_rider_suspended_since() -> None:
    shop, rider, key = make_shop(), make_rider(), request_key()
    first = make_booking(shop, rider, key=key)
    accounts.suspend(
        rider_id=rider.pk, until=NOON + timedelta(days=7), actor_id=None, reason="x", now=NOON
    )

    assert make_booking(shop, rider, key=key).pk == first.pk


def test_a_key_with_another_body_is_refused() -> None:
    shop, rider = make_shop(), make_rider()
    make_booking(shop, rider, key=request_key("k", body=b"one"))

    with pytest.raises(IdempotencyKeyReused):
        make_booking(shop, rider, key=request_key("k", body=b"two"))

    assert shop.held_paise == MAX_COST_PAISE


def test_a_key_belongs_to_its_rider() -> None:
    shop, key = make_shop(), request_key()

    first, second = make_booking(shop, key=key), make_booking(shop, key=key)

    assert first.pk != second.pk


def test_a_suspended_rider_cannot_book_until_the_suspension_ends() -> None:
    shop, rider = make_shop(), make_rider()
    until = NOON + timedelta(days=7)
    accounts.suspend(rider_id=rider.pk, until=until, actor_id=None, reason="strikes", now=NOON)

    with pytest.raises(RiderBanned) as refusal:
        make_booking(shop, rider)

    assert refusal.value.extra == {"banned_until": until}
    assert untouched(shop)
    assert make_booking(shop, rider, now=until).state == "BOOKED"


def test_a_closed_account_cannot_book() -> None:
    shop, rider = make_shop(), make_rider()
    User.objects.filter(pk=rider.pk).update(status=User.Status.CLOSED)

    with pytest.raises(AccountClosed):
        make_booking(shop, rider)

    assert untouched(shop)


def test_nobody_cannot_book() -> None:
    shop = make_shop()

    with pytest.raises(UnknownPerson):
        services.book(rider_id=UUID(int=7), campaign_id=shop.campaign.pk, qr_kid="A1", now=NOON)

    assert untouched(shop)


def test_a_rider_has_two_live_bookings_at_the_most() -> None:
    rider = make_rider()
    first = make_booking(make_shop("One"), rider)
    make_booking(make_shop("Two"), rider, now=NOON + timedelta(hours=1))
    third = make_shop("Three")

    with pytest.raises(LiveLimitReached) as refusal:
        make_booking(third, rider)

    assert refusal.value.extra == {"until": first.expires_at}
    assert third.wallet_paise == FUNDS_PAISE
    assert taken(third) == (0, 0)


def test_a_rider_has_one_live_booking_at_an_outlet() -> None:
    shop, rider = make_shop(), make_rider()
    first = make_booking(shop, rider)
    other = make_campaign(shop.merchant, title="Another deal")

    with pytest.raises(AlreadyBookedHere) as refusal:
        make_booking(shop, rider, campaign_id=other.pk)

    assert refusal.value.extra == {"until": first.expires_at}
    assert shop.held_paise == MAX_COST_PAISE


def test_two_outlets_of_one_merchant_may_both_be_booked() -> None:
    shop, rider = make_shop(), make_rider()
    make_booking(shop, rider)
    second = make_outlet(shop.merchant, "Second", at=Point(13.4, 74.8))
    there = make_campaign(shop.merchant, outlet_ids=(second.pk,))

    booking = make_booking(shop, rider, campaign_id=there.pk)

    assert booking.outlet_id == second.pk
    assert booking.live_slot == 2


def test_a_freed_slot_is_used_again() -> None:
    rider = make_rider()
    first = make_booking(make_shop("One"), rider)
    make_booking(make_shop("Two"), rider)
    services.cancel(booking_id=first.pk, rider_id=rider.pk, now=NOON)

    assert make_booking(make_shop("Three"), rider).live_slot == first.live_slot


def test_the_limit_lifts_soon_when_a_live_booking_is_overdue() -> None:
    shop, rider = make_shop(), make_rider()
    make_booking(shop, rider)
    late = NOON + timedelta(hours=25)

    with pytest.raises(AlreadyBookedHere) as refusal:
        make_booking(shop, rider, now=late)

    assert refusal.value.extra == {"until": late + timedelta(minutes=1)}


def test_what_the_campaign_refuses_is_refused_before_the_riders_own_limits() -> None:
    rider = make_rider()
    make_booking(make_shop("One"), rider)
    make_booking(make_shop("Two"), rider)
    ended = make_shop("Three")
    campaigns.end(campaign_id=ended.campaign.pk, merchant_id=None, actor_id=None, now=NOON)

    with pytest.raises(CampaignNotActive):
        make_booking(ended, rider)


def test_a_paused_zone_sells_nothing() -> None:
    shop = make_shop()
    merchants.pause_zone(code="MNP", actor_id=None, reason="flood", now=NOON)

    with pytest.raises(ZonePaused):
        make_booking(shop)

    assert untouched(shop)


def test_the_geofence_wants_the_rider_near() -> None:
    shop = make_shop(geofence_policy="rider_location")

    with pytest.raises(OutsideGeofence):
        make_booking(shop, location=Point(12.97, 77.59))

    assert untouched(shop)
    assert make_booking(shop, location=shop.outlet.location).state == "BOOKED"


def test_the_last_seat_is_sold_once() -> None:
    shop = make_shop(seats=1)
    make_booking(shop)

    with pytest.raises(SeatsExhausted):
        make_booking(shop)

    assert shop.held_paise == MAX_COST_PAISE
    assert taken(shop) == (1, MAX_COST_PAISE)


def test_a_merchant_without_enough_money_sells_nothing_and_its_balance_stays_its_own() -> None:
    shop = make_shop(funds_paise=MAX_COST_PAISE - 1)

    with pytest.raises(DealNotFunded) as refusal:
        make_booking(shop)

    assert refusal.value.extra == {}
    assert shop.wallet_paise == MAX_COST_PAISE - 1
    assert taken(shop) == (0, 0)
    assert not Booking.objects.exists()


def test_the_last_paisa_of_a_wallet_can_be_held() -> None:
    shop = make_shop(funds_paise=MAX_COST_PAISE)

    make_booking(shop)

    assert shop.wallet_paise == 0


def test_a_frozen_wallet_sells_nothing() -> None:
    shop = make_shop()
    merchants.freeze_wallet(
        merchant_id=shop.merchant.pk, actor_id=None, reason="under review", now=NOON
    )

    with pytest.raises(WalletFrozen):
        make_booking(shop)

    assert untouched(shop)


def cancel_late(rider: User, *, at_hour: int) -> None:
    """Book and cancel ten minutes before the booking would expire, `at_hour` hours after noon."""
    cancelled_at = NOON + timedelta(hours=at_hour)
    shop = make_shop(f"Shop {at_hour}", booking_ttl_minutes=60)
    booking = make_booking(shop, rider, now=cancelled_at - timedelta(minutes=50))
    services.cancel(booking_id=booking.pk, rider_id=rider.pk, now=cancelled_at)


def test_more_than_three_late_cancels_in_a_week_pause_booking_for_a_day() -> None:
    rider = make_rider()
    for hour in (1, 2, 3):
        cancel_late(rider, at_hour=hour)
    cancel_late(rider, at_hour=4)  # the fourth is still sold: three are allowed
    shop = make_shop()
    until = NOON + timedelta(hours=28)

    with pytest.raises(BookingCooldown) as refusal:
        make_booking(shop, rider, now=until - timedelta(seconds=1))

    assert refusal.value.extra == {"until": until}
    assert shop.wallet_paise == FUNDS_PAISE
    assert taken(shop) == (0, 0)
    assert make_booking(shop, rider, now=until).state == "BOOKED"


@pytest.mark.parametrize(
    ("days_back", "until_day"),
    [
        ([0, 1, 2], None),
        ([0, 1, 2, 3], 1),
        ([0, 1, 2, 6.99], 1),
        ([0, 1, 2, 7], None),
        ([0, 6, 6.5, 6.6, 6.7], 1),
        ([0, 6.2, 6.5, 6.8, 7.1], 1),
        ([0, 3, 5, 7.5, 8], -2),
    ],
)
def test_the_pause_counts_from_the_last_of_four_within_seven_days(
    days_back: list[float], until_day: float | None
) -> None:
    cancels = [NOON - timedelta(days=days) for days in days_back]

    until = None if until_day is None else NOON + timedelta(days=until_day)
    assert cooldown_until(cancels) == until

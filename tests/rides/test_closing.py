"""Bookings that end without a scan: what goes back, what counts as late, what cannot end twice."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.accounts.models import AuditEvent
from apps.accounts.services import keep_language
from apps.campaigns import services as campaigns
from apps.campaigns.lifecycle import SuspendedFor
from apps.campaigns.models import Allotment
from apps.merchants import services as merchants
from apps.notifications.links import page_of
from apps.notifications.models import InboxMessage
from apps.rides import selectors, services
from apps.rides.errors import BookingNotFound, BookingNotLive, ReasonMissing
from apps.wallet import codes
from tests.factories import (
    FUNDS_PAISE,
    MAX_COST_PAISE,
    NOON,
    Shop,
    balance,
    make_booking,
    make_rider,
    make_shop,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(hours=24)


def all_back(shop: Shop) -> bool:
    sold = Allotment.objects.filter(campaign_id=shop.campaign.pk)
    return (
        shop.wallet_paise == FUNDS_PAISE
        and shop.held_paise == 0
        and balance(codes.merchant_held(shop.merchant.pk)) == 0
        and all((row.seats_taken, row.committed_paise) == (0, 0) for row in sold)
    )


def suspend(shop: Shop, kind: SuspendedFor) -> None:
    campaigns.suspend(
        campaign_id=shop.campaign.pk, kind=kind, actor_id=None, reason="odd visits", now=NOON
    )


def test_cancelling_gives_seat_budget_and_money_back() -> None:
    shop, rider = make_shop(), make_rider()
    booking = make_booking(shop, rider)

    cancelled = services.cancel(
        booking_id=booking.pk, rider_id=rider.pk, now=NOON + timedelta(hours=1)
    )

    assert (cancelled.state, cancelled.cancelled_late) == ("CANCELLED", False)
    assert cancelled.status_changed_at == NOON + timedelta(hours=1)
    assert all_back(shop)


@pytest.mark.parametrize(
    ("before_expiry", "late"),
    [(timedelta(minutes=30), False), (timedelta(minutes=29, seconds=59), True)],
)
def test_a_cancel_is_late_in_the_last_half_hour(before_expiry: timedelta, late: bool) -> None:  # noqa: FBT001
    shop, rider = make_shop(), make_rider()
    booking = make_booking(shop, rider)

    services.cancel(
        booking_id=booking.pk, rider_id=rider.pk, now=booking.expires_at - before_expiry
    )

    booking.refresh_from_db()
    assert booking.cancelled_late is late
    assert all_back(shop)


def test_cancelling_twice_gives_back_once() -> None:
    shop, rider = make_shop(), make_rider()
    booking = make_booking(shop, rider)
    services.cancel(booking_id=booking.pk, rider_id=rider.pk, now=NOON)

    again = services.cancel(booking_id=booking.pk, rider_id=rider.pk, now=NOON + timedelta(hours=1))

    assert again.status_changed_at == NOON
    assert all_back(shop)


def test_another_riders_booking_cannot_be_cancelled_and_looks_like_none() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    stranger = make_rider()

    with pytest.raises(BookingNotFound) as theirs:
        services.cancel(booking_id=booking.pk, rider_id=stranger.pk, now=NOON)
    with pytest.raises(BookingNotFound) as missing:
        services.cancel(booking_id=uuid4(), rider_id=stranger.pk, now=NOON)

    assert theirs.value.detail == missing.value.detail
    assert shop.held_paise == MAX_COST_PAISE


def test_an_overdue_booking_cannot_be_cancelled_away() -> None:
    shop, rider = make_shop(), make_rider()
    booking = make_booking(shop, rider)

    with pytest.raises(BookingNotLive) as refusal:
        services.cancel(booking_id=booking.pk, rider_id=rider.pk, now=booking.expires_at)

    assert refusal.value.extra == {"state": "expired"}
    assert shop.held_paise == MAX_COST_PAISE


def test_a_voided_booking_cannot_be_cancelled() -> None:
    shop, rider = make_shop(), make_rider()
    booking = make_booking(shop, rider)
    services.void(booking_id=booking.pk, actor_id=shop.owner_id, reason="closed", now=NOON)

    with pytest.raises(BookingNotLive) as refusal:
        services.cancel(booking_id=booking.pk, rider_id=rider.pk, now=NOON)

    assert refusal.value.extra == {"state": "voided"}


def test_voiding_gives_all_back_and_is_on_the_trail() -> None:
    shop, operator_id = make_shop(), uuid4()
    booking = make_booking(shop)

    services.void(booking_id=booking.pk, actor_id=operator_id, reason="outlet flooded", now=NOON)

    booking.refresh_from_db()
    event = AuditEvent.objects.get(action="booking.voided")
    assert (booking.state, booking.void_reason) == ("VOIDED", "outlet flooded")
    assert (event.object_id, event.actor_id, event.reason) == (
        str(booking.pk),
        operator_id,
        "outlet flooded",
    )
    assert (event.before, event.after) == ({"state": "BOOKED"}, {"state": "VOIDED"})
    assert all_back(shop)


def test_whoever_had_a_ticket_that_is_voided_is_told_at_once_and_not_why() -> None:
    shop, rider = make_shop("Corner"), make_rider()
    keep_language(person_id=rider.pk, language="hi", is_chosen=True)
    booking, given_up = make_booking(shop, rider), make_booking(shop)
    at_night = NOON.replace(hour=18)  # midnight there
    services.cancel(booking_id=given_up.pk, rider_id=given_up.rider_id, now=NOON)

    services.void(booking_id=booking.pk, actor_id=uuid4(), reason="owner owes us", now=at_night)

    told = InboxMessage.objects.get()
    assert (told.person_id, told.kind) == (rider.pk, "handshake.voided")
    assert told.title == "Corner का आपका टिकट वापस ले लिया गया"
    assert "owes" not in told.body
    assert told.next_attempt_at == at_night
    assert page_of(kind=told.kind, data=told.data) == f"/app/tickets/{booking.pk}"


def test_voiding_needs_a_reason_a_booking_and_a_live_one() -> None:
    shop = make_shop()
    booking = make_booking(shop)

    with pytest.raises(ReasonMissing):
        services.void(booking_id=booking.pk, actor_id=shop.owner_id, reason=" ", now=NOON)
    with pytest.raises(BookingNotFound):
        services.void(booking_id=uuid4(), actor_id=shop.owner_id, reason="x", now=NOON)
    assert shop.held_paise == MAX_COST_PAISE
    services.void(booking_id=booking.pk, actor_id=shop.owner_id, reason="x", now=NOON)
    with pytest.raises(BookingNotLive):
        services.void(booking_id=booking.pk, actor_id=shop.owner_id, reason="x", now=NOON)

    assert all_back(shop)


def test_a_campaign_suspended_for_fraud_has_its_bookings_voided_and_nobody_struck() -> None:
    shop, honest = make_shop(), make_shop("Next door")
    bookings = [make_booking(shop), make_booking(shop)]
    honoured = make_booking(honest)
    suspend(shop, SuspendedFor.FRAUD)
    suspend(honest, SuspendedFor.OTHER)

    missed = services.expire_overdue(now=NOON + DAY, limit=10)
    voided = [services.void_defrauded(now=NOON + DAY, limit=1) for _ in range(3)]

    assert missed == [honoured.pk]
    assert voided == [1, 1, 0]
    assert all_back(shop)
    assert set(
        AuditEvent.objects.filter(action="booking.voided").values_list("object_id", "actor_id")
    ) == {(str(booking.pk), None) for booking in bookings}


def test_a_booking_expires_at_its_instant_and_not_before() -> None:
    shop = make_shop()
    booking = make_booking(shop)

    early = services.expire_overdue(now=booking.expires_at - timedelta(microseconds=1), limit=10)
    assert early == []
    assert shop.held_paise == MAX_COST_PAISE
    expired = services.expire_overdue(now=booking.expires_at, limit=10)

    assert expired == [booking.pk]
    assert all_back(shop)


def test_expiring_twice_gives_back_once() -> None:
    shop = make_shop()
    make_booking(shop)
    services.expire_overdue(now=NOON + DAY, limit=10)

    assert services.expire_overdue(now=NOON + DAY, limit=10) == []
    assert all_back(shop)


def test_the_oldest_expire_first_and_no_more_than_the_limit() -> None:
    shop = make_shop()
    bookings = [make_booking(shop, now=NOON + timedelta(minutes=n)) for n in (3, 1, 2)]

    expired = services.expire_overdue(now=NOON + 2 * DAY, limit=2)

    assert expired == [bookings[1].pk, bookings[2].pk]
    assert shop.held_paise == MAX_COST_PAISE


def test_a_batch_over_many_shops_gives_each_its_own_back() -> None:
    shops = [make_shop(f"Shop {number}") for number in range(3)]
    for shop in shops:
        make_booking(shop)
        make_booking(shop)

    services.expire_overdue(now=NOON + DAY, limit=10)

    assert all(all_back(shop) for shop in shops)


def test_the_bookings_of_a_frozen_merchant_expire_as_well() -> None:
    shop, rider = make_shop(), make_rider()
    booking = make_booking(shop, rider)
    merchants.freeze_wallet(
        merchant_id=shop.merchant.pk, actor_id=None, reason="under review", now=NOON
    )

    assert services.expire_overdue(now=NOON + DAY, limit=10) == [booking.pk]
    assert all_back(shop)
    assert make_booking(make_shop("Next door"), rider, now=NOON + DAY).live_slot == 1


def test_a_clock_behind_the_one_that_booked_does_not_turn_time_back() -> None:
    rider = make_rider()
    booking = make_booking(make_shop(), rider)

    cancelled = services.cancel(
        booking_id=booking.pk, rider_id=rider.pk, now=NOON - timedelta(milliseconds=5)
    )

    assert cancelled.status_changed_at == NOON


def test_where_a_booking_took_its_seats_from_is_remembered() -> None:
    shop = make_shop()
    booking = make_booking(shop)

    (found,) = selectors.allotments_of(booking_ids=[booking.pk])

    assert found.campaign_id == shop.campaign.pk
    assert found.scopes[0] == "all"
    assert set(found.scopes) == set(Allotment.objects.values_list("scope", flat=True))

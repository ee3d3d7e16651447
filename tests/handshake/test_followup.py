"""After the scan: the rider and the merchant's systems are told once, and the unused goes back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from apps.campaigns.models import Allotment
from apps.handshake import selectors, services, tasks
from apps.handshake.models import Handshake
from apps.merchants.selectors import pseudonym_id
from apps.notifications import services as notifications
from apps.notifications.models import InboxMessage, WebhookDelivery
from apps.rides import services as rides
from apps.rides.models import Booking
from tests.factories import (
    FUNDS_PAISE,
    MAX_COST_PAISE,
    NOON,
    Shop,
    make_booking,
    make_rider,
    make_shop,
)
from tests.handshake.visiting import CAP_PAISE, FARE_PAISE, execute, purses, visit
from uma.kernel.geo import Point

pytestmark = pytest.mark.django_db
SOON = NOON + timedelta(seconds=1)
LATER = NOON + timedelta(hours=1)
LATER_VISIT_PAISE = MAX_COST_PAISE - 59_00


def subscribe(shop: Shop, *events: str) -> None:
    notifications.add_endpoint(
        merchant_id=shop.merchant.pk,
        url=f"https://pos.example.org/{events[0]}",
        events=list(events),
        secret="whsec_x",
        now=NOON,
    )


def allotment(shop: Shop, scope: str = "all") -> Allotment:
    return Allotment.objects.get(campaign_id=shop.campaign.pk, scope=scope)


def test_the_rider_is_told_once() -> None:
    handshake = visit(make_shop("Corner"))

    message_id = services.announce(handshake_id=handshake.pk, now=SOON)
    again = services.announce(handshake_id=handshake.pk, now=LATER)

    message = InboxMessage.objects.get()
    assert (message.pk, again) == (message_id, None)
    assert message.person_id == handshake.rider_id
    assert message.title == "₹150 added to your wallet"
    assert message.body == "Your visit to Corner is verified."
    assert message.data == {
        "handshakeId": str(handshake.pk),
        "bookingId": str(handshake.booking_id),
    }
    handshake.refresh_from_db()
    assert handshake.announced_at == SOON


def test_a_rider_whose_cashback_waits_is_told_that_it_waits() -> None:
    handshake = visit(make_shop("Corner"), location=Point(13.4, 74.8))

    services.announce(handshake_id=handshake.pk, now=SOON)

    message = InboxMessage.objects.get()
    assert message.title == "₹150 is on its way"
    assert message.body == "Corner verified your visit; we are checking the ride."


def test_a_subscribed_system_is_owed_one_event_and_others_none() -> None:
    shop, other = make_shop(), make_shop("Next door")
    subscribe(shop, "handshake.success")
    subscribe(shop, "campaign.completed")
    subscribe(other, "handshake.success")
    handshake = visit(shop)

    for _ in range(2):
        services.announce(handshake_id=handshake.pk, now=SOON)

    delivery = WebhookDelivery.objects.get()
    assert (delivery.event_id, delivery.type) == (handshake.pk, "handshake.success")
    assert delivery.endpoint.merchant_id == shop.merchant.pk
    assert delivery.payload == {
        "handshakeId": str(handshake.pk),
        "bookingId": str(handshake.booking_id),
        "campaignId": str(shop.campaign.pk),
        "outletId": str(shop.outlet.pk),
        "customer": str(
            pseudonym_id(merchant_id=handshake.merchant_id, rider_id=handshake.rider_id)
        ),
        "isNewCustomer": True,
        "merchantDebit": 232.6,
        "createdAt": NOON.isoformat(),
    }


def test_a_merchants_system_learns_no_person() -> None:
    shop, rider = make_shop(), make_rider("asha")
    rider.phone, rider.email = "+919812345678", "asha@example.org"
    rider.save()
    subscribe(shop, "handshake.success")

    services.announce(handshake_id=visit(shop, rider).pk, now=SOON)

    told = str(WebhookDelivery.objects.get().payload).lower()
    for secret in ("asha", "9812345678", str(rider.pk), rider.username):
        assert secret not in told


def test_a_visit_and_what_it_cost_are_counted_once() -> None:
    shop = make_shop()
    handshake = visit(shop)
    assert (allotment(shop).visits, allotment(shop).spent_paise) == (0, 0)

    for _ in range(2):
        services.announce(handshake_id=handshake.pk, now=SOON)

    assert (allotment(shop).visits, allotment(shop).spent_paise) == (1, MAX_COST_PAISE)


def test_the_task_announces_and_a_repeated_message_adds_nothing() -> None:
    handshake = visit(make_shop(now=timezone.now()), now=timezone.now())

    tasks.announce(ids=[str(handshake.pk)])
    tasks.announce(ids=[str(handshake.pk)])

    assert InboxMessage.objects.count() == 1


def test_one_that_fails_stops_none_of_the_others_in_its_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = make_shop(now=timezone.now())
    broken, sound = (visit(shop, now=timezone.now()) for _ in range(2))
    notify = notifications.notify

    def fail_for_one(*, dedupe_key: str, **facts: Any) -> InboxMessage:  # Any: passed through
        if str(broken.pk) in dedupe_key:
            raise DatabaseError("as if the database had gone away")
        return notify(dedupe_key=dedupe_key, **facts)

    monkeypatch.setattr(notifications, "notify", fail_for_one)

    tasks.announce(ids=[str(broken.pk), str(sound.pk)])

    assert InboxMessage.objects.get().dedupe_key == f"handshake:{sound.pk}"
    waiting = Handshake.objects.filter(announced_at=None).values_list("pk", flat=True)
    assert list(waiting) == [broken.pk]


def test_what_was_forgotten_is_handed_out_again_and_what_is_under_way_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = make_shop(now=timezone.now() - timedelta(hours=1))
    old, told, young = (
        visit(shop, now=timezone.now() - timedelta(seconds=age)) for age in (60, 30, 1)
    )
    services.announce(handshake_id=told.pk, now=timezone.now())
    # The queue's edge: what would be published is run here and now.
    monkeypatch.setattr(tasks, "enqueue", lambda task, **facts: task(**facts))

    tasks.announce_forgotten()

    waiting = Handshake.objects.filter(announced_at=None).values_list("pk", flat=True)
    assert list(waiting) == [young.pk]
    messages = InboxMessage.objects.filter(person_id=old.rider_id, kind="handshake")
    assert messages.count() == 1


def test_the_oldest_forgotten_come_first_up_to_the_limit() -> None:
    shop = make_shop()
    visits = [visit(shop, now=NOON + timedelta(minutes=n)) for n in range(3)]

    found = selectors.unannounced_ids(before=NOON + timedelta(minutes=2), limit=1)

    assert found == [visits[0].pk]
    assert selectors.unannounced_ids(before=NOON + timedelta(minutes=2), limit=9) == [
        row.pk for row in visits[:2]
    ]


def test_what_a_visit_did_not_need_goes_back_to_the_wallet_and_the_budget() -> None:
    shop = make_shop(basis="actual_capped", budget_paise=1_000_00)
    handshake = visit(shop, fare_paise=FARE_PAISE)
    assert allotment(shop).committed_paise == MAX_COST_PAISE

    swept = services.sweep_released(now=SOON)

    assert swept == 1
    left = purses(shop.merchant.pk, handshake.rider_id)
    assert left["wallet"] == FUNDS_PAISE - 214_60
    assert "released" not in left
    assert allotment(shop).committed_paise == 214_60
    assert allotment(shop).seats_taken == 1
    assert services.sweep_released(now=LATER) == 0
    assert shop.wallet_paise == FUNDS_PAISE - 214_60


def test_the_sweep_posts_once_for_each_merchant() -> None:
    shops = [make_shop("One", basis="actual_capped"), make_shop("Two", basis="actual_capped")]
    for shop in (*shops, shops[0]):
        visit(shop, fare_paise=100_00)

    assert services.sweep_released(now=SOON) == 3

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM wallet_journal WHERE kind = 'release_sweep'")
        assert cursor.fetchone() == (2,)
    assert [FUNDS_PAISE - shop.wallet_paise for shop in shops] == [2 * 182_60, 182_60]


def test_a_burst_is_swept_in_one_run_of_the_job() -> None:
    shop = make_shop(basis="actual_capped")
    for _ in range(5):
        visit(shop, fare_paise=100_00)

    tasks.sweep_released(limit=2)

    assert shop.wallet_paise == FUNDS_PAISE - 5 * 182_60
    assert services.sweep_released(now=LATER) == 0


def test_a_budget_given_back_is_sold_again() -> None:
    shop = make_shop(cpa_enabled=False, basis="actual_capped", budget_paise=173_60 + 123_60)
    visit(shop, fare_paise=100_00)
    services.sweep_released(now=SOON)

    again = make_booking(shop, now=SOON)

    assert again.state == "BOOKED"
    assert allotment(shop).committed_paise == 173_60 + 123_60


def test_a_whole_life_leaves_every_purse_explained() -> None:
    shop, rider = make_shop(), make_rider()
    first = visit(shop, rider)
    second = make_booking(shop, rider, now=LATER)
    rides.cancel(booking_id=second.pk, rider_id=rider.pk, now=LATER)
    third = make_booking(shop, rider, now=LATER)
    execute(third, shop.owner_id, now=LATER)
    services.announce(handshake_id=first.pk, now=LATER)
    services.sweep_released(now=LATER)

    assert purses(shop.merchant.pk, rider.pk) == {
        "wallet": FUNDS_PAISE - MAX_COST_PAISE - LATER_VISIT_PAISE,
        "rider": 2 * CAP_PAISE,
        "cpt": 40_00,
        "cpa": 50_00,
        "gst_cgst": 8_10,
        "gst_sgst": 8_10,
    }
    assert allotment(shop).committed_paise == MAX_COST_PAISE + LATER_VISIT_PAISE
    assert sorted(Booking.objects.values_list("state", flat=True)) == [
        "CANCELLED",
        "REDEEMED",
        "REDEEMED",
    ]

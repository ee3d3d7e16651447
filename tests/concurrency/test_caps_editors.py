"""Editors, bookings, the clock and operators at the same rows: each lock with its test."""

import importlib
import threading
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from apps.accounts.models import AuditEvent
from apps.campaigns import services
from apps.campaigns.guards import Cap, Facts
from apps.campaigns.models import Campaign, Deal
from apps.campaigns.services import selling
from apps.merchants import services as merchants
from apps.merchants.models import Merchant, Outlet, Zone
from tests.campaigns.making import make_campaign, take
from tests.campaigns.racing import SLOW, at_once, book, edit, slowly, whole
from tests.concurrency.meeting import wait_for_a_waiter
from tests.merchants.making import NOON, make_merchant, make_outlet
from tests.wallet.racing import altered

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_booking_that_read_old_terms_sells_the_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign, original = make_campaign(), selling._take
    edited = threading.Event()

    def edit_first(facts: Facts, wanted: list[Cap]) -> set[str]:
        if not edited.is_set():
            edited.set()
            assert at_once([lambda: edit(campaign, title="New", cap_paise=100_00)]) == {"done": 1}
        return original(facts, wanted)

    monkeypatch.setattr(selling, "_take", edit_first)
    offer = take(campaign, uuid4())

    assert (offer.revision, offer.title, offer.cap_paise) == (2, "New", 100_00)
    assert whole(campaign).committed_paise == offer.max_cost_paise


def test_without_the_version_a_booking_would_sell_what_is_no_longer_offered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control of the version: the function that does not ask sells the old price."""
    campaign, original = make_campaign(), selling._take

    def edit_first(facts: Facts, wanted: list[Cap]) -> set[str]:
        at_once([lambda: edit(campaign, title="New", cap_paise=100_00)])
        return original(facts, wanted)

    monkeypatch.setattr(selling, "_take", edit_first)
    with altered("campaigns_take", SLOW, (" AND version = p_version", "")):
        assert take(campaign, uuid4()).title != "New"


def test_a_limit_that_falls_while_seats_are_sold_is_never_below_them() -> None:
    campaign = make_campaign(seats=30)

    def lower() -> None:
        edit(campaign, seats=8)

    ends = at_once([*(book(campaign) for _ in range(20)), lower])

    campaign.refresh_from_db()
    assert whole(campaign).seats_taken <= (campaign.seats or 0)
    assert set(ends) <= {"done", "SeatsExhausted", "CapBelowSold", "CampaignBusy"}


def test_an_editor_waits_for_the_booking_that_is_being_made() -> None:
    """Red without the editor's lock on the allotment: it would not count the seat in flight."""
    campaign, ends = make_campaign(seats=5), Counter[str]()
    for _ in range(4):
        take(campaign, uuid4())

    with transaction.atomic():
        services.take(
            campaign_id=campaign.pk,
            outlet_id=None,
            rider_id=uuid4(),
            rider_location=None,
            now=NOON,
        )
        waiting = threading.Thread(
            target=lambda: ends.update(at_once([lambda: edit(campaign, seats=4)]))
        )
        waiting.start()
        wait_for_a_waiter()
    waiting.join(timeout=10)

    assert ends == {"CapBelowSold": 1}


def test_two_clocks_do_not_wait_for_each_other_or_for_an_editor() -> None:
    campaign = make_campaign(starts_at=NOON + timedelta(hours=1))
    later = NOON + timedelta(hours=2)

    with transaction.atomic():
        Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
        ticked: list[int] = []
        assert at_once(
            [lambda: ticked.append(services.campaign_clock(now=later, limit=10).activated)]
        ) == {"done": 1}
        assert ticked == [0]
    ends = at_once(
        [lambda: ticked.append(services.campaign_clock(now=later, limit=10).activated)] * 4
    )

    assert (ends, sum(ticked)) == ({"done": 4}, 1)


def test_the_clock_overwrites_no_pause_that_came_between(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = importlib.import_module("apps.campaigns.services.clock")
    campaign = make_campaign(seats=1)
    take(campaign, uuid4())
    original = clock._write_labels

    def pause_first(*facts: Any, **more: Any) -> int:
        services.pause(
            campaign_id=campaign.pk, merchant_id=campaign.merchant_id, actor_id=None, now=NOON
        )
        changed: int = original(*facts, **more)
        return changed

    monkeypatch.setattr(clock, "_write_labels", pause_first)
    assert services.campaign_clock(now=NOON, limit=10).relabelled == 0

    campaign.refresh_from_db()
    assert campaign.pause_reason == "merchant"


def test_two_edits_at_once_both_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red without the lock on the campaign's row: the second would write back what it had read."""
    campaign = make_campaign()
    slowly(monkeypatch, Campaign)

    ends = at_once([lambda: edit(campaign, title="New"), lambda: edit(campaign, seats=9)])

    version = campaign.version
    campaign.refresh_from_db()
    assert ends == {"done": 2}
    assert (campaign.title, campaign.seats, campaign.version) == ("New", 9, version + 2)


def test_the_clock_passes_by_a_listing_that_is_being_written() -> None:
    """Red without SKIP LOCKED on the deals: the clock would wait, and fail."""
    campaign = make_campaign()
    deal = campaign.deals.get()
    Outlet.objects.filter(pk=deal.outlet_id).update(status="PAUSED")

    with transaction.atomic():
        Deal.objects.select_for_update(no_key=True).get(pk=deal.pk)
        assert at_once([lambda: services.campaign_clock(now=NOON, limit=10)]) == {"done": 1}
    deal.refresh_from_db()
    assert deal.is_live

    Outlet.objects.filter(pk=deal.outlet_id).update(status="OPEN")
    Deal.objects.filter(pk=deal.pk).update(is_live=False)
    with transaction.atomic():
        Deal.objects.select_for_update(no_key=True).get(pk=deal.pk)
        assert at_once([lambda: services.campaign_clock(now=NOON, limit=10)]) == {"done": 1}
    deal.refresh_from_db()
    assert not deal.is_live


def test_a_merchant_is_suspended_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red without the lock on the merchant's row."""
    merchant = make_merchant()
    slowly(monkeypatch, Merchant)

    def suspend() -> None:
        merchants.suspend(merchant_id=merchant.pk, actor_id=None, reason="odd", now=NOON)

    assert at_once([suspend] * 2) == {"done": 1, "MerchantStatusNotAllowed": 1}


def test_an_outlet_that_is_being_closed_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red without the lock on the outlet's row."""
    outlet = make_outlet(make_merchant())
    slowly(monkeypatch, Outlet)

    def close() -> None:
        merchants.set_outlet_status(
            outlet_id=outlet.pk, status="CLOSED", actor_id=None, reason="sold", now=NOON
        )

    assert at_once([close] * 2) == {"done": 1, "MerchantStatusNotAllowed": 1}


def test_the_trail_of_a_zone_says_what_was_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red without the lock on the zone's row: both would say that bookings were open before."""
    make_merchant()
    slowly(monkeypatch, Zone)

    def pause() -> None:
        merchants.pause_zone(code="MNP", actor_id=None, reason="flood", now=NOON)

    assert at_once([pause] * 2) == {"done": 2}
    before = AuditEvent.objects.filter(action="zone.paused").values_list("before", flat=True)
    assert sorted(facts["paused_at"] is None for facts in before) == [False, True]

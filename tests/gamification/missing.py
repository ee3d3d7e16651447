"""Missed visits for tests: booked, reminded as the platform would, and left to expire."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.accounts.models import User
from apps.gamification import selectors, services
from apps.gamification.models import NoShow, Strike
from apps.notifications.models import InboxMessage
from apps.rides.models import Booking
from tests.factories import NOON, Shop, make_booking, make_campaign, make_outlet, make_shop
from tests.handshake.visiting import execute

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def remind(now: datetime, *, arrives: bool = True) -> None:
    """Run the reminders' job; the phones take the pushes at once, or nobody does."""
    services.plan_reminders(limit=100)
    messages = services.send_reminders(now=now, limit=100)
    if arrives:
        InboxMessage.objects.filter(pk__in=messages).update(push_state="SENT", pushed_at=now)


def remind_on_time(booking: Booking, *, arrives: bool = True) -> None:
    """Run the reminders' job often enough before the booking ends."""
    for before in (20, 15, 12, 6, 1):
        at = booking.expires_at - before * HOUR
        if at > booking.booked_at:
            remind(at, arrives=arrives)


def settle(now: datetime) -> None:
    """Run the job of every minute."""
    services.expire_overdue(now=now, limit=100)
    services.apply_force_majeure(now=now, limit=100)
    for rider_id in selectors.riders_to_settle(limit=100):
        services.settle_rider(rider_id=rider_id, now=now)


@dataclass
class Misser:
    """A rider who books at one shop and may not come."""

    shop: Shop
    rider: User
    now: datetime = NOON

    def book(self) -> Booking:
        return make_booking(self.shop, self.rider, now=self.now)

    def miss(
        self, *, meanwhile: Callable[[Booking], object] = lambda _: None, reminded: bool = True
    ) -> Booking:
        """Book, let `meanwhile` happen, and do not come; the clock then shows the minute after."""
        booking = self.book()
        meanwhile(booking)
        remind_on_time(booking, arrives=reminded)
        self.now = booking.expires_at + MINUTE
        settle(self.now)
        return booking

    def come(self) -> Booking:
        booking = self.book()
        self.now += MINUTE
        handshake = execute(booking, self.shop.owner_id, now=self.now).handshake
        services.record_visit(
            handshake_id=handshake.pk,
            booking_id=booking.pk,
            campaign_id=booking.campaign_id,
            at=self.now,
        )
        settle(self.now)
        return booking

    @property
    def active(self) -> int:
        return selectors.count_active(rider_id=self.rider.pk, now=self.now)

    @property
    def banned_until(self) -> datetime | None:
        self.rider.refresh_from_db()
        return self.rider.banned_until


def verdict(booking: Booking) -> str:
    """Return the excuse of a missed booking, or `strike`."""
    row = NoShow.objects.get(pk=booking.pk)
    assert row.decided_at is not None
    assert Strike.objects.filter(no_show=row).exists() == (row.excuse == "")
    return row.excuse or "strike"


def second_deal(shop: Shop, *, now: datetime = NOON) -> Shop:
    """Return another outlet of the shop with a deal of its own, so that one rider may book both."""
    outlet = make_outlet(shop.merchant, "Second", now=now)
    campaign = make_campaign(shop.merchant, outlet_ids=(outlet.pk,), now=now)
    return Shop(shop.merchant, outlet, shop.owner_id, campaign)


def make_misser(rider: User, *, shop: Shop | None = None) -> Misser:
    return Misser(shop or make_shop(seats=500), rider)

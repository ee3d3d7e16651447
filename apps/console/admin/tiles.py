"""
What an operator sees first: how the day goes, what waits for a decision, what is out of order.

A tile is a list of the console with its filters: the number is of the rows that the link shows, in the zones
that the operator sees. So a new tile is one line, and nothing is shown here that its list would hide.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.apps import apps
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse

from uma.kernel.desk import ReadOnlyAdmin
from uma.kernel.ids import first_id_of

# More are counted as "more than so many": a page must not count millions.
MOST = 1_000
DAY = timedelta(days=1)
# A message's way is minutes; a follow-up that is older was lost twice, by the message and by the sweep.
LATE = timedelta(minutes=5)
# Keys are made in the order of time (`uma.kernel.ids`), so a table needs no second index for what is new in it.
NEW: Mapping[str, object] = {"pk__gte": DAY}


class Tone(StrEnum):
    """What a number above zero means for whoever reads it."""

    FACT = "fact"
    WORK = "work"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Tile:
    """
    A list and its filters: lookup → value, where a timedelta stands for the moment that long ago, and for a
    key made then where the lookup is of the key.

    A lookup is one that the list's address takes, on a column of the row itself.
    """

    title: str
    model: str
    lookups: Mapping[str, object]
    tone: Tone = Tone.FACT

    def filters(self, now: datetime) -> dict[str, Any]:  # Any: values of many columns
        return {
            lookup: _at(lookup, now - value) if isinstance(value, timedelta) else value
            for lookup, value in self.lookups.items()
        }


@dataclass(frozen=True, slots=True)
class Group:
    """Tiles under one heading, and what it says when all of them are at zero."""

    title: str
    tiles: tuple[Tile, ...]
    all_clear: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A tile as it stands: its number in words, and its tone, which is a fact's while it is zero."""

    title: str
    number: str
    tone: Tone
    href: str


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A heading with the tiles to show under it, and a sentence in place of those at zero."""

    title: str
    tiles: list[Shown]
    all_clear: str


def _work(title: str, model: str, **lookups: object) -> Tile:
    return Tile(title, model, lookups, Tone.WORK)


def _alarm(title: str, model: str, **lookups: object) -> Tile:
    return Tile(title, model, lookups, Tone.ALARM)


GROUPS = (
    Group(
        "The last 24 hours",
        (
            Tile("Visits settled", "handshake.Handshake", NEW),
            Tile("Deals booked", "rides.Booking", NEW),
            Tile("Rides and tickets asked for", "ondc.RideOrder", NEW),
            Tile("Top-ups begun", "payments.TopUp", NEW),
            Tile("Withdrawals and refunds", "payments.Payout", NEW),
            Tile("People who joined", "accounts.User", NEW),
        ),
    ),
    Group(
        "Money that stands",
        (
            Tile("Holds of booked deals", "wallet.Hold", {"state": "OPEN"}),
            Tile("Payouts on their way", "payments.Payout", {"state": "PROCESSING"}),
            _work("Frozen accounts", "wallet.Account", frozen_at__isnull=False),
            _alarm("Halts of payouts", "payments.PayoutHalt", lifted_at__isnull=True),
            _alarm("Checks in which custody fell short", "payments.CustodyCheck", whole=False, checked_at__gte=DAY),
            _alarm("Differences with the bank or Razorpay", "payments.ReconException", state="OPEN"),
        ),
    ),
    Group(
        "Waits for a decision",
        (
            _work("Businesses that applied", "merchants.Application", state="APPLIED"),
            _work("Campaigns to review", "campaigns.Campaign", state="IN_REVIEW"),
            _work("Visits to look at", "handshake.Handshake", review=True, review_decided_at__isnull=True),
            _work("Cases of suspected fraud", "analytics.RiskCase", state="OPEN"),
            _work("Disputed visits", "handshake.Dispute", state="OPEN"),
            _work("Appeals against strikes", "gamification.Appeal", state="OPEN"),
            _work("Adjustments to decide", "payments.Adjustment", state="PROPOSED"),
            _work("Payouts to approve", "payments.Payout", state="SCREENING"),
            _work("Refunds of tickets that are stuck", "payments.PrepaymentRefund", state="STUCK"),
            _work("Disagreements with sellers", "ondc.Disagreement", decided_at__isnull=True),
            _work("Disputed payments", "payments.PaymentDispute", status="OPEN"),
        ),
        all_clear="Nothing waits for you.",
    ),
    Group(
        "Out of order",
        (
            _alarm(
                "Follow-ups of visits that are late", "handshake.Handshake",
                announced_at__isnull=True, created_at__lt=LATE,
            ),
            _alarm("Scans that failed by our fault", "gamification.FailedScan", **NEW),
            _alarm("Jobs that failed", "jobs.JobRun", outcome="FAILED", started_at__gte=DAY),
            _alarm("Jobs that were lost", "jobs.JobRun", outcome="LOST", started_at__gte=DAY),
            _alarm("Pushes that failed", "notifications.InboxMessage", push_state="FAILED", **NEW),
            _alarm("Webhooks that failed", "notifications.WebhookDelivery", state="FAILED", **NEW),
            _alarm("Events of Razorpay that are parked", "payments.GatewayEvent", state="PARKED"),
            _alarm("Events of Razorpay that wait", "payments.GatewayEvent", state="WAITING", received_at__lt=LATE),
            _alarm("Callbacks that are parked", "ondc.InboundMessage", state="PARKED"),
            _alarm("Callbacks that wait", "ondc.InboundMessage", state="WAITING", received_at__lt=LATE),
            _alarm("Questions to the network that were lost", "ondc.OutboundMessage", state="LOST", **NEW),
            _alarm("Sellers that do not answer", "ondc.Circuit", open_until__gte=timedelta()),
            _alarm("Messages given up", "ondc.Dispatch", state="GIVEN_UP", **NEW),
        ),
        all_clear="Everything runs.",
    ),
)  # fmt: skip


def shown(site: AdminSite, request: HttpRequest, *, now: datetime) -> list[ShownGroup]:
    """Return what the operator may see, group by group; of work and alarms only what there is."""
    found = []
    for group in GROUPS:
        seen = list(_seen(site, request, group, now))
        tiles = [each for each in seen if each.tone is not Tone.FACT or not group.all_clear]
        if seen:
            found.append(ShownGroup(group.title, tiles, "" if tiles else group.all_clear))
    return found


def _seen(site: AdminSite, request: HttpRequest, group: Group, now: datetime) -> Iterator[Shown]:
    for tile in group.tiles:
        of_rows = site.get_model_admin(apps.get_model(tile.model))
        assert isinstance(of_rows, ReadOnlyAdmin), tile.model
        if not of_rows.has_view_permission(request):
            continue
        filters = tile.filters(now)
        count = of_rows.get_queryset(request).filter(**filters)[: MOST + 1].count()
        yield Shown(
            title=tile.title,
            number=f"{min(count, MOST):,}{'+' if count > MOST else ''}",
            tone=tile.tone if count else Tone.FACT,
            href=f"{reverse(_list_of(tile.model))}?{_query(filters)}",
        )


def _at(lookup: str, moment: datetime) -> datetime | UUID:
    return first_id_of(moment) if lookup.startswith("pk") else moment


def _list_of(model: str) -> str:
    return f"admin:{model.lower().replace('.', '_')}_changelist"


def _query(filters: Mapping[str, object]) -> str:
    """Return the filters as the address of a list says them; the list's own come as `…__exact`."""
    told = {
        lookup if "__" in lookup else f"{lookup}__exact": (
            value.isoformat() if isinstance(value, datetime) else int(value) if isinstance(value, bool) else value
        )
        for lookup, value in filters.items()
    }  # fmt: skip
    return urlencode(told)

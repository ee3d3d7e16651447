"""What time does to campaigns: starting, ending, archiving, and the labels that follow the caps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.campaigns import guards, selectors
from apps.campaigns.guards import ALL, Taken
from apps.campaigns.lifecycle import AUTOMATIC_PAUSES, LIVE, PauseReason, State
from apps.campaigns.models import Allotment, Campaign
from apps.campaigns.services import listing, locking, plan_follow
from apps.campaigns.terms import ARCHIVED_AFTER
from apps.wallet import codes
from apps.wallet import selectors as ledger
from uma.kernel.zones import day_of


@dataclass(frozen=True, slots=True)
class Ticked:
    """How many campaigns one run of the clock moved, and how many deals it hid or showed."""

    activated: int
    ended: int
    archived: int
    relabelled: int
    listings: int
    by_plan: int

    @property
    def total(self) -> int:
        return (
            self.activated
            + self.ended
            + self.archived
            + self.relabelled
            + self.listings
            + self.by_plan
        )


def campaign_clock(*, now: datetime, limit: int) -> Ticked:
    """
    Bring the states of campaigns up to the time, in batches of `limit`; a second run changes
    nothing.

    Rows that somebody is editing are skipped and found again a minute later. No booking depends on
    it: the guards read the clock, the caps and the wallet themselves.
    """
    live = Q(state__in=LIVE)
    return Ticked(
        ended=_sweep(Q(ends_at__lte=now) & live, State.ENDED, now=now, limit=limit),
        activated=_sweep(
            Q(state=State.SCHEDULED, starts_at__lte=now), State.ACTIVE, now=now, limit=limit
        ),
        archived=_sweep(
            Q(state=State.ENDED, status_changed_at__lte=now - ARCHIVED_AFTER),
            State.ARCHIVED,
            now=now,
            limit=limit,
        ),
        by_plan=plan_follow.follow_plans(now=now),
        relabelled=_relabel(now=now, limit=limit),
        listings=_in_batches(listing.hide_closed, limit)
        + _in_batches(listing.show_reopened, limit)
        + _in_batches(listing.follow_moved, limit),
    )


def _in_batches(step: Callable[..., int], limit: int) -> int:
    """Run a step in one transaction each until a batch is short."""
    total = 0
    while True:
        with transaction.atomic():
            done = step(limit=limit)
        total += done
        if done < limit:
            return total


def _claim(rows: QuerySet[Campaign], limit: int) -> list[Campaign]:
    locked = rows.select_for_update(no_key=True, skip_locked=True, of=("self",))
    return list(locked.select_related("zone", "merchant").order_by("pk")[:limit])


def _sweep(which: Q, to: State, *, now: datetime, limit: int) -> int:
    def step(*, limit: int) -> int:
        rows = _claim(Campaign.objects.filter(which), limit)
        for campaign in rows:
            before = campaign.state
            locking.move(campaign, to, now=now)
            locking.record(campaign, to.lower(), actor_id=None, now=now, before=before)
        return len(rows)

    return _in_batches(step, limit)


_LABELLED = Q(state__in=[State.ACTIVE, State.EXHAUSTED]) | Q(
    state=State.PAUSED, pause_reason__in=AUTOMATIC_PAUSES
)


def _relabel(*, now: datetime, limit: int) -> int:
    """Walk through all campaigns on sale and write the label of those whose facts have changed."""
    changed, after = 0, None
    while True:
        rows = Campaign.objects.filter(_LABELLED).select_related("zone", "merchant")
        if after is not None:
            rows = rows.filter(pk__gt=after)
        batch = list(rows.order_by("pk")[:limit])
        labels = _labels(batch, now=now)
        wrong = [row.pk for row in batch if (row.state, row.pause_reason) != labels[row.pk]]
        changed += _write_labels(wrong, labels, now=now)
        if len(batch) < limit:
            return changed
        after = batch[-1].pk


@transaction.atomic
def _write_labels(
    wrong: Sequence[UUID], labels: dict[UUID, tuple[str, str]], *, now: datetime
) -> int:
    if not wrong:
        return 0
    # The owner may have paused or ended it since it was read: only what still carries a label
    # changes.
    rows = _claim(Campaign.objects.filter(_LABELLED, pk__in=wrong), len(wrong))
    moved = [row for row in rows if (row.state, row.pause_reason) != labels[row.pk]]
    for campaign in moved:
        state, reason = labels[campaign.pk]
        before = campaign.state
        locking.move(campaign, state, now=now, pause_reason=reason)
        locking.record(campaign, "relabelled", actor_id=None, now=now, before=before)
    return len(moved)


def _labels(batch: Sequence[Campaign], *, now: datetime) -> dict[UUID, tuple[str, str]]:
    """Return the label that each campaign's caps and its merchant's wallet ask for."""
    today = {row.pk: f"day:{day_of(now, row.zone.timezone)}" for row in batch}
    sold: dict[UUID, dict[str, Taken]] = {row.pk: {} for row in batch}
    rows = Allotment.objects.filter(
        campaign_id__in=list(today), scope__in={ALL, *today.values()}
    ).values_list("campaign_id", "scope", "seats_taken", "committed_paise")
    for campaign_id, scope, seats, paise in rows:
        sold[campaign_id][scope] = Taken(seats, paise)
    wallets = {row.merchant_id: codes.merchant_wallet(row.merchant_id) for row in batch}
    balances = ledger.balances_paise(codes=list(wallets.values()))
    return {
        row.pk: _label(
            row, sold[row.pk], today[row.pk], balance_paise=balances[wallets[row.merchant_id]]
        )
        for row in batch
    }


def _label(
    campaign: Campaign, sold: dict[str, Taken], today: str, *, balance_paise: int
) -> tuple[str, str]:
    cost = selectors.cost_of(campaign)
    if guards.is_full(sold.get(ALL), campaign.seats, campaign.budget_paise, cost):
        return State.EXHAUSTED, ""
    if guards.is_full(sold.get(today), campaign.daily_seats, campaign.daily_budget_paise, cost):
        return State.PAUSED, PauseReason.DAILY_CAP
    if balance_paise < cost:
        return State.PAUSED, PauseReason.LOW_BALANCE
    return State.ACTIVE, ""

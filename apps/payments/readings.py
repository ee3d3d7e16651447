"""Whether money that was paid arrives here, whether bank and ledger agree, and whose wallets run low."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Max, Min

from apps.jobs.selectors import running_since
from apps.payments.models import BalanceRule, GatewayEvent, Payout, ReconException, TopUp
from apps.payments.selectors import latest_check
from uma.kernel.readings import age_s, reading


@reading("uma_gateway_event_unhandled_seconds", "Age of the oldest event that nobody acted on.")
def unhandled_s(now: datetime) -> float:
    """Return for how many seconds the oldest event that nobody has acted on waits; 0 without one."""
    waiting = GatewayEvent.objects.filter(state__in=["WAITING", "PARKED"])
    return age_s(waiting.aggregate(at=Min("received_at"))["at"], now)


@reading("uma_top_up_look_overdue_seconds", "How late the look at an open order is.")
def overdue_s(now: datetime) -> float:
    """Return by how many seconds the look at an open order is late: the poller finds what no event told."""
    looked = TopUp.objects.filter(state=TopUp.State.OPEN)
    return age_s(looked.aggregate(at=Min("next_look_at"))["at"], now)


@reading("uma_gateway_quiet_seconds", "How long an order is open without any event since.")
def quiet_s(now: datetime) -> float:
    """Return for how many seconds an order has been open without any event since; 0 without an order."""
    opened: datetime | None = TopUp.objects.filter(state=TopUp.State.OPEN).aggregate(
        at=Min("created_at")
    )["at"]
    told: datetime | None = GatewayEvent.objects.filter(
        source=GatewayEvent.Source.RAZORPAY
    ).aggregate(at=Max("received_at"))["at"]
    return age_s(opened and max(opened, told or opened), now)


@reading("uma_payout_waiting_seconds", "Age of the oldest payout on its way, by state.", "state")
def payouts_s(now: datetime) -> Mapping[tuple[str, ...], float]:
    """Return how long the oldest payout of each state that is no end has been on its way."""
    oldest = Payout.objects.filter(state__in=["REQUESTED", "SCREENING", "PROCESSING"])
    rows = oldest.values_list("state").annotate(Min("created_at")).order_by()
    return {(state,): age_s(at, now) for state, at in rows}


@reading("uma_custody_difference_paise", "What the bank holds beyond the ledger at the last check.")
def difference_paise(now: datetime) -> float:  # noqa: ARG001 - every reading is asked as of a time
    check = latest_check()
    return float(check.difference_paise) if check else 0.0


@reading("uma_custody_whole", "Whether the newest custody check found everything in its place.")
def whole(now: datetime) -> float:  # noqa: ARG001
    check = latest_check()
    return float(check.whole) if check else 1.0


@reading("uma_custody_checked_seconds", "How long ago custody was checked.")
def checked_s(now: datetime) -> float:
    """Return the newest check's age; before the first, for how long the platform has run."""
    check = latest_check()
    return age_s(check.checked_at if check else running_since(), now)


@reading("uma_recon_exception_seconds", "Age of the oldest disagreement that nobody explained.")
def unexplained_s(now: datetime) -> float:
    open_ones = ReconException.objects.filter(state=ReconException.State.OPEN)
    return age_s(open_ones.aggregate(at=Min("first_seen_at"))["at"], now)


@reading("uma_merchants_low", "Merchants whose wallet is below what their own rule names.")
def low(now: datetime) -> float:  # noqa: ARG001
    return float(BalanceRule.objects.filter(below_since__isnull=False).count())

"""Whether money that was paid arrives here, for Prometheus (P-05 and P-06)."""

import time
from datetime import datetime

from django.db import DatabaseError
from django.db.models import Max, Min
from django.utils import timezone
from prometheus_client import Gauge

from apps.payments.models import GatewayEvent, TopUp

# A scrape asks the database at most this often.
FRESH_S = 30.0


def unhandled_s(*, now: datetime) -> float:
    """Return for how many seconds the oldest event that nobody has acted on waits; 0 without one."""
    waiting = GatewayEvent.objects.filter(state__in=["WAITING", "PARKED"])
    return _since(waiting.aggregate(at=Min("received_at"))["at"], now)


def overdue_s(*, now: datetime) -> float:
    """Return by how many seconds the look at an open order is late: the poller finds what no event told."""
    looked = TopUp.objects.filter(state=TopUp.State.OPEN)
    return _since(looked.aggregate(at=Min("next_look_at"))["at"], now)


def quiet_s(*, now: datetime) -> float:
    """Return for how many seconds an order has been open without any event since; 0 without an order."""
    opened: datetime | None = TopUp.objects.filter(state=TopUp.State.OPEN).aggregate(
        at=Min("created_at")
    )["at"]
    told: datetime | None = GatewayEvent.objects.filter(
        source=GatewayEvent.Source.RAZORPAY
    ).aggregate(at=Max("received_at"))["at"]
    return _since(opened and max(opened, told or opened), now)


def _since(at: datetime | None, now: datetime) -> float:
    return 0.0 if at is None else max((now - at).total_seconds(), 0.0)


class _Reading:
    """What this process read last: the worker that acts is not the process that is scraped."""

    def __init__(self) -> None:
        self._read_at = float("-inf")
        self._unhandled = self._overdue = self._quiet = 0.0

    def unhandled(self) -> float:
        self._refresh()
        return self._unhandled

    def overdue(self) -> float:
        self._refresh()
        return self._overdue

    def quiet(self) -> float:
        self._refresh()
        return self._quiet

    def _refresh(self) -> None:
        if time.monotonic() - self._read_at < FRESH_S:
            return
        self._read_at = time.monotonic()
        now = timezone.now()  # noqa: TID251 — a scrape has no caller above it
        try:
            self._unhandled = unhandled_s(now=now)
            self._overdue = overdue_s(now=now)
            self._quiet = quiet_s(now=now)
        except (DatabaseError, RuntimeError):
            # RuntimeError: a thread that may not ask. The scrape tells of everything else.
            self._unhandled = self._overdue = self._quiet = float("nan")


_reading = _Reading()
UNHANDLED = Gauge(
    "uma_gateway_event_unhandled_seconds", "Age of the oldest event that nobody has acted on."
)
OVERDUE = Gauge("uma_top_up_look_overdue_seconds", "How late the look at an open order is.")
QUIET = Gauge("uma_gateway_quiet_seconds", "How long an order is open without any event since.")
UNHANDLED.set_function(_reading.unhandled)
OVERDUE.set_function(_reading.overdue)
QUIET.set_function(_reading.quiet)

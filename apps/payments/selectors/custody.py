"""Reads about the custody check, for the desk and for Prometheus."""

import time

from django.db import DatabaseError
from prometheus_client import Gauge

from apps.payments.models import CustodyCheck, ReconException

# A scrape asks the database at most this often.
FRESH_S = 30.0


def latest_check() -> CustodyCheck | None:
    """Return the newest custody check."""
    return CustodyCheck.objects.order_by("-checked_at", "-pk").first()


def open_exceptions() -> int:
    """Return how many disagreements nobody has explained yet."""
    return ReconException.objects.filter(state=ReconException.State.OPEN).count()


class _Reading:
    """What this process read last: the worker that checks is not the process that is scraped."""

    def __init__(self) -> None:
        self._read_at = float("-inf")
        self._difference = self._open = 0.0

    def difference(self) -> float:
        self._refresh()
        return self._difference

    def open(self) -> float:
        self._refresh()
        return self._open

    def _refresh(self) -> None:
        if time.monotonic() - self._read_at < FRESH_S:
            return
        self._read_at = time.monotonic()
        try:
            check = latest_check()
            self._difference = float(check.difference_paise) if check else 0.0
            self._open = float(open_exceptions())
        except (DatabaseError, RuntimeError):
            # RuntimeError: a thread that may not ask. The scrape tells of everything else.
            self._difference = self._open = float("nan")


_reading = _Reading()
DIFFERENCE = Gauge(
    "uma_custody_difference_paise", "What the bank holds beyond the ledger at the newest check."
)
OPEN = Gauge("uma_recon_exceptions_open", "Disagreements that nobody has explained.")
DIFFERENCE.set_function(_reading.difference)
OPEN.set_function(_reading.open)

"""Reads about what holds payouts back."""

from datetime import datetime

from apps.payments.models import PayoutDowntime, PayoutHalt


def payouts_halted() -> bool:
    """Say whether payouts are stopped: nothing is submitted until somebody lets them go on."""
    return PayoutHalt.objects.filter(lifted_at=None).exists()


def modes_down(*, now: datetime) -> list[str]:
    """Return the ways of paying whose banks are down, as far as Razorpay told."""
    rows = PayoutDowntime.objects.filter(until__gt=now).order_by("mode")
    return list(rows.values_list("mode", flat=True))

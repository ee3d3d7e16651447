"""Reads about what holds payouts back."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from apps.payments.models import Payout, PayoutDowntime, PayoutHalt


def payouts_halted() -> bool:
    """Say whether payouts are stopped: nothing is submitted until somebody lets them go on."""
    return PayoutHalt.objects.filter(lifted_at=None).exists()


def banks_down(*, now: datetime) -> list[PayoutDowntime]:
    """Return which banks take no payouts, as far as Razorpay told."""
    return list(PayoutDowntime.objects.filter(is_over=False, until__gt=now).order_by("pk"))


def waiting_for(downtimes: Sequence[PayoutDowntime]) -> Q:
    """
    Return the condition on payouts that wait for one of these banks.

    Whose bank is not known, as behind a VPA, waits only for what concerns all banks: a try that Razorpay
    queues costs less than everybody's waiting for one bank.
    """
    found = Q(pk__in=[])
    for row in downtimes:
        # Razorpay names banks by the first letters of their IFSC, three or four of them.
        found |= Q(mode__in=row.modes, bank__startswith=row.bank)
    return found


def waits_for(payout: Payout, downtimes: Sequence[PayoutDowntime]) -> bool:
    """Say whether a payout waits for one of these banks."""
    return any(payout.mode in row.modes and payout.bank.startswith(row.bank) for row in downtimes)

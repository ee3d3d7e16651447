"""
What a rider pays in advance for an order: let go when nothing came of it, taken when it came true.

Called with the order locked, in the transaction that changes it. The order's id is what the payment is for.
"""

from datetime import datetime

from apps.ondc.models import RideOrder
from apps.ondc.outgoing.profiles import TRANSIT
from apps.payments import services as payments


def is_prepaid(order: RideOrder) -> bool:
    """Say whether the rider pays us before, as for metro and bus; a ride is paid to its driver."""
    return order.transaction.domain == TRANSIT


def let_go(order: RideOrder, *, now: datetime) -> None:
    """Give back whole what was paid for an order that never came true."""
    if is_prepaid(order):
        payments.undo_prepayment(
            purpose=order.pk, back_paise=order.fare_paise or 0, reason="not_confirmed", now=now
        )


def take(order: RideOrder, *, now: datetime) -> bool:
    """Have the money taken; False when it was let go before, so that nothing may be had for it."""
    return payments.take_prepayment(purpose=order.pk, now=now)


def give_back(order: RideOrder, *, charge_paise: int, reason: str, now: datetime) -> None:
    """Owe the rider what a cancellation leaves; the charge is the seller's."""
    back_paise = (order.fare_paise or 0) - charge_paise
    payments.undo_prepayment(
        purpose=order.pk, back_paise=max(back_paise, 0), reason=reason, now=now
    )

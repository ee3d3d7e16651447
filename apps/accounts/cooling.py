"""How long payouts pause after a sign-in that may be somebody else's: data, no state."""

from datetime import timedelta

from apps.accounts.models import PayoutCooling

Reason = PayoutCooling.Reason
# A day after a new device, as UPI apps do; two after what a taken-over or handed-on number looks like.
PAUSES: dict[Reason, timedelta] = {
    Reason.NEW_DEVICE: timedelta(hours=24),
    Reason.NUMBER_CHANGED: timedelta(hours=48),
    Reason.ACCOUNT_REPLACED: timedelta(hours=48),
    Reason.LONG_IDLE: timedelta(hours=48),
}
# Operators give an unused number to somebody else after about three months.
IDLE = timedelta(days=90)

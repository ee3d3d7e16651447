"""Writes: what a rider gets for a withdrawal that came back late, each day of it once and unasked."""

from datetime import datetime
from logging import getLogger
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.notifications import services as notifications
from apps.payments import selectors
from apps.payments.services.caps import keep_within_limits
from apps.payments.services.payout_steps import lock_payout
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet import services as wallet
from apps.wallet.codes import ZoneAccount
from uma.kernel.errors import DomainError
from uma.kernel.money import written

logger = getLogger(__name__)


def compensate_late_payouts(*, now: datetime) -> int:
    """Pay for every day of every delay that is not paid for yet; return for how many days."""
    days = 0
    for payout_id in selectors.returned_late().values_list("pk", flat=True).iterator():
        try:
            days += compensate_late_payout(payout_id=payout_id, now=now)
        except DomainError:
            # One that fails stops none of the others; the next run meets it again.
            logger.exception("a late payout was not made good", extra={"payout_id": payout_id})
    return days


@transaction.atomic
def compensate_late_payout(*, payout_id: UUID, now: datetime) -> int:
    """
    Pay a rider for the days by which a payout came back too late; return for how many that was.

    A posting for each day, whose name the ledger takes once; none for a day that was paid for.
    """
    payout = lock_payout(payout_id=payout_id)
    assert payout is not None
    assert payout.person_id is not None
    named = [
        selectors.compensation_reference(payout_id=payout_id, day=day)
        for day in selectors.late_days(payout=payout)
    ]
    paid = ledger.posted(references=named)
    due = [reference for reference in named if reference not in paid]
    if not due:
        return 0
    pocket = codes.rider_wallet(payout.person_id)
    debt, apart = codes.rider_receivable(payout.person_id), codes.rider_over_limit(payout.person_id)
    wallet.open_accounts(codes=[pocket, debt, apart])
    wallet.lock_balances(codes=[pocket, debt, apart])
    ours = codes.zone_account(payout.zone_code, ZoneAccount.GOODWILL)
    for reference in due:
        wallet.post(
            kind="tat_compensation",
            reference=reference,
            legs=[wallet.Leg(ours, pocket, selectors.A_DAY_PAISE)],
            zone_code=payout.zone_code,
            event_at=now,
            actor_id=None,
            memo=payout.reference,
        )
    wallet.recover_debt(
        rider_id=payout.person_id,
        reference=f"debt_recovery:{due[-1]}",
        zone_code=payout.zone_code,
        event_at=now,
    )
    notifications.notify(
        person_id=payout.person_id,
        kind="payout.compensated",
        say=lambda: (
            _("%(amount)s for the delay") % {"amount": written(len(due) * selectors.A_DAY_PAISE)},
            _(
                "A withdrawal of yours came back late. You get %(amount)s for each day; nothing is to be done."
            )
            % {"amount": written(selectors.A_DAY_PAISE)},
        ),
        data={"payoutId": str(payout.pk)},
        dedupe_key=due[-1],
        now=now,
        timezone=selectors.clock_of(payout.zone_code),
    )
    keep_within_limits(person_id=payout.person_id, now=now)
    return len(due)

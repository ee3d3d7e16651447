"""
What is owed back of payments in advance: a row from the moment it is owed until it went.

Sent like a payout: the claim is committed first, Razorpay is asked whether it knows the refund, told of it
under one key, and the answer booked. What Razorpay refuses waits for a person.
"""

from datetime import datetime, timedelta
from logging import getLogger
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.payments.errors import RefundNotStuck, RefundReferenceMissing
from apps.payments.gateway import Gateway, GatewayRefused, GatewaySilent
from apps.payments.models import Prepayment, PrepaymentRefund
from apps.payments.services.reasons import require
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.codes import ZoneAccount
from uma.kernel.money import rupees

logger = getLogger(__name__)

LEASE = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(hours=1)
State = PrepaymentRefund.State


def owe_back(row: Prepayment, *, amount_paise: int, reason: str, now: datetime) -> None:
    """Note on a locked payment what is owed back of it; told again, what was noted first stands."""
    refund, is_new = PrepaymentRefund.objects.get_or_create(
        prepayment=row,
        defaults={
            "amount_paise": amount_paise,
            "paid_paise": row.amount_paise,
            "reason": reason[:24],
            "owed_at": now,
            "next_attempt_at": now,
        },
    )
    if is_new and row.state == Prepayment.State.CAPTURED:
        _post(row, refund, now=now)


def post_owed(row: Prepayment, *, now: datetime) -> None:
    """Post, beside its capture, what was owed back of a payment before it was captured."""
    refund = PrepaymentRefund.objects.filter(prepayment=row, owed_journal_id=None).first()
    if refund is not None:
        _post(row, refund, now=now)


def _post(row: Prepayment, refund: PrepaymentRefund, *, now: datetime) -> None:
    if refund.reason == "not_bought":
        # Its capture was booked to the refunds at once.
        refund.owed_journal_id = row.journal_id
    else:
        refund.owed_journal_id = wallet.post(
            kind="ticket_cancelled",
            reference=f"ticket_cancelled:{refund.pk}",
            legs=[
                wallet.Leg(
                    codes.zone_account(row.zone_code, ZoneAccount.TICKETS_OWED),
                    codes.zone_account(row.zone_code, ZoneAccount.TICKET_REFUNDS),
                    refund.amount_paise,
                )
            ],
            zone_code=row.zone_code,
            event_at=now,
            actor_id=None,
            memo=refund.reason,
        )
    refund.save(update_fields=["owed_journal_id"])


def send_refunds(*, gateway: Gateway, now: datetime, limit: int) -> int:
    """Send what is owed and can be sent; return how many went. Must not be inside a transaction."""
    due = PrepaymentRefund.objects.filter(
        state=State.OWED, owed_journal_id__isnull=False, next_attempt_at__lte=now
    ).order_by("next_attempt_at")
    ids = list(due.values_list("pk", flat=True)[:limit])
    return sum(send_refund(refund_id=pk, gateway=gateway, now=now) == State.SENT for pk in ids)


def send_refund(*, refund_id: UUID, gateway: Gateway, now: datetime) -> str:
    """Send one refund unless somebody else is at it; return its state after that, "" when not taken."""
    refund = _claim(refund_id, now=now)
    if refund is None:
        return ""
    payment_id, receipt = refund.prepayment.payment_id or "", refund.pk.hex
    try:
        # An answer that was lost: Razorpay knows the refund by our receipt.
        known = gateway.refunds_of(payment_id=payment_id)
        found = next((one for one in known if one.receipt == receipt), None)
        found = found or gateway.refund(
            payment_id=payment_id,
            amount_paise=refund.amount_paise,
            receipt=receipt,
            key=str(refund.pk),
        )
    except GatewaySilent:
        return State.OWED
    except GatewayRefused as refused:
        return _stick(refund_id, refused.reason)
    if found.amount_paise != refund.amount_paise:
        return _stick(refund_id, "amount_differs")
    return _gone(refund_id, reference=found.id, now=now)


def _claim(refund_id: UUID, *, now: datetime) -> PrepaymentRefund | None:
    with transaction.atomic(durable=True):
        refund = (
            PrepaymentRefund.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
            .select_related("prepayment")
            .filter(
                pk=refund_id,
                state=State.OWED,
                owed_journal_id__isnull=False,
                next_attempt_at__lte=now,
            )
            .first()
        )
        if refund is None:
            return None
        refund.attempts += 1
        refund.next_attempt_at = now + min(LEASE * refund.attempts, LONGEST_PAUSE)
        refund.save(update_fields=["attempts", "next_attempt_at"])
        return refund


def _stick(refund_id: UUID, why: str) -> str:
    with transaction.atomic(durable=True):
        refund = PrepaymentRefund.objects.select_for_update(no_key=True).get(pk=refund_id)
        if refund.state == State.OWED:
            refund.state, refund.last_error = State.STUCK, why[:64]
            refund.save(update_fields=["state", "last_error"])
            logger.critical("a refund was refused", extra={"code": why[:64]})
        return refund.state


def _gone(refund_id: UUID, *, reference: str, now: datetime) -> str:
    with transaction.atomic(durable=True):
        refund = (
            PrepaymentRefund.objects.select_for_update(no_key=True, of=("self",))
            .select_related("prepayment")
            .get(pk=refund_id)
        )
        if refund.state in {State.OWED, State.STUCK}:
            _book(refund, State.SENT, ZoneAccount.PG_CLEARING, reference, actor_id=None, now=now)
        return refund.state


def _book(
    refund: PrepaymentRefund,
    state: str,
    through: ZoneAccount,
    reference: str,
    *,
    actor_id: UUID | None,
    now: datetime,
) -> None:
    zone = refund.prepayment.zone_code
    refund.gone_journal_id = wallet.post(
        kind="ticket_refund",
        # One for a refund, however it goes.
        reference=f"ticket_refund:{refund.pk}",
        legs=[
            wallet.Leg(
                codes.zone_account(zone, ZoneAccount.TICKET_REFUNDS),
                codes.zone_account(zone, through),
                refund.amount_paise,
            )
        ],
        zone_code=zone,
        event_at=now,
        actor_id=actor_id,
        memo=reference,
    )
    refund.state, refund.reference, refund.gone_at, refund.last_error = state, reference, now, ""
    refund.save(update_fields=["state", "reference", "gone_at", "gone_journal_id", "last_error"])


@transaction.atomic(durable=True)
def send_refund_again(*, refund_id: UUID, actor_id: UUID, reason: str, now: datetime) -> None:
    """
    Have a refund that Razorpay refused sent once more, under its one key.

    Raises:
        DeskReasonRequired, RefundNotStuck
    """
    require(reason)
    refund = _lock_stuck(refund_id)
    refund.state, refund.next_attempt_at, refund.attempts = State.OWED, now, 0
    refund.save(update_fields=["state", "next_attempt_at", "attempts"])
    _record(refund, "sent-again", actor_id=actor_id, reason=reason, now=now)


@transaction.atomic(durable=True)
def settle_refund(
    *, refund_id: UUID, reference: str, actor_id: UUID, reason: str, now: datetime
) -> None:
    """
    Book that a refund which Razorpay refused was paid by the bank; `reference` is the transfer's.

    Raises:
        DeskReasonRequired, RefundReferenceMissing, RefundNotStuck
    """
    require(reason)
    if not reference.strip():
        raise RefundReferenceMissing
    refund = _lock_stuck(refund_id)
    _book(
        refund,
        State.SETTLED,
        ZoneAccount.BANK_NODAL,
        reference.strip()[:64],
        actor_id=actor_id,
        now=now,
    )
    _record(refund, "settled", actor_id=actor_id, reason=reason, now=now)


def _lock_stuck(refund_id: UUID) -> PrepaymentRefund:
    refund = (
        PrepaymentRefund.objects.select_for_update(no_key=True, of=("self",))
        .select_related("prepayment")
        .filter(pk=refund_id, state=State.STUCK, owed_journal_id__isnull=False)
        .first()
    )
    if refund is None:
        raise RefundNotStuck
    return refund


def _record(
    refund: PrepaymentRefund, what: str, *, actor_id: UUID, reason: str, now: datetime
) -> None:
    accounts.record(
        action=f"prepayment-refund.{what}",
        object_type="prepayment-refund",
        object_id=str(refund.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"state": State.STUCK},
        after={
            "state": refund.state,
            "amount": rupees(refund.amount_paise),
            "reference": refund.reference,
        },
    )

"""
Money that is held is taken: claimed, committed, asked of Razorpay, and what it said booked.

Everything is safe to do twice: a capture that was done is found done, and is booked under the payment's
own id. What is owed back is posted by the same transaction that books what it is owed of.
"""

from datetime import datetime, timedelta
from logging import getLogger
from uuid import UUID

from django.db import transaction

from apps.payments.gateway import Gateway, GatewayRefused, GatewaySilent, PaymentFacts
from apps.payments.models import Prepayment
from apps.payments.services.refunding import owe_back, post_owed
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.codes import ZoneAccount

logger = getLogger(__name__)

# Longer than a worker may live on one task, so that two never ask at once.
LEASE = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(minutes=15)
# What nobody paid by then is closed; a payment after that is given back.
PAYABLE_FOR = timedelta(minutes=30)
# An authorization that became a capture without us is seen by these looks.
LOOKS_AT_RELEASED = 3
State = Prepayment.State


def due_prepayment_ids(*, now: datetime, limit: int) -> list[UUID]:
    """Return payments that the job has to look at, the longest due first."""
    due = Prepayment.objects.filter(next_look_at__lte=now).order_by("next_look_at")
    return list(due.values_list("pk", flat=True)[:limit])


def claim_prepayment(*, prepayment_id: UUID, now: datetime) -> Prepayment | None:
    """Take a lease on a payment that is due, unless somebody has one."""
    with transaction.atomic(durable=True):
        row = (
            Prepayment.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(pk=prepayment_id, next_look_at__lte=now)
            .first()
        )
        if row is None:
            return None
        row.looks += 1
        row.next_look_at = now + max(LEASE, min(LEASE * row.looks, LONGEST_PAUSE))
        row.save(update_fields=["looks", "next_look_at"])
        return row


def take_held(*, row: Prepayment, gateway: Gateway, now: datetime) -> str:
    """
    Capture a payment whose purchase came true; return what became of it.

    `captured`, `already_captured`, `lost`; `silent` when nobody knows yet.
    """
    assert row.payment_id is not None, "money that is due is held"
    try:
        try:
            facts = gateway.capture(payment_id=row.payment_id, amount_paise=row.amount_paise)
        except GatewayRefused:
            # Taken already, by us or by the account itself; or given back.
            facts = gateway.payment(payment_id=row.payment_id)
    except (GatewaySilent, GatewayRefused):
        return "silent"
    with transaction.atomic(durable=True):
        locked = Prepayment.objects.select_for_update(no_key=True).get(pk=row.pk)
        if facts.status == "captured":
            return book(locked, facts, now=now)
        if facts.status == "authorized" or locked.state != State.DUE:
            return "silent"
        locked.state, locked.state_changed_at, locked.next_look_at = State.LOST, now, None
        locked.save(update_fields=["state", "state_changed_at", "next_look_at"])
    logger.critical("what was bought could not be paid for", extra={"code": facts.status})
    return "lost"


def look_at_released(*, row: Prepayment, gateway: Gateway, now: datetime) -> str:
    """See whether an account took by itself what was let go: it is booked and owed back then."""
    outcome = "not_captured"
    try:
        payments = gateway.payments_of(order_id=row.order_id or "")
    except (GatewaySilent, GatewayRefused):
        return "silent"
    taken = [facts for facts in payments if facts.status == "captured"]
    with transaction.atomic(durable=True):
        locked = Prepayment.objects.select_for_update(no_key=True).get(pk=row.pk)
        if taken and locked.payment_id in (None, taken[0].id):
            return book(locked, taken[0], now=now)
        if locked.looks >= LOOKS_AT_RELEASED and locked.state == State.RELEASED:
            locked.next_look_at = None
            locked.save(update_fields=["next_look_at"])
    return outcome


def book(row: Prepayment, facts: PaymentFacts, *, now: datetime) -> str:
    """Book, on a locked row, what Razorpay captured: owed to who sold, or back to the rider when nobody did."""
    if row.state == State.CAPTURED:
        return "already_captured"
    unwanted = row.state == State.RELEASED
    clearing, owed, back = (
        codes.zone_account(row.zone_code, name)
        for name in (ZoneAccount.PG_CLEARING, ZoneAccount.TICKETS_OWED, ZoneAccount.TICKET_REFUNDS)
    )
    # A zone may be older than the accounts of tickets.
    wallet.open_accounts(codes=codes.zone_accounts(row.zone_code))
    row.journal_id = wallet.post(
        kind="ticket_payment",
        reference=f"ticket_payment:{facts.id}",
        legs=[wallet.Leg(clearing, back if unwanted else owed, facts.amount_paise)],
        zone_code=row.zone_code,
        event_at=now,
        actor_id=None,
        memo="Razorpay",
    )
    row.payment_id, row.method = facts.id, facts.method
    row.fee_paise, row.tax_paise = facts.fee_paise, facts.tax_paise
    row.state, row.state_changed_at, row.captured_at = State.CAPTURED, now, now
    row.next_look_at = None
    row.save()
    if unwanted:
        owe_back(row, amount_paise=row.amount_paise, reason="not_bought", now=now)
    else:
        post_owed(row, now=now)
    return "captured"

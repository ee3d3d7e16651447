"""
Payments in advance, up to the money that is held: begun, ordered at Razorpay, seen to be paid, let go.

Whoever sells keeps its order locked and calls the joining functions inside its own transaction: so that
money is pledged exactly when the purchase is sent, and wanted exactly when it came true. No call to
Razorpay is made there; what must be done there is a job's (`taking`).
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.payments.errors import GatewayUnavailable, PrepaymentTooSmall, PrepaymentUnderway
from apps.payments.gateway import Gateway, GatewayRefused, GatewaySilent, PaymentFacts
from apps.payments.gateway import gateway as gateway_of_settings
from apps.payments.models import Prepayment
from apps.payments.models.prepayments import LIVE
from apps.payments.services.refunding import owe_back
from apps.payments.services.taking import (
    PAYABLE_FOR,
    book,
    claim_prepayment,
    due_prepayment_ids,
    look_at_released,
    take_held,
)

LEAST_PAISE = 1_00
# A purchase is decided within minutes; Razorpay gives back what nobody took by then.
HELD_MINUTES = 60
FIRST_LOOK = timedelta(seconds=20)
State = Prepayment.State
_NOT_SENT = frozenset({State.CREATED, State.OPEN, State.HELD})


@transaction.atomic
def begin_prepayment(
    *, rider_id: UUID, zone_code: str, purpose: UUID, amount_paise: int, now: datetime
) -> Prepayment:
    """
    Record, in the transaction of who sells, that a rider is to pay; asked again, it is the same payment.

    With another amount the earlier one is let go.

    Raises:
        PrepaymentTooSmall
        PrepaymentUnderway: the purchase was sent already
    """
    if amount_paise < LEAST_PAISE:
        raise PrepaymentTooSmall
    live = _lock_live(purpose)
    if live is not None:
        if live.amount_paise == amount_paise:
            return live
        if live.state not in _NOT_SENT:
            raise PrepaymentUnderway
        _release(live, now=now)
    return Prepayment.objects.create(
        rider_id=rider_id,
        zone_code=zone_code,
        purpose=purpose,
        amount_paise=amount_paise,
        created_at=now,
        state_changed_at=now,
        next_look_at=now + FIRST_LOOK,
    )


def order_prepayment(*, prepayment_id: UUID, gateway: Gateway, now: datetime) -> Prepayment:
    """
    Make sure that Razorpay has an order for this payment; its answer, lost, is asked for by the receipt.

    Must not be inside a transaction.

    Raises:
        GatewayUnavailable
    """
    with transaction.atomic(durable=True):
        row = Prepayment.objects.get(pk=prepayment_id)
    if row.state != State.CREATED:
        return row
    receipt = row.pk.hex
    try:
        order = gateway.order_with_receipt(receipt=receipt) or gateway.create_order(
            amount_paise=row.amount_paise, receipt=receipt, held_minutes=HELD_MINUTES
        )
    except (GatewayRefused, GatewaySilent) as silence:
        raise GatewayUnavailable from silence
    if order.amount_paise != row.amount_paise:
        raise GatewayUnavailable
    with transaction.atomic(durable=True):
        locked = Prepayment.objects.select_for_update(no_key=True).get(pk=prepayment_id)
        if locked.state == State.CREATED:
            locked.order_id, locked.state, locked.state_changed_at = order.id, State.OPEN, now
            locked.save(update_fields=["order_id", "state", "state_changed_at"])
        return locked


def order_prepayment_at_razorpay(*, prepayment_id: UUID, now: datetime) -> Prepayment:
    """
    Order a payment with the account that the settings describe; must not be inside a transaction.

    Raises:
        GatewayUnavailable
    """
    return order_prepayment(prepayment_id=prepayment_id, gateway=gateway_of_settings(), now=now)


def look_at_razorpay(*, prepayment_id: UUID, now: datetime) -> Prepayment:
    """
    Ask the account that the settings describe whether somebody paid; must not be inside a transaction.

    Raises:
        GatewayUnavailable
    """
    return look_at_prepayment(prepayment_id=prepayment_id, gateway=gateway_of_settings(), now=now)


def look_at_prepayment(*, prepayment_id: UUID, gateway: Gateway, now: datetime) -> Prepayment:
    """
    Ask Razorpay whether somebody paid, and return the payment as it is then.

    Must not be inside a transaction.

    Raises:
        GatewayUnavailable
    """
    with transaction.atomic(durable=True):
        row = Prepayment.objects.get(pk=prepayment_id)
    if row.state != State.OPEN or row.order_id is None:
        return row
    try:
        payments = gateway.payments_of(order_id=row.order_id)
    except (GatewayRefused, GatewaySilent) as silence:
        raise GatewayUnavailable from silence
    for facts in payments:
        note_payment(facts=facts, now=now)
    return Prepayment.objects.get(pk=prepayment_id)


def note_payment(*, facts: PaymentFacts, now: datetime) -> str:
    """
    Take what Razorpay's API says of a payment; return what it meant, as often as somebody tells of it.

    `held`, `already_held`, `captured`, `already_captured`, `not_paid`, `not_wanted` (it is given back
    uncaptured); or why a person has to look: `unknown_order`, `amount_differs`, `another_payment`.
    """
    with transaction.atomic(durable=True):
        row = (
            Prepayment.objects.select_for_update(no_key=True)
            .filter(order_id=facts.order_id)
            .exclude(order_id=None)
            .first()
        )
        if row is None:
            return "unknown_order"
        if facts.status not in {"authorized", "captured"}:
            return "not_paid"
        return _why_not(row, facts) or _note(row, facts, now=now)


def _why_not(row: Prepayment, facts: PaymentFacts) -> str:
    if (facts.amount_paise, facts.currency) != (row.amount_paise, "INR"):
        return "amount_differs"
    if row.payment_id in (None, facts.id):
        return ""
    # A second attempt that went through as well: held, it goes back by itself.
    return "another_payment" if facts.status == "captured" else "not_wanted"


def _note(row: Prepayment, facts: PaymentFacts, *, now: datetime) -> str:
    if row.state == State.OPEN:
        row.payment_id, row.method = facts.id, facts.method
        row.state, row.state_changed_at, row.next_look_at = State.HELD, now, None
        row.save(
            update_fields=["payment_id", "method", "state", "state_changed_at", "next_look_at"]
        )
        return "held"
    if facts.status == "captured" and row.state not in {State.HELD, State.PLEDGED}:
        return book(row, facts, now=now)
    known = {State.RELEASED: "not_wanted", State.CAPTURED: "already_captured"}
    return known.get(State(row.state), "already_held")


@transaction.atomic
def pledge_prepayment(*, purpose: UUID, now: datetime) -> None:
    """Note, in the transaction that sends the purchase, that its outcome alone decides about held money."""
    row = _lock_live(purpose)
    assert row is not None, "a purchase is sent for money that is held"
    assert row.state == State.HELD, "a purchase is sent for money that is held"
    _move(row, State.PLEDGED, now=now)


@transaction.atomic
def take_prepayment(*, purpose: UUID, now: datetime) -> bool:
    """Note, in the transaction that hears of the purchase, that the money is to be taken; False when it was let go."""
    row = _lock_live(purpose)
    if row is None:
        return False
    if row.state == State.PLEDGED:
        row.next_look_at, row.looks = now, 0
        _move(row, State.DUE, now=now)
    return row.state in {State.DUE, State.CAPTURED}


@transaction.atomic
def undo_prepayment(*, purpose: UUID, back_paise: int, reason: str, now: datetime) -> None:
    """
    Give back, in the caller's transaction, what a purchase is not to cost after all.

    Money that is only held is let go whole; of money that is taken or being taken `back_paise` is owed
    from now on. Told again, nothing more is owed.
    """
    row = _lock_live(purpose)
    if row is None:
        return
    if row.state in {*_NOT_SENT, State.PLEDGED}:
        _release(row, now=now)
    elif back_paise > 0:
        owe_back(row, amount_paise=min(back_paise, row.amount_paise), reason=reason, now=now)


def tend_prepayments(*, gateway: Gateway, now: datetime, limit: int) -> int:
    """
    Do what is due about payments: order, look, take, close; return how many were looked at.

    Safe to run twice at once. Must not be inside a transaction.
    """
    ids = due_prepayment_ids(now=now, limit=limit)
    rows = [claim_prepayment(prepayment_id=pk, now=now) for pk in ids]
    for row in rows:
        if row is not None:
            _tend(row, gateway, now=now)
    return len(ids)


def _tend(row: Prepayment, gateway: Gateway, *, now: datetime) -> None:
    if row.state == State.DUE:
        take_held(row=row, gateway=gateway, now=now)
    elif row.state == State.RELEASED:
        look_at_released(row=row, gateway=gateway, now=now)
    else:
        try:
            found = order_prepayment(prepayment_id=row.pk, gateway=gateway, now=now)
            found = look_at_prepayment(prepayment_id=row.pk, gateway=gateway, now=now)
        except GatewayUnavailable:
            return
        if found.state == State.OPEN and found.created_at + PAYABLE_FOR <= now:
            _close_unpaid(row.pk, now=now)


@transaction.atomic(durable=True)
def _close_unpaid(prepayment_id: UUID, *, now: datetime) -> None:
    row = Prepayment.objects.select_for_update(no_key=True).get(pk=prepayment_id)
    if row.state == State.OPEN:
        _release(row, now=now)


def _lock_live(purpose: UUID) -> Prepayment | None:
    return (
        Prepayment.objects.select_for_update(no_key=True)
        .filter(purpose=purpose, state__in=LIVE)
        .first()
    )


def _release(row: Prepayment, *, now: datetime) -> None:
    # An account may capture by itself: what was paid is looked at once more, and refunded then.
    row.next_look_at, row.looks = now if row.order_id else None, 0
    _move(row, State.RELEASED, now=now)


def _move(row: Prepayment, state: str, *, now: datetime) -> None:
    row.state, row.state_changed_at = state, now
    row.save(update_fields=["state", "state_changed_at", "next_look_at", "looks"])

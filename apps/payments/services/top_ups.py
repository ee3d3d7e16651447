"""
Adding money: the wish is recorded, Razorpay asked, the payment believed when Razorpay's API says so.

Three transactions with the calls between them, so that a crash anywhere leaves a row that the next
request or the poller takes up.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts import services as accounts
from apps.merchants import selectors as merchants
from apps.payments.errors import GatewayUnavailable, TopUpAmountNotAllowed
from apps.payments.gateway import Gateway, GatewayRefused, GatewaySilent, PaymentFacts
from apps.payments.gateway import gateway as gateway_of_settings
from apps.payments.models import Payment, TopUp
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.codes import ZoneAccount
from uma.kernel.http.errors import IdempotencyKeyReused
from uma.kernel.http.idempotency import IdempotencyKey
from uma.kernel.money import rupees

LEAST_PAISE, MOST_PAISE = 100_00, 5_00_000_00
# A webhook usually comes within seconds; a lost one is found by the third look.
FIRST_LOOK, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=15)
# An order stays payable; after this long a late payment is still found by its webhook.
LIFE = timedelta(hours=24)

State = TopUp.State


@dataclass(frozen=True, slots=True)
class Begun:
    """A top-up, and whether the same request was answered before."""

    top_up: TopUp
    replayed: bool


@transaction.atomic(durable=True)
def begin_top_up(
    *,
    merchant_id: UUID,
    amount_paise: int,
    actor_id: UUID,
    key: IdempotencyKey | None,
    now: datetime,
) -> Begun:
    """
    Record the wish to add money; nothing is asked of Razorpay yet.

    Raises:
        UnknownMerchant, TopUpAmountNotAllowed, IdempotencyKeyReused
    """
    merchants.merchant(merchant_id=merchant_id)
    if not LEAST_PAISE <= amount_paise <= MOST_PAISE:
        raise TopUpAmountNotAllowed(least_paise=LEAST_PAISE, most_paise=MOST_PAISE)
    if earlier := _answered(actor_id, key):
        return earlier
    try:
        # A twin of this request may insert first; the unique pair decides.
        with transaction.atomic():
            made = TopUp.objects.create(
                merchant_id=merchant_id,
                amount_paise=amount_paise,
                requested_by=actor_id,
                request_key=key.key if key else None,
                request_fingerprint=key.fingerprint if key else None,
                created_at=now,
                status_changed_at=now,
                next_look_at=now + FIRST_LOOK,
            )
    except IntegrityError:
        twin = _answered(actor_id, key)
        if twin is None:
            raise
        return twin
    return Begun(made, replayed=False)


def order_top_up(*, top_up_id: UUID, gateway: Gateway, now: datetime) -> TopUp:
    """
    Make sure that Razorpay has an order for this wish, and return the top-up with its id.

    An order nobody pays costs nothing, so an answer that was lost is asked for by its receipt and, if
    Razorpay does not know it, made anew. Must not be inside a transaction.

    Raises:
        GatewayUnavailable
    """
    # Durable: inside somebody's transaction this raises, before Razorpay is asked.
    with transaction.atomic(durable=True):
        top_up = TopUp.objects.get(pk=top_up_id)
    if top_up.order_id is not None:
        return top_up
    receipt = top_up.pk.hex
    try:
        order = gateway.order_with_receipt(receipt=receipt) or gateway.create_order(
            amount_paise=top_up.amount_paise, receipt=receipt
        )
    except (GatewayRefused, GatewaySilent) as silence:
        raise GatewayUnavailable from silence
    if order.amount_paise != top_up.amount_paise:
        raise GatewayUnavailable
    with transaction.atomic(durable=True):
        locked = TopUp.objects.select_for_update(no_key=True).get(pk=top_up_id)
        if locked.order_id is None and locked.state == State.CREATED:
            locked.order_id, locked.state, locked.status_changed_at = order.id, State.OPEN, now
            locked.save(update_fields=["order_id", "state", "status_changed_at"])
        return locked


def order_at_razorpay(*, top_up_id: UUID, now: datetime) -> TopUp:
    """
    Order a top-up with the account that the settings describe; must not be inside a transaction.

    Raises:
        GatewayUnavailable
    """
    return order_top_up(top_up_id=top_up_id, gateway=gateway_of_settings(), now=now)


def credit_payment(*, facts: PaymentFacts, now: datetime) -> str:
    """
    Credit the wallet with a payment as Razorpay's API tells it; return what became of it.

    `credited`, or why not: `already_credited`, `not_captured`, `unknown_order`, `amount_differs`,
    `currency_differs`, `already_paid` (a second payment for a paid order: an operator refunds it).
    Call it as often as somebody tells of the payment (INV-27).
    """
    if facts.status != "captured":
        return "not_captured"
    with transaction.atomic(durable=True):
        top_up = _lock_ordered(facts.order_id)
        if top_up is None:
            return "unknown_order"
        why_not = _why_not(top_up, facts)
        if not why_not:
            _credit(top_up, facts, now=now)
        return why_not or "credited"


def look_for_payments(*, gateway: Gateway, now: datetime, limit: int) -> int:
    """
    Ask Razorpay about open orders whose payment nobody told of; return how many were looked at.

    Fewer than `limit` means that nothing is left. Must not be inside a transaction.
    """
    with transaction.atomic(durable=True):
        due = list(
            TopUp.objects.filter(state=State.OPEN, next_look_at__lte=now)
            .order_by("next_look_at")
            .values_list("pk", "order_id", "created_at")[:limit]
        )
    for top_up_id, order_id, created_at in due:
        # First the next look, then the call: an order that fails every time blocks no other.
        pause = min(max(now - created_at, FIRST_LOOK), LONGEST_PAUSE)
        TopUp.objects.filter(pk=top_up_id).update(next_look_at=now + pause)
        try:
            payments = gateway.payments_of(order_id=order_id or "")
        except (GatewayRefused, GatewaySilent):
            continue
        for facts in payments:
            credit_payment(facts=facts, now=now)
    return len(due)


def expire_top_ups(*, now: datetime) -> int:
    """Close wishes nobody paid within a day; return how many. A later payment still counts."""
    return TopUp.objects.filter(
        state__in=[State.CREATED, State.OPEN], created_at__lte=now - LIFE
    ).update(state=State.EXPIRED, status_changed_at=now)


def _lock_ordered(order_id: str) -> TopUp | None:
    """Return the top-up of an order, locked: two who tell of one payment queue here."""
    rows = TopUp.objects.select_for_update(no_key=True, of=("self",)).select_related("merchant")
    return rows.filter(order_id=order_id).first()


def _why_not(top_up: TopUp, facts: PaymentFacts) -> str:
    if Payment.objects.filter(pk=facts.id).exists():
        return "already_credited"
    if facts.currency != "INR":
        return "currency_differs"
    if facts.amount_paise != top_up.amount_paise:
        return "amount_differs"
    return "already_paid" if top_up.state == State.PAID else ""


def _credit(top_up: TopUp, facts: PaymentFacts, *, now: datetime) -> None:
    merchant = top_up.merchant
    journal_id = wallet.post(
        kind="topup",
        reference=f"topup:{facts.id}",
        legs=[
            wallet.Leg(
                codes.zone_account(merchant.zone_id, ZoneAccount.PG_CLEARING),
                codes.merchant_wallet(merchant.pk),
                facts.amount_paise,
            )
        ],
        zone_code=merchant.zone_id,
        event_at=now,
        actor_id=None,
        memo="Razorpay",
    )
    Payment.objects.create(
        payment_id=facts.id,
        top_up=top_up,
        journal_id=journal_id,
        amount_paise=facts.amount_paise,
        fee_paise=facts.fee_paise,
        tax_paise=facts.tax_paise,
        method=facts.method,
        credited_at=now,
    )
    wallet.recover_merchant_debt(
        merchant_id=merchant.pk,
        reference=f"merchant_debt_recovery:{facts.id}",
        zone_code=merchant.zone_id,
        event_at=now,
    )
    top_up.state, top_up.status_changed_at = State.PAID, now
    top_up.save(update_fields=["state", "status_changed_at"])
    accounts.record(
        action="merchant.topped-up",
        object_type="merchant",
        object_id=str(merchant.pk),
        actor_id=top_up.requested_by,
        at=now,
        after={"amount": rupees(facts.amount_paise), "reference": facts.id},
    )


def _answered(actor_id: UUID, key: IdempotencyKey | None) -> Begun | None:
    if key is None:
        return None
    found = TopUp.objects.filter(requested_by=actor_id, request_key=key.key).first()
    if found is None:
        return None
    if bytes(found.request_fingerprint or b"") != key.fingerprint:
        raise IdempotencyKeyReused
    return Begun(found, replayed=True)

"""
A customer's bank takes a payment back: the merchant pays for it, and is paid back when the dispute is won.

The money is taken when the dispute opens, not when it is lost: what is still in the wallet then would
be spent by the time that Razorpay deducts it (decisions/0035).
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from apps.accounts import services as accounts
from apps.merchants import selectors as merchants
from apps.merchants.models import Merchant
from apps.notifications import services as notifications
from apps.notifications.services import Say, Words
from apps.payments.models import Payment, PaymentDispute
from apps.payments.reports import DisputeFacts
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet import services as wallet
from apps.wallet.codes import ZoneAccount
from uma.kernel.ids import new_id
from uma.kernel.money import rupees, written

Status = PaymentDispute.Status
FINAL = frozenset({Status.LOST, Status.WON, Status.CLOSED})
# The other phases only ask for papers; no money moves (Razorpay, "Disputes", phases).
MONEY_PHASES = frozenset({"chargeback", "pre_arbitration", "arbitration"})


@dataclass(frozen=True, slots=True)
class Cover:
    """Who pays for a chargeback: so much from the wallet, the rest becomes the merchant's debt."""

    wallet_paise: int
    debt_paise: int


def record_dispute(*, facts: DisputeFacts, now: datetime) -> str:
    """
    Bring the books in line with a dispute as Razorpay's API tells it; return what was done.

    `taken`, `returned`, `recorded` or `unchanged`; or why not: `unknown_payment`, `currency_differs`,
    `amount_differs`, `status_unknown`, `exceeds_payment` (a person has to look). As often as somebody
    tells of it.
    """
    if facts.status not in Status.values:
        return "status_unknown"
    if facts.currency != "INR":
        return "currency_differs"
    with transaction.atomic(durable=True):
        payment = _lock_payment(facts.payment_id)
        if payment is None:
            return "unknown_payment"
        dispute = PaymentDispute.objects.filter(pk=facts.id).first() or PaymentDispute(
            dispute_id=facts.id,
            payment=payment,
            amount_paise=facts.amount_paise,
            first_heard_at=now,
        )
        if dispute.amount_paise != facts.amount_paise:
            return "amount_differs"
        return _follow(dispute, payment, facts, now=now)


def _lock_payment(payment_id: str) -> Payment | None:
    """Return the payment, locked: whoever tells of one of its disputes queues here."""
    rows = Payment.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("top_up__merchant__zone").filter(pk=payment_id).first()


def _follow(
    dispute: PaymentDispute, payment: Payment, facts: DisputeFacts, *, now: datetime
) -> str:
    # An answer that was asked for earlier may arrive later: what is final stays.
    old = dispute.status in FINAL and facts.status != dispute.status
    if old or (dispute.status, dispute.phase) == (facts.status, facts.phase):
        return "unchanged"
    known = dispute.status != ""
    dispute.phase, dispute.status = facts.phase, Status(facts.status)
    dispute.reason_code, dispute.respond_by = facts.reason_code, facts.respond_by
    dispute.status_changed_at = now
    outcome = "recorded"
    if _is_to_be_taken(facts) and dispute.journal_id is None:
        if dispute.amount_paise > payment.amount_paise - _taken_paise(payment):
            return "exceeds_payment"
        _take(dispute, payment, now=now)
        outcome = "taken"
    elif _is_to_be_returned(facts) and dispute.journal_id and not dispute.returned_journal_id:
        _give_back(dispute, payment, now=now)
        outcome = "returned"
    changed = (
        "phase", "status", "reason_code", "respond_by", "status_changed_at", "wallet_paise",
        "journal_id", "returned_journal_id",
    )  # fmt: skip
    dispute.save(update_fields=changed if known else None, force_insert=not known)
    return outcome


def _is_to_be_taken(facts: DisputeFacts) -> bool:
    if facts.status == Status.WON:
        return False
    if facts.status == Status.LOST or facts.deducted_paise > 0:
        return True
    return facts.status not in FINAL and facts.phase in MONEY_PHASES


def _is_to_be_returned(facts: DisputeFacts) -> bool:
    return facts.status in {Status.WON, Status.CLOSED} and not _is_to_be_taken(facts)


def _taken_paise(payment: Payment) -> int:
    """Return how much of a payment other disputes have taken and not given back (INV-32)."""
    taken = PaymentDispute.objects.filter(
        payment=payment, journal_id__isnull=False, returned_journal_id=None
    )
    found: int | None = taken.aggregate(total=Sum("amount_paise"))["total"]
    return found or 0


def _take(dispute: PaymentDispute, payment: Payment, *, now: datetime) -> None:
    merchant = payment.top_up.merchant
    purse, debt = codes.merchant_wallet(merchant.pk), codes.merchant_receivable(merchant.pk)
    clearing = codes.zone_account(merchant.zone_id, ZoneAccount.PG_CLEARING)
    there = wallet.lock_balances(codes=[purse, debt])
    # A frozen wallet pays nothing; then all of it is owed.
    frozen = ledger.is_frozen(code=purse)
    from_wallet = 0 if frozen else min(there[purse], dispute.amount_paise)
    cover = Cover(from_wallet, dispute.amount_paise - from_wallet)
    legs = [
        wallet.Leg(code, clearing, paise)
        for code, paise in ((purse, cover.wallet_paise), (debt, cover.debt_paise))
        if paise
    ]
    dispute.wallet_paise = cover.wallet_paise
    dispute.journal_id = wallet.post(
        kind="chargeback",
        reference=f"chargeback:{dispute.pk}",
        legs=legs,
        zone_code=merchant.zone_id,
        event_at=now,
        actor_id=None,
        memo="Razorpay dispute",
    )
    _record("merchant.charged-back", dispute, merchant, now=now)
    _tell(
        merchant,
        dispute,
        "chargeback",
        partial(_disputed, dispute.amount_paise, owed_paise=cover.debt_paise),
        now=now,
    )


def _disputed(paise: int, *, owed_paise: int) -> Words:
    body = _("The payer's bank asks for it back. It left your wallet until that is decided.")
    if owed_paise:
        owed = {"amount": written(owed_paise)}
        body += (
            " "
            + _("%(amount)s of it was not in the wallet and is taken from your next top-up.") % owed
        )
    return _("%(amount)s of a top-up was disputed") % {"amount": written(paise)}, body


def _give_back(dispute: PaymentDispute, payment: Payment, *, now: datetime) -> None:
    merchant = payment.top_up.merchant
    purse, debt = codes.merchant_wallet(merchant.pk), codes.merchant_receivable(merchant.pk)
    clearing = codes.zone_account(merchant.zone_id, ZoneAccount.PG_CLEARING)
    owed = wallet.lock_balances(codes=[purse, debt])[debt]
    # What is still owed for it is forgiven first; what was paid of it meanwhile comes back.
    to_debt = min(owed, dispute.debt_paise)
    legs = [
        wallet.Leg(clearing, code, paise)
        for code, paise in ((debt, to_debt), (purse, dispute.amount_paise - to_debt))
        if paise
    ]
    dispute.returned_journal_id = wallet.post(
        kind="chargeback_won",
        reference=f"chargeback_won:{dispute.pk}",
        legs=legs,
        zone_code=merchant.zone_id,
        event_at=now,
        actor_id=None,
        memo="Razorpay dispute",
        reverses=dispute.journal_id,
    )
    _record("merchant.chargeback-returned", dispute, merchant, now=now)
    _tell(
        merchant,
        dispute,
        "chargeback_returned",
        lambda: (
            _("%(amount)s is back in your wallet") % {"amount": written(dispute.amount_paise)},
            _("The dispute about your top-up was decided in your favour."),
        ),
        now=now,
    )


def _record(action: str, dispute: PaymentDispute, merchant: Merchant, *, now: datetime) -> None:
    accounts.record(
        action=action,
        object_type="merchant",
        object_id=str(merchant.pk),
        actor_id=None,
        at=now,
        after={
            "dispute": dispute.pk,
            "payment": dispute.payment_id,
            "amount": rupees(dispute.amount_paise),
            "debt": rupees(dispute.debt_paise),
        },
    )


def _tell(
    merchant: Merchant,
    dispute: PaymentDispute,
    event: str,
    say: Say,
    *,
    now: datetime,
) -> None:
    """Tell the merchant's owners and systems once; the phones follow by the sweep."""
    for owner_id in merchants.owner_ids(merchant_id=merchant.pk):
        notifications.notify(
            person_id=owner_id,
            kind=f"money.{event}",
            say=say,
            data={"disputeId": dispute.pk, "paymentId": dispute.payment_id},
            dedupe_key=f"{event}:{dispute.pk}:{owner_id}",
            now=now,
            timezone=merchant.zone.timezone,
        )
    notifications.queue_webhook(
        merchant_id=merchant.pk,
        event_id=new_id(),
        type=f"wallet.{event}",
        payload={
            "disputeId": dispute.pk,
            "paymentId": dispute.payment_id,
            "status": dispute.status.lower(),
            "amount": rupees(dispute.amount_paise),
            "fromWallet": rupees(dispute.wallet_paise),
            "owed": rupees(dispute.debt_paise),
            "respondBy": dispute.respond_by.isoformat() if dispute.respond_by else None,
        },
        now=now,
    )


def settle_debts(*, now: datetime, limit: int) -> int:
    """Take what merchants owe from wallets that could pay by now; return how many were looked at."""
    owing = ledger.in_debt(limit=limit)
    for merchant_id, _owed_paise, _left_paise in owing:
        recover(merchant_id=merchant_id, reference=f"merchant_debt_recovery:{new_id()}", now=now)
    return len(owing)


@transaction.atomic
def recover(*, merchant_id: UUID, reference: str, now: datetime) -> int:
    """Pay what a merchant owes from its wallet, as far as it goes; return how much, in paise."""
    merchant = merchants.merchant(merchant_id=merchant_id)
    return wallet.recover_merchant_debt(
        merchant_id=merchant_id,
        reference=reference,
        zone_code=merchant.zone_id,
        event_at=now,
    )

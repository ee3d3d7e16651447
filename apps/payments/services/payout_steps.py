"""
One step of a payout: the state, the line in its history, and the money that moves with it.

Every change of a payout's state goes through here, on a locked row. Each posting's reference names the
payout, so that the ledger makes each of them once whatever happens above.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.notifications import services as notifications
from apps.payments.machine import RETURNED, State, may_become
from apps.payments.models import Payout, PayoutTransition
from apps.payments.razorpayx import PayoutFacts
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.codes import ZoneAccount
from uma.kernel.money import written

Source = PayoutTransition.Source
# Longer than a worker may live on one task (uma/celery.py), so that two never hold the same row.
LEASE = timedelta(seconds=60)
FIRST_LOOK, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=15)
# A bank may send money back for days after it was paid ("deemed success" lasts three working days).
COMES_BACK_WITHIN, AFTER_PAYMENT = timedelta(days=7), timedelta(hours=6)
_NEWS = {
    State.PROCESSED: (_("%(amount)s was paid"), _("It is in %(account)s. UTR %(utr)s.")),
    State.FAILED: (
        _("%(amount)s could not be paid"),
        _("The bank refused it; the money is back in your wallet."),
    ),
    State.CANCELLED: (
        _("A payout of %(amount)s was cancelled"),
        _("The money is back in your wallet."),
    ),
    State.REJECTED: (
        _("A payout of %(amount)s was refused"),
        _("The money is back in your wallet."),
    ),
    State.REVERSED: (
        _("%(amount)s came back"),
        _("The bank sent it back; the money is in your wallet again."),
    ),
}
# The bank's number of a payment may come later than the news of it.
_PAID_WITHOUT_UTR = _("It is in %(account)s. Its UTR follows.")


def lock_payout(*, payout_id: UUID) -> Payout | None:
    """Return the payout, locked: two who know something of it queue here."""
    rows = Payout.objects.select_for_update(no_key=True, of=("self",))
    return rows.filter(pk=payout_id).first()


def hold(payout: Payout, *, now: datetime) -> UUID:
    """Set the payout's money aside and return the journal's id."""
    return wallet.post(
        kind=_held_as(payout),
        reference=f"{_held_as(payout)}:{payout.pk}",
        legs=[wallet.Leg(_purse(payout), _aside(payout), payout.amount_paise)],
        zone_code=payout.zone_code,
        event_at=now,
        actor_id=payout.requested_by,
    )


def step(
    payout: Payout,
    after: State,
    *,
    source: str,
    now: datetime,
    actor_id: UUID | None = None,
    note: str = "",
    facts: PayoutFacts | None = None,
) -> None:
    """Move a locked payout along an arrow, with its money, its history and what its payee is told."""
    before = State(payout.state)
    assert may_become(before, after), f"{before} → {after}"
    if facts is not None:
        payout.razorpay_id = payout.razorpay_id or facts.id
        payout.utr = facts.utr or payout.utr
        payout.failure_reason = facts.reason if after in RETURNED else ""
    if after == State.PROCESSED:
        assert facts is not None
        _pay(payout, facts, now=now)
    elif after in RETURNED and payout.returned_journal_id is None:
        payout.returned_journal_id = _give_back(payout, now=now)
    payout.state, payout.status_changed_at = after, max(now, payout.status_changed_at)
    payout.next_look_at = next_look(payout, now=now)
    payout.save(update_fields=_MOVED)
    keep_step(payout, before, source=source, now=now, actor_id=actor_id, note=note)
    if source != Source.PAYEE:
        _tell(payout, now=now)


_MOVED = [
    "state", "status_changed_at", "next_look_at", "razorpay_id", "utr", "failure_reason",
    "fee_paise", "tax_paise", "paid_journal_id", "processed_at", "returned_journal_id",
    "attempts", "claimed_at", "submitted_at",
]  # fmt: skip


def keep_step(
    payout: Payout,
    before: str,
    *,
    source: str,
    now: datetime,
    actor_id: UUID | None = None,
    note: str = "",
) -> None:
    """Append the step to the payout's history."""
    PayoutTransition.objects.create(
        payout=payout,
        before=before,
        after=payout.state,
        source=source,
        actor_id=actor_id,
        note=note,
        at=now,
    )


def next_look(payout: Payout, *, now: datetime) -> datetime | None:
    """Return when a job takes the payout up next: the longer it lasts, the rarer, and not for ever."""
    state = State(payout.state)
    if state == State.APPROVED:
        return now
    if state == State.SUBMITTING:
        return now + LEASE
    if state == State.PROCESSED:
        assert payout.processed_at is not None
        over = payout.processed_at + COMES_BACK_WITHIN
        return now + AFTER_PAYMENT if now < over else None
    if state in {State.PENDING_APPROVAL, State.QUEUED, State.PROCESSING}:
        return now + min(max(now - payout.created_at, FIRST_LOOK), LONGEST_PAUSE)
    return None


def _pay(payout: Payout, facts: PayoutFacts, *, now: datetime) -> None:
    def account(name: ZoneAccount) -> str:
        return codes.zone_account(payout.zone_code, name)

    payout_float = account(ZoneAccount.PAYOUT_FLOAT)
    legs = [
        (_aside(payout), payout.amount_paise),
        (account(ZoneAccount.PAYOUT_FEES), facts.fee_paise - facts.tax_paise),
        (account(ZoneAccount.GST_INPUT), facts.tax_paise),
    ]
    payout.paid_journal_id = wallet.post(
        kind="payout",
        reference=f"payout:{payout.pk}",
        legs=[wallet.Leg(debit, payout_float, paise) for debit, paise in legs if paise],
        zone_code=payout.zone_code,
        event_at=now,
        actor_id=None,
        memo=facts.id,
    )
    payout.fee_paise, payout.tax_paise = facts.fee_paise, facts.tax_paise
    payout.processed_at = now


def _give_back(payout: Payout, *, now: datetime) -> UUID:
    """Undo what was posted: the payment when there was one, or the setting aside."""
    if payout.paid_journal_id is None:
        kind = f"{_held_as(payout)}_back"
        return wallet.post(
            kind=kind,
            reference=f"{kind}:{payout.pk}",
            legs=[wallet.Leg(_aside(payout), _purse(payout), payout.amount_paise)],
            zone_code=payout.zone_code,
            event_at=now,
            actor_id=None,
            reverses=payout.held_journal_id,
        )
    fee, tax = payout.fee_paise or 0, payout.tax_paise or 0
    payout_float = codes.zone_account(payout.zone_code, ZoneAccount.PAYOUT_FLOAT)
    legs = [
        (_purse(payout), payout.amount_paise),
        (codes.zone_account(payout.zone_code, ZoneAccount.PAYOUT_FEES), fee - tax),
        (codes.zone_account(payout.zone_code, ZoneAccount.GST_INPUT), tax),
    ]
    return wallet.post(
        kind="payout_reversal",
        reference=f"payout_reversal:{payout.pk}",
        legs=[wallet.Leg(payout_float, credit, paise) for credit, paise in legs if paise],
        zone_code=payout.zone_code,
        event_at=now,
        actor_id=None,
        reverses=payout.paid_journal_id,
    )


def _tell(payout: Payout, *, now: datetime) -> None:
    news = _NEWS.get(State(payout.state))
    if news is None:
        return
    title, body = news
    if payout.state == State.PROCESSED and not payout.utr:
        body = _PAID_WITHOUT_UTR
    facts = {
        "amount": written(payout.amount_paise),
        "account": payout.fund_account.shown,
        "utr": payout.utr,
    }
    notifications.notify(
        person_id=payout.person_id or payout.requested_by,
        kind=f"payout.{payout.state.lower()}",
        say=lambda: (title % facts, body % facts),
        data={"payoutId": str(payout.pk), "status": payout.state.lower()},
        dedupe_key=f"payout:{payout.pk}:{payout.state}",
        now=now,
    )


def _held_as(payout: Payout) -> str:
    return "withdrawal" if payout.kind == Payout.Kind.WITHDRAWAL else "refund"


def _purse(payout: Payout) -> str:
    if payout.person_id is not None:
        return codes.rider_wallet(payout.person_id)
    assert payout.merchant_id is not None
    return codes.merchant_wallet(payout.merchant_id)


def _aside(payout: Payout) -> str:
    if payout.person_id is not None:
        return codes.rider_withdrawing(payout.person_id)
    assert payout.merchant_id is not None
    return codes.merchant_refunding(payout.merchant_id)

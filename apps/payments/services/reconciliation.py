"""
The three-way match: what Razorpay says is fetched, then everything is compared and written at once.

A run that finds what the last one found changes nothing but when it was seen. No exception is ever
deleted; one that went away is closed by the run that no longer sees it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from apps.accounts import services as accounts
from apps.payments import reports
from apps.payments.errors import AmountNotEchoed, ExceptionClosed, ExceptionNotFound
from apps.payments.gateway import Gateway, GatewayRefused
from apps.payments.models import BankLine, PrepaymentRefund, ReconException, ReconRun
from apps.payments.reconciling import bank, payments, payouts, validations
from apps.payments.reconciling.findings import Finding, Side
from apps.payments.reports import FloatLine, ListedPayment
from apps.payments.services.prepaying import note_payment
from apps.payments.services.reasons import require
from apps.payments.services.top_ups import credit_payment
from apps.payments.services.validation_costs import book_costs
from apps.wallet import selectors as ledger
from apps.wallet.selectors import Movement
from uma.kernel.money import rupees

# A month, and what a month's end drags into the next.
LOOK_BACK = timedelta(days=40)
AGREED = "Both sides agree by now."
State, Kind = ReconException.State, ReconException.Kind


@dataclass(frozen=True, slots=True)
class _Told:
    """What Razorpay said before anything was compared."""

    listed: Sequence[ListedPayment]
    unknown: Sequence[str]
    float_lines: Sequence[FloatLine]


def reconcile(*, gateway: Gateway, now: datetime, since: datetime | None = None) -> ReconRun:
    """
    Compare ledger, Razorpay and bank since an instant, and keep what does not agree.

    Must not be inside a transaction.

    Raises:
        GatewaySilent, GatewayRefused: nothing was compared
    """
    since = since or now - LOOK_BACK
    told = _ask(gateway, since=since, now=now)
    with transaction.atomic(durable=True):
        book_costs(lines=told.float_lines, now=now)
        movements = ledger.movements(account_kind="bank_nodal")
        bank_side = bank.compare(movements=movements)
        sides: dict[str, Side] = {
            "payments": payments.compare(
                listed=told.listed,
                credited=_credited(),
                given_back=_given_back(),
                unknown=told.unknown,
                since=since,
                now=now,
            ),
            "bank": bank_side,
            "payouts": payouts.compare(lines=told.float_lines, since=since, now=now),
            "validations": validations.compare(lines=told.float_lines),
        }
        _link(bank_side, now=now)
        findings = [finding for side in sides.values() for finding in side.findings]
        found_new, cleared = _keep(findings, since=since, now=now)
        return ReconRun.objects.create(
            ran_at=now,
            since=since,
            totals={name: side.totals for name, side in sides.items()},
            matched=sum(side.matched for side in sides.values()),
            found_new=found_new,
            cleared=cleared,
            standing=ReconException.objects.filter(standing=True).count(),
        )


@transaction.atomic(durable=True)
def match_bank_lines(*, now: datetime) -> int:
    """Link what the ledger and Razorpay's settlements already explain; return how many lines."""
    side = bank.compare(movements=ledger.movements(account_kind="bank_nodal"))
    _link(side, now=now)
    return len(side.links)


def _ask(gateway: Gateway, *, since: datetime, now: datetime) -> _Told:
    listed = reports.payments_between(gateway=gateway, since=since, until=now)
    credited = _credited()
    for row in listed:
        if row.facts.id in credited:
            continue
        # A webhook that was lost, and the looks after it: credited now, by the same rules.
        if credit_payment(facts=row.facts, now=now) == "unknown_order":
            note_payment(facts=row.facts, now=now)
    known = {row.facts.id for row in listed}
    unknown = [
        payment_id
        for payment_id, ours in credited.items()
        if ours.event_at >= since and payment_id not in known and _unknown(gateway, payment_id)
    ]
    lines: list[FloatLine] = []
    if settings.RAZORPAYX_ACCOUNT_NUMBER:
        lines = reports.float_lines(
            gateway=gateway,
            account_number=settings.RAZORPAYX_ACCOUNT_NUMBER,
            since=since,
            until=now,
        )
    return _Told(listed, unknown, lines)


def _unknown(gateway: Gateway, payment_id: str) -> bool:
    try:
        gateway.payment(payment_id=payment_id)
    except GatewayRefused:
        return True
    return False


def _credited() -> dict[str, Movement]:
    """Return what riders and merchants paid through Razorpay, as the ledger has it, by payment id."""
    return {
        row.reference.partition(":")[2]: row
        for row in ledger.movements(account_kind="pg_clearing")
        if row.kind in {"topup", "ticket_payment"}
    }


def _given_back() -> dict[str, int]:
    """Return what was given back of payments in advance, by payment id."""
    sent = PrepaymentRefund.objects.filter(state="SENT")
    rows = sent.values_list("prepayment__payment_id", "amount_paise")
    return {payment_id: amount_paise for payment_id, amount_paise in rows if payment_id}


def _link(side: bank.BankSide, *, now: datetime) -> None:
    for key, line in side.links.items():
        BankLine.objects.filter(pk=line.pk, matched_to="").update(matched_to=key, matched_at=now)


def _keep(findings: Sequence[Finding], *, since: datetime, now: datetime) -> tuple[int, int]:
    """Write what was found and close what went away; return how many are new and how many went."""
    subjects = {finding.subject for finding in findings}
    rows = ReconException.objects.select_for_update(no_key=True).filter(
        Q(standing=True) | Q(subject__in=subjects)
    )
    known = {(row.kind, row.subject): row for row in rows.order_by("pk")}
    new = 0
    for finding in findings:
        row = known.pop((finding.kind, finding.subject), None)
        if row is None:
            _create(finding, now=now)
            new += 1
        else:
            _see_again(row, finding, now=now)
    gone = [
        row
        for row in known.values()
        # Razorpay was not asked about what happened before: that it is unseen says nothing.
        if row.standing and not (row.occurred_at < since and row.kind in _FETCHED)
    ]
    for row in gone:
        row.standing = False
        if row.state == State.OPEN:
            row.state, row.reason, row.decided_at = State.CLOSED, AGREED, now
        row.save(update_fields=["standing", "state", "reason", "decided_at"])
    return new, len(gone)


# What is fetched from Razorpay for a period.
_FETCHED = frozenset(kind for kind in Kind.values if kind.startswith(("PAYMENT_", "PAYOUT_")))


def _create(finding: Finding, *, now: datetime) -> None:
    ReconException.objects.create(
        kind=finding.kind,
        subject=finding.subject,
        amount_paise=finding.amount_paise,
        expected_paise=finding.expected_paise,
        found_paise=finding.found_paise,
        bank_effect_paise=finding.bank_effect_paise,
        detail=finding.detail,
        occurred_at=finding.occurred_at,
        first_seen_at=now,
        last_seen_at=now,
    )


def _see_again(row: ReconException, finding: Finding, *, now: datetime) -> None:
    row.last_seen_at, row.standing = now, True
    row.amount_paise, row.detail = finding.amount_paise, finding.detail
    row.expected_paise, row.found_paise = finding.expected_paise, finding.found_paise
    changed = row.bank_effect_paise != finding.bank_effect_paise
    row.bank_effect_paise = finding.bank_effect_paise
    by_a_run = row.state == State.CLOSED and row.decided_by is None
    # What an operator explained was another difference than this one.
    if by_a_run or (changed and row.state != State.OPEN):
        row.state, row.reason, row.decided_by, row.decided_at = State.OPEN, "", None, None
    row.save(
        update_fields=[
            "last_seen_at", "standing", "amount_paise", "detail", "expected_paise", "found_paise",
            "bank_effect_paise", "state", "reason", "decided_by", "decided_at",
        ]
    )  # fmt: skip


@transaction.atomic(durable=True)
def decide_exception(
    *,
    exception_id: UUID,
    close: bool,
    amount_paise: int,
    actor_id: UUID,
    reason: str,
    now: datetime,
) -> ReconException:
    """
    Explain an exception, or close it; `amount_paise` repeats its amount.

    An explained one may still be closed; a closed one stays closed.

    Raises:
        DeskReasonRequired, ExceptionNotFound, ExceptionClosed, AmountNotEchoed
    """
    require(reason)
    row = ReconException.objects.select_for_update(no_key=True).filter(pk=exception_id).first()
    if row is None:
        raise ExceptionNotFound
    if row.state == State.CLOSED:
        raise ExceptionClosed
    if amount_paise != row.amount_paise:
        raise AmountNotEchoed
    before = row.state
    row.state = State.CLOSED if close else State.EXPLAINED
    row.reason, row.decided_by, row.decided_at = reason[:500], actor_id, now
    row.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    accounts.record(
        action="recon-exception.closed" if close else "recon-exception.explained",
        object_type="recon-exception",
        object_id=str(row.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"state": before},
        after={"state": row.state, "amount": rupees(row.amount_paise)},
    )
    return row

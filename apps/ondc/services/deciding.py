"""What counterparties see differently is decided by a person: theirs is right, ours is, or it was cleared otherwise."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.ondc import dues
from apps.ondc.errors import DecisionNotPossible, DisagreementNotOpen, SettlementReasonMissing
from apps.ondc.models import Disagreement, Settlement
from uma.kernel.money import rupees

Decision, Kind, Recon = Disagreement.Decision, Disagreement.Kind, Settlement.Recon


@transaction.atomic(durable=True)
def decide_disagreement(
    *, disagreement_id: UUID, decision: str, actor_id: UUID, reason: str, now: datetime
) -> Disagreement:
    """
    Decide what a counterparty sees differently.

    Their amount becomes what is due, and the ledger is brought to it; ours is asked about again; what was
    cleared otherwise is left alone.

    Raises:
        SettlementReasonMissing, DisagreementNotOpen
        DecisionNotPossible: their amount cannot be taken, or there is no such decision
    """
    if not reason.strip():
        raise SettlementReasonMissing
    if decision not in {Decision.TAKE_THEIRS, Decision.ASK_AGAIN, Decision.CLOSE}:
        raise DecisionNotPossible
    found = Disagreement.objects.filter(pk=disagreement_id).first()
    if found is None:
        raise DisagreementNotOpen
    # The settlement first: callbacks that close a disagreement hold its lock.
    row = (
        Settlement.objects.select_for_update(no_key=True).filter(pk=found.settlement_id).first()
        if found.settlement_id
        else None
    )
    open_one = _lock_open(disagreement_id)
    if open_one is None:
        raise DisagreementNotOpen
    before = row.fee_paise if row else None
    if decision == Decision.TAKE_THEIRS:
        _take_theirs(open_one, row, now=now)
    elif decision == Decision.ASK_AGAIN and row and row.recon in {Recon.ASKED, Recon.DIFFERS}:
        row.recon = Recon.NONE
        row.save(update_fields=["recon"])
    open_one.decided_at, open_one.decision = now, decision
    open_one.decided_by, open_one.reason = actor_id, reason.strip()[:500]
    open_one.save(update_fields=["decided_at", "decision", "decided_by", "reason"])
    accounts.record(
        action="ondc-disagreement.decided",
        object_type="ondc-disagreement",
        object_id=str(disagreement_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={} if before is None else {"fee": rupees(before)},
        after={"decision": decision, "party": open_one.party, "order": open_one.number}
        | ({"fee": rupees(row.fee_paise)} if row else {}),
    )
    return open_one


def _lock_open(disagreement_id: UUID) -> Disagreement | None:
    """Lock what is still open: of two operators the second waits here and finds it decided."""
    return (
        Disagreement.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk=disagreement_id, decided_at__isnull=True)
        .first()
    )


def _take_theirs(found: Disagreement, row: Settlement | None, *, now: datetime) -> None:
    if found.kind != Kind.AMOUNT or found.theirs_paise is None:
        raise DecisionNotPossible
    if row is None or row.settled_at is not None:
        raise DecisionNotPossible
    theirs = found.theirs_paise
    # What is moved is our fee when the seller took the money, and the rest of the fare when we did.
    by_seller = row.collected_by == Settlement.Collector.BPP
    fee_paise = theirs if by_seller else row.fare_paise - theirs
    # Of money that we hold our share is taken out once, and stays as it was booked.
    if not by_seller and row.booked_paise not in (0, fee_paise):
        raise DecisionNotPossible
    if not 0 <= fee_paise <= row.fare_paise:
        raise DecisionNotPossible
    row.fee_paise, row.fee_agreed_at, row.recon = fee_paise, now, Recon.NONE
    assert dues.to_move(row) == theirs
    row.save(update_fields=["fee_paise", "fee_agreed_at", "recon"])

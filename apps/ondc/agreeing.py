"""
An order's money as both sides see it: noted on its row, and what is seen differently is kept for a person.

Nobody's word moves money here: the ledger follows what an operator decides, and what the bank shows.
"""

from datetime import datetime

from apps.ondc import dues
from apps.ondc.models import (
    Disagreement,
    InboundMessage,
    Settlement,
    SettlementLine,
    SettlementRequest,
)
from apps.ondc.outgoing.settlements import Due, Status

Kind, Recon = Disagreement.Kind, Settlement.Recon
OPEN_ANSWERS = (SettlementLine.Answer.NONE, SettlementLine.Answer.PENDING)


def due_of(row: Settlement) -> Due:
    """Return an order's money in the network's words."""
    underway = row.lines.filter(action="SETTLE", answer__in=OPEN_ANSWERS).exists()
    amount_paise = dues.to_move(row)
    status = Status.PENDING if underway else Status.TO_BE_INITIATED
    return Due(
        number=row.number,
        settlement_id=str(row.pk),
        payment_id=row.payment_id or str(row.pk),
        amount_paise=amount_paise,
        fee_paise=row.fee_paise,
        kept_paise=row.fare_paise - amount_paise,
        status=Status.SETTLED if row.settled_at else status,
        updated_at=row.settled_at or row.due_at,
        reference=row.reference,
    )


def differ(
    kind: str,
    *,
    party: str,
    now: datetime,
    row: Settlement | None = None,
    number: str = "",
    ours_paise: int | None = None,
    theirs_paise: int | None = None,
    detail: str = "",
    inbound: InboundMessage | None = None,
) -> None:
    """Keep what a counterparty sees differently, once while it is open; the newest it said counts."""
    facts = {
        "settlement": row,
        "zone_code": row.zone_code if row else "",
        "ours_paise": ours_paise,
        "theirs_paise": theirs_paise,
        "detail": detail[:200],
        "inbound": inbound,
    }
    open_one = Disagreement.objects.filter(
        party=party, number=row.number if row else number, kind=kind, decided_at__isnull=True
    )
    if open_one.update(**facts):
        return
    new = Disagreement(
        kind=kind,
        party=party,
        number=row.number if row else number,
        opened_at=now,
        **facts,
    )
    # Of two at once the constraint lets one in; the other's words stand in its message.
    Disagreement.objects.bulk_create([new], ignore_conflicts=True)


def agree(row: Settlement, *, now: datetime) -> None:
    """Note on a locked row that both sides see the same; what was open about its amount is closed."""
    row.recon = Recon.AGREED
    row.save(update_fields=["recon"])
    row.disagreements.filter(
        kind__in=[Kind.AMOUNT, Kind.NO_ANSWER], decided_at__isnull=True
    ).update(decided_at=now, decision=Disagreement.Decision.AGREED)


def told(row: Settlement, *, status: str, reference: str, at: datetime) -> None:
    """Note on a locked row how far a counterparty says its money is; the newest word counts."""
    if not status or (row.told_at is not None and at < row.told_at):
        return
    row.told_status, row.told_reference, row.told_at = status[:24], reference[:64], at
    row.save(update_fields=["told_status", "told_reference", "told_at"])


def refuse_request(
    request: SettlementRequest, *, code: str, now: datetime, inbound: InboundMessage | None = None
) -> None:
    """Note that a locked request came to nothing: a person has to look before the same is said again."""
    open_lines = request.lines.filter(answer__in=[*OPEN_ANSWERS, SettlementLine.Answer.EXPIRED])
    ids = list(open_lines.values_list("settlement_id", flat=True))
    open_lines.update(answer=SettlementLine.Answer.REFUSED, error_code=code[:32], answered_at=now)
    if request.action == SettlementRequest.Action.RECON:
        rows = Settlement.objects.select_for_update(no_key=True).filter(pk__in=ids)
        for row in rows.filter(recon=Recon.ASKED).order_by("pk"):
            row.recon = Recon.NONE
            row.save(update_fields=["recon"])
    request.state, request.error_code = SettlementRequest.State.REFUSED, code[:32]
    request.closed_at = now
    request.save(update_fields=["state", "error_code", "closed_at"])
    differ(
        Kind.REFUSED,
        party=request.party,
        detail=f"{request.action.lower()} refused with {code}",
        inbound=inbound,
        now=now,
    )

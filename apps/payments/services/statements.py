"""The bank's statements, taken in: each file once, each line once, and what its lines are found to be."""

import hashlib
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts import services as accounts
from apps.merchants import selectors as merchants
from apps.payments.errors import AmountNotEchoed, BankLineTaken, StatementKnown
from apps.payments.models import BankLine, BankStatement
from apps.payments.services.reasons import require
from apps.payments.statements import Statement, read_statement
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.codes import ZoneAccount
from uma.kernel.money import rupees

FILENAME_MAX = 120
OBJECTIONS_SHOWN = 500


def upload_statement(
    *,
    raw: bytes,
    filename: str,
    actor_id: UUID,
    now: datetime,
    closing_paise: int | None = None,
    closes_on: date | None = None,
) -> BankStatement:
    """
    Take in a bank's CSV file: its new lines are kept, known ones found, bad ones named by number.

    `closing_paise` on `closes_on` is what the operator reads on a statement without balances.

    Raises:
        StatementNotReadable, StatementKnown
    """
    read = read_statement(raw)
    if closes_on is None:
        closing_paise, closes_on = read.closing_paise, read.closes_on
    try:
        return _take_in(
            read, raw, filename, actor_id=actor_id, closing=(closing_paise, closes_on), now=now
        )
    except IntegrityError:
        # Two uploads of the same lines at once: the unique rows let one in.
        raise StatementKnown from None


def _take_in(
    read: Statement,
    raw: bytes,
    filename: str,
    *,
    actor_id: UUID,
    closing: tuple[int | None, date | None],
    now: datetime,
) -> BankStatement:
    with transaction.atomic(durable=True):
        digest = hashlib.sha256(raw).hexdigest()
        if BankStatement.objects.filter(sha256=digest).exists():
            raise StatementKnown
        fingerprints = {line.fingerprint: line for line in reversed(read.lines)}
        known = set(
            BankLine.objects.filter(fingerprint__in=list(fingerprints)).values_list(
                "fingerprint", flat=True
            )
        )
        new = [line for print_, line in fingerprints.items() if print_ not in known]
        statement = BankStatement.objects.create(
            sha256=digest,
            filename=filename[:FILENAME_MAX],
            uploaded_by=actor_id,
            uploaded_at=now,
            lines_new=len(new),
            lines_known=len(read.lines) - len(new),
            objections=[
                {"line": one.number, "reason": one.reason, "taken": one.taken}
                for one in read.objections[:OBJECTIONS_SHOWN]
            ],
            closing_paise=closing[0],
            closes_on=closing[1],
        )
        BankLine.objects.bulk_create(
            [
                BankLine(
                    statement=statement,
                    line_number=line.number,
                    booked_on=line.booked_on,
                    direction=line.direction,
                    amount_paise=line.amount_paise,
                    narration=line.narration,
                    utr=line.utr,
                    balance_paise=line.balance_paise,
                    fingerprint=line.fingerprint,
                )
                for line in sorted(new, key=lambda line: line.number)
            ]
        )
        accounts.record(
            action="bank-statement.uploaded",
            object_type="bank-statement",
            object_id=str(statement.pk),
            actor_id=actor_id,
            at=now,
            after={
                "file": statement.filename,
                "new": statement.lines_new,
                "known": statement.lines_known,
                "objections": len(read.objections),
            },
        )
        return statement


@transaction.atomic(durable=True)
def record_float(
    *,
    line_id: UUID,
    zone_code: str,
    amount_paise: int,
    actor_id: UUID,
    reason: str,
    now: datetime,
) -> UUID:
    """
    Post what a bank line moved between the bank and the payout float; return the journal's id.

    A debit funds the float, a credit came back from it. `amount_paise` repeats the line's amount.

    Raises:
        DeskReasonRequired, BankLineTaken, AmountNotEchoed, UnknownZone
    """
    require(reason)
    merchants.zone(code=zone_code)
    line = BankLine.objects.select_for_update(no_key=True).filter(pk=line_id, matched_to="").first()
    if line is None:
        raise BankLineTaken
    if amount_paise != line.amount_paise:
        raise AmountNotEchoed
    bank = codes.zone_account(zone_code, ZoneAccount.BANK_NODAL)
    flow = codes.zone_account(zone_code, ZoneAccount.PAYOUT_FLOAT)
    funds = line.direction == BankLine.Direction.DEBIT
    kind, debit, credit = ("float_funding", flow, bank) if funds else ("float_return", bank, flow)
    reference = f"{kind}:{line.pk.hex}"
    journal_id = wallet.post(
        kind=kind,
        reference=reference,
        legs=[wallet.Leg(debit, credit, amount_paise)],
        zone_code=zone_code,
        event_at=now,
        actor_id=actor_id,
        memo=reason[:200],
    )
    line.matched_to, line.matched_at = reference, now
    line.save(update_fields=["matched_to", "matched_at"])
    accounts.record(
        action="float.funded" if funds else "float.returned",
        object_type="bank-line",
        object_id=str(line.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"matched": ""},
        after={"matched": reference, "amount": rupees(amount_paise), "zone": zone_code},
    )
    return journal_id

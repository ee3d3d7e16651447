"""
Settlements as a table for accountants and the network, and the log of a journey: what leaves is on the trail.

A cell that a spreadsheet would take for a formula is written as text: order numbers and references are other
people's words.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.ondc import dues
from apps.ondc.bundle import bundle
from apps.ondc.errors import JourneyLogEmpty, SettlementReasonMissing
from apps.ondc.models import Settlement
from uma.kernel.money import PAISE_PER_RUPEE

MOST_EXPORTED = 2_000
_MONEY = (
    "fare", "fee", "taxable", "cgst", "sgst", "igst", "to_move", "booked",
)  # fmt: skip
COLUMNS = (
    "due_at_utc", "zone", "network_domain", "seller", "order", "payment", "collected_by", "fee_percent",
    *(f"{name}_{unit}" for name in _MONEY for unit in ("rupees", "paise")),
    "reconciliation", "seller_says", "seller_reference", "settled_at_utc", "bank_reference",
)  # fmt: skip
# What spreadsheets take for the beginning of a formula, and what moves it there.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@transaction.atomic
def export_settlements(*, ids: Sequence[UUID], actor_id: UUID, reason: str, now: datetime) -> bytes:
    """
    Return settlements as CSV, the oldest first, and put on the trail who took them.

    Raises:
        SettlementReasonMissing
    """
    if not reason.strip():
        raise SettlementReasonMissing
    rows = list(Settlement.objects.filter(pk__in=ids).order_by("due_at", "pk"))
    table = settlements_csv(rows)
    accounts.record(
        action="ondc-settlement.exported",
        object_type="ondc-settlement",
        object_id=str(rows[0].pk) if rows else "",
        actor_id=actor_id,
        at=now,
        reason=reason,
        after={
            "rows": len(rows),
            "from": rows[0].due_at.isoformat() if rows else "",
            "to": rows[-1].due_at.isoformat() if rows else "",
            "sha256": sha256(table).hexdigest(),
        },
    )
    return table


def settlements_csv(rows: Iterable[Settlement]) -> bytes:
    """Return settlements as CSV (RFC 4180): every amount in rupees and in paise."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in _values(row)] for row in rows)
    return text.getvalue().encode()


def _values(row: Settlement) -> Iterator[str]:
    net_paise, tax = dues.split(row.fee_paise, intra_state=row.intra_state)
    yield from (_instant(row.due_at), row.zone_code, row.domain, row.bpp_id, row.number)
    yield from (row.payment_id, row.collected_by, f"{row.fee_bps / 100:.2f}")
    for paise in (
        row.fare_paise, row.fee_paise, net_paise, tax.cgst_paise, tax.sgst_paise, tax.igst_paise,
        dues.to_move(row), row.booked_paise,
    ):  # fmt: skip
        assert paise >= 0
        yield f"{paise // PAISE_PER_RUPEE}.{paise % PAISE_PER_RUPEE:02}"
        yield str(paise)
    yield from (row.recon, row.told_status, row.told_reference)
    yield from (_instant(row.settled_at), row.reference)


def _instant(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


@transaction.atomic
def take_journey_log(*, transaction_id: UUID, actor_id: UUID, reason: str, now: datetime) -> bytes:
    """
    Return the log of a journey, redacted, and put on the trail who took it.

    Raises:
        SettlementReasonMissing, JourneyLogEmpty
    """
    if not reason.strip():
        raise SettlementReasonMissing
    packed = bundle(transaction_id=transaction_id)
    if packed is None:
        raise JourneyLogEmpty
    accounts.record(
        action="ondc-journey.log-taken",
        object_type="ondc-journey",
        object_id=str(transaction_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        after={"bytes": len(packed), "sha256": sha256(packed).hexdigest()},
    )
    return packed

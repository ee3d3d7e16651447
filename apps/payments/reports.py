"""What Razorpay's API reports for the reconciliation: settlements line by line, payments, disputes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from apps.payments.gateway import Gateway, GatewaySilent, PaymentFacts, paise, payment_facts

PAGE = 100
# More pages than a day or a month can fill: a server that never ends its list is not believed.
PAGES_MAX = 2_000


@dataclass(frozen=True, slots=True)
class ReportedLine:
    """One line of a settlement report; paise. The fee includes the tax."""

    kind: str
    entity_id: str
    payment_id: str
    dispute_id: str
    order_id: str
    amount_paise: int
    fee_paise: int
    tax_paise: int
    credit_paise: int
    debit_paise: int
    settlement_id: str
    utr: str
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class DisputeFacts:
    """A dispute as Razorpay has it; paise."""

    id: str
    payment_id: str
    amount_paise: int
    deducted_paise: int
    currency: str
    phase: str
    status: str
    reason_code: str
    respond_by: datetime | None


@dataclass(frozen=True, slots=True)
class ListedPayment:
    """A payment of Razorpay's list, with what was given back of it."""

    facts: PaymentFacts
    refunded_paise: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FloatLine:
    """
    One line of the float's statement at RazorpayX; paise, the tax is a part of the debit.

    With neither a payout nor a validation it was moved by hand.
    """

    id: str
    payout_id: str
    utr: str
    debit_paise: int
    credit_paise: int
    at: datetime
    validation_id: str = ""
    tax_paise: int = 0


def settled_on(*, gateway: Gateway, day: date) -> list[ReportedLine]:
    """
    Return every line that Razorpay settled on a day.

    Raises:
        GatewayRefused, GatewaySilent
    """
    day_of = {"year": day.year, "month": day.month, "day": day.day}
    rows = _all(gateway, "/v1/settlements/recon/combined", day_of)
    return [_line(row) for row in rows if row["type"] in _KINDS and row["settled"]]


def payments_between(*, gateway: Gateway, since: datetime, until: datetime) -> list[ListedPayment]:
    """Return every payment that was made in a period. Raises: as above."""
    span = {"from": int(since.timestamp()), "to": int(until.timestamp())}
    return [
        ListedPayment(
            facts=payment_facts(row),
            refunded_paise=paise(row["amount_refunded"] or 0),
            created_at=_instant(row["created_at"]),
        )
        for row in _all(gateway, "/v1/payments", span)
    ]


def dispute(*, gateway: Gateway, dispute_id: str) -> DisputeFacts:
    """Return the dispute as it is now. Raises: as above."""
    row = gateway.call("get", f"/v1/disputes/{dispute_id}")
    ends = row.get("respond_by")
    return DisputeFacts(
        id=row["id"],
        payment_id=row["payment_id"],
        amount_paise=paise(row["amount"]),
        deducted_paise=paise(row["amount_deducted"] or 0),
        currency=row["currency"],
        phase=str(row["phase"])[:20],
        status=str(row["status"]).upper(),
        reason_code=str(row.get("reason_code") or "")[:64],
        respond_by=_instant(ends) if ends else None,
    )


def float_lines(
    *, gateway: Gateway, account_number: str, since: datetime, until: datetime
) -> list[FloatLine]:
    """Return what moved on the payout float in a period. Raises: as above."""
    span: dict[str, int | str] = {
        "account_number": account_number,
        "from": int(since.timestamp()),
        "to": int(until.timestamp()),
    }
    return [_float_line(row) for row in _all(gateway, "/v1/transactions", span)]


def _float_line(row: Any) -> FloatLine:  # Any: as above
    source = row.get("source") or {}
    is_payout = str(source.get("entity")) in {"payout", "reversal"}
    # Razorpay does not document what it calls this source: its id says what it is.
    is_validation = str(source.get("id") or "").startswith("fav_")
    return FloatLine(
        id=row["id"],
        payout_id=str(source.get("payout_id") or source["id"]) if is_payout else "",
        utr=str(source.get("utr") or ""),
        debit_paise=paise(row["debit"]),
        credit_paise=paise(row["credit"]),
        at=_instant(row["created_at"]),
        validation_id=str(source["id"]) if is_validation else "",
        tax_paise=paise(source.get("tax") or 0) if is_validation else 0,
    )


_KINDS = {"payment": "PAYMENT", "refund": "REFUND", "adjustment": "ADJUSTMENT"}


def _all(gateway: Gateway, path: str, params: Mapping[str, int | str]) -> Iterator[Any]:
    """Yield the rows of a list, page by page. Any: JSON objects of Razorpay's."""
    for page in range(PAGES_MAX):
        asked = {**params, "count": PAGE, "skip": page * PAGE}
        rows = gateway.call("get", path, params=asked)["items"]
        yield from rows
        if len(rows) < PAGE:
            return
    raise GatewaySilent("a list without an end")


def _line(row: Any) -> ReportedLine:  # Any: as above
    kind = _KINDS[row["type"]]
    return ReportedLine(
        kind=kind,
        entity_id=row["entity_id"],
        payment_id=row["entity_id"] if kind == "PAYMENT" else row.get("payment_id") or "",
        dispute_id=row.get("dispute_id") or "",
        order_id=row.get("order_id") or "",
        amount_paise=paise(row["amount"]),
        fee_paise=paise(row["fee"]),
        tax_paise=paise(row["tax"]),
        credit_paise=paise(row["credit"]),
        debit_paise=paise(row["debit"]),
        settlement_id=row["settlement_id"],
        utr=row["settlement_utr"],
        settled_at=_instant(row["settled_at"]),
    )


def _instant(seconds: object) -> datetime:
    return datetime.fromtimestamp(paise(seconds), UTC)

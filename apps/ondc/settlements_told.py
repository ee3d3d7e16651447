"""What others tell about money, typed and leniently: `recon`, `on_recon`, `on_settle` of RSF 2.0 (ondc.md 11)."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.ondc.reading import Node, at, exact, paise, several, text, word

# More than a day of one seller's orders in one message.
MOST_ORDERS = 1_000


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """One order as a counterparty sees it; an amount is None where it told none."""

    number: str
    amount_paise: int | None
    # None where it did not tell its parts.
    fee_paise: int | None
    # What else is taken off: withholding and taxes.
    deductions_paise: int
    status: str
    reference: str
    # None in a question, and where it cannot be read.
    accord: bool | None
    error_code: str


@dataclass(frozen=True, slots=True)
class OrderMoved:
    """What an agency did about one order."""

    number: str
    status: str
    settled_paise: int | None
    reference: str
    error_code: str


def orders_seen(body: Node) -> list[OrderSeen]:
    """Return the orders of a `recon` or `on_recon`, each once, the first telling of it counting."""
    found: dict[str, OrderSeen] = {}
    for node in several(body, "message", "orders")[:MOST_ORDERS]:
        number = exact(node, "id", most=128)
        if number:
            found.setdefault(number, _seen(number, node))
    return list(found.values())


def orders_moved(body: Node) -> list[OrderMoved]:
    """Return the orders of an `on_settle`; the part between the two apps is what counts."""
    found: dict[str, OrderMoved] = {}
    for node in several(body, "message", "settlement", "orders")[:MOST_ORDERS]:
        number = exact(node, "id", most=128)
        part = at(node, "inter_participant")
        if number and isinstance(part, dict):
            moved = OrderMoved(
                number=number,
                status=word(part, "status", most=16),
                settled_paise=paise(part, "settled_amount", "value"),
                reference=text(part, "reference_no", most=64),
                error_code=text(part, "error", "code", most=32),
            )
            found.setdefault(number, moved)
    return list(found.values())


def _seen(number: str, node: Node) -> OrderSeen:
    parts = several(node, "settlements")
    newest = parts[-1] if parts else {}
    return OrderSeen(
        number=number,
        amount_paise=_sum(parts, "amount") if parts else paise(node, "amount", "value"),
        fee_paise=_sum(parts, "commission"),
        deductions_paise=sum(
            (_sum(parts, name) or 0) for name in ("withholding_amount", "tcs", "tds")
        ),
        status=word(newest, "status", most=24),
        reference=text(newest, "settlement_ref_no", most=64),
        accord=_yes(at(node, "recon_accord")),
        error_code=text(node, "error", "code", most=32),
    )


def _sum(parts: Sequence[Node], name: str) -> int | None:
    """Return the sum over an order's payments; None when one of them does not tell it."""
    amounts = [paise(part, name, "value") for part in parts]
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known and len(known) == len(amounts) else None


def _yes(found: Node) -> bool | None:
    """Return a truth value as it is written in the field: as text as well."""
    if isinstance(found, bool):
        return found
    return {"true": True, "false": False}.get(str(found).lower()) if found is not None else None

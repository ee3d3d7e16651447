"""
What is said about money between participants: RSF 2.0, one domain for rides, tickets and shops alike.

`recon` asks the other side whether it sees the same; `settle` tells the network's settlement agency what
is to be moved (ondc.md 11). The slots of a context are who asks and who is asked, not who sells.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from apps.ondc.outgoing.context import EVERYWHERE, Json, moment
from apps.ondc.outgoing.forms import CURRENCY, money

DOMAIN, VERSION, CITY = "ONDC:NTS10", "2.0.0", EVERYWHERE
TTL = timedelta(days=1)
LIFE = "P1D"
ORDER_UNKNOWN = "70030"
# What else may be taken off on the way: rides have none of it.
_DEDUCTIONS = ("withholding_amount", "tcs", "tds")


class Status(StrEnum):
    """How far an order's money is."""

    SETTLED = "SETTLED"
    PENDING = "PENDING"
    TO_BE_INITIATED = "TO-BE-INITIATED"


@dataclass(frozen=True, slots=True)
class Due:
    """
    One order's money as we see it, in paise, and how far it is.

    `amount` is moved from whoever took the rider's money, who keeps `kept`; `fee` is the buyer app's.
    """

    number: str
    settlement_id: str
    payment_id: str
    amount_paise: int
    fee_paise: int
    kept_paise: int
    status: Status
    updated_at: datetime
    reference: str = ""

    def __post_init__(self) -> None:
        if not self.number or not self.settlement_id or not self.payment_id:
            raise ValueError("money is told of by order, settlement and payment")
        if min(self.amount_paise, self.fee_paise, self.kept_paise) < 0:
            raise ValueError("what is moved is not negative")
        if (self.status == Status.SETTLED) != bool(self.reference):
            raise ValueError("what is settled has the bank's reference, and nothing else has")


@dataclass(frozen=True, slots=True)
class Differs:
    """By how much the other side's amounts differ from ours, each without its sign."""

    amount_paise: int
    fee_paise: int


def recon(dues: Iterable[Due]) -> Json:
    """Ask whether the other side sees the same."""
    return {"orders": [_order(due) for due in _once(dues)]}


def accord(due: Due) -> Json:
    """Say of one order of a `recon` that we see the same."""
    return _order(due) | {"recon_accord": True}


def discord(due: Due, differs: Differs) -> Json:
    """Say of one order of a `recon` what we see instead, and by how much it differs."""
    diffs = {"amount": differs.amount_paise, "commission": differs.fee_paise}
    return _order(due, diffs=diffs | dict.fromkeys(_DEDUCTIONS, 0)) | {"recon_accord": False}


def unknown(number: str) -> Json:
    """Say of one order of a `recon` that it is none of ours."""
    error = {"code": ORDER_UNKNOWN, "message": "Invalid Order Id"}
    return {"id": number, "recon_accord": False, "error": error}


def settle(
    dues: Iterable[Due], *, settlement_id: str, collector: str, receiver: str, we_collect: bool
) -> Json:
    """
    Tell the agency what is to be moved from the app that took the riders' money to the other.

    `self` is what of it, or of what was collected, is its teller's own.
    """
    if collector == receiver or not collector or not receiver:
        raise ValueError("money is moved between two apps")
    orders: list[Json] = [
        {
            "id": due.number,
            "inter_participant": {"amount": _amount(due.amount_paise)},
            "collector": {"amount": _amount(due.kept_paise)},
            "self": {"amount": _amount(due.kept_paise if we_collect else due.amount_paise)},
        }
        for due in _once(dues)
    ]
    return {
        "collector_app_id": collector,
        "receiver_app_id": receiver,
        "settlement": {"type": "NP-NP", "id": settlement_id, "orders": orders},
    }


def nothing(*, settlement_id: str) -> Json:
    """Tell the agency that nothing is to be moved today; it is told every day."""
    return {"settlement": {"type": "NIL", "id": settlement_id}}


def answer_context(asked: Mapping[str, object], *, action: str, at: datetime) -> Json:
    """Return the context of an answer: that of the question, as it came, with our action and time."""
    kept = (
        "domain", "location", "version", "bap_id", "bap_uri", "bpp_id", "bpp_uri", "transaction_id",
        "message_id",
    )  # fmt: skip
    found: Json = {name: asked[name] for name in kept if asked.get(name)}
    return found | {"action": action, "timestamp": moment(at), "ttl": LIFE}


def _once(dues: Iterable[Due]) -> list[Due]:
    found = list(dues)
    if not found or len({due.number for due in found}) != len(found):
        raise ValueError("a message tells of at least one order, and of each once")
    return found


def _order(due: Due, *, diffs: Mapping[str, int] | None = None) -> Json:
    said = diffs or {}

    def part(name: str, paise: int) -> Json:
        return _amount(paise) | ({"diff_value": money(said[name])} if name in said else {})

    settlement: Json = {
        "id": due.settlement_id,
        "payment_id": due.payment_id,
        "status": due.status.value,
        "amount": part("amount", due.amount_paise),
        "commission": part("commission", due.fee_paise),
        **{name: part(name, 0) for name in _DEDUCTIONS},
    }
    if due.reference:
        settlement["settlement_ref_no"] = due.reference
    settlement["updated_at"] = moment(due.updated_at)
    return {"id": due.number, "amount": _amount(due.amount_paise), "settlements": [settlement]}


def _amount(paise: int) -> Json:
    return {"currency": CURRENCY, "value": money(paise)}

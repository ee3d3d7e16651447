"""From what the ledger says a merchant paid to the lines and the tax of a document: pure functions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from apps.wallet.selectors import Flow
from uma.kernel.money import share_bps

# What is sold, in the order of a document: the account that earns it, and how the line is called.
FEES = {
    "cpt": "Verified visits",
    "cpa": "New customers",
    "boost": "Boost in discovery",
    "subscription": "Plan",
}
RETURNED = {
    "cpt": "Verified visits, returned",
    "cpa": "New customers, returned",
    "boost": "Boost, unused part returned",
    "subscription": "Plan, unused part returned",
}
PLANS = frozenset({"subscription"})
TAXES = {"gst_cgst": "CGST", "gst_sgst": "SGST", "gst_igst": "IGST"}
# Where a rider's reimbursement goes, and where it comes back from: no part of what is sold.
RIDERS = ("rider_wallet", "rider_parked", "receivable_rider")
SALES = ("handshake", "boost", "subscription")
REVERSALS = ("handshake_reversal", "boost_refund", "subscription_refund")
# A dispute that the rider loses returns the reimbursement alone.
VISITS = ("handshake", "handshake_reversal", "dispute_lost")
# The rates there have been; one that the sums do not fit is not printed.
_PERCENT = range(1, 41)
_BPS_PER_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Line:
    """So many of one thing at one price, in paise; a returned one has a negative price."""

    kind: str
    title: str
    quantity: int
    rate_paise: int

    @property
    def amount_paise(self) -> int:
        return self.quantity * self.rate_paise


@dataclass(frozen=True, slots=True)
class Tax:
    """One kind of tax as it was charged, in paise; `rate_bps` where one rate explains it."""

    name: str
    rate_bps: int | None
    amount_paise: int


@dataclass(frozen=True, slots=True)
class PassThrough:
    """What went to riders on the merchant's behalf (positive) or came back from them, in paise."""

    title: str
    count: int
    amount_paise: int


@dataclass(frozen=True, slots=True)
class Bill:
    """What one document bills: lines, tax of one kind, and what is outside the taxable value."""

    integrated: bool
    lines: tuple[Line, ...]
    taxes: dict[str, int] = field(default_factory=dict)

    @property
    def taxable_paise(self) -> int:
        return sum(line.amount_paise for line in self.lines)

    @property
    def tax_paise(self) -> int:
        return sum(self.taxes.values())

    @property
    def total_paise(self) -> int:
        return self.taxable_paise + self.tax_paise


def bills(flows: Sequence[Flow], *, sign: int = 1) -> list[Bill]:
    """
    Return a bill for the sales within the state and one for those between states, empty ones left out.

    `sign` is -1 for what was returned. Sales too small to carry tax go with the others.
    """
    taxed = {flow.integrated for flow in flows if flow.account_kind in TAXES}
    groups: dict[bool, list[Flow]] = {False: [], True: []}
    for flow in flows:
        groups[flow.integrated or taxed == {True}].append(flow)
    made = [
        Bill(which, tuple(_lines(group, sign)), _taxes(group, sign))
        for which, group in groups.items()
    ]
    return [bill for bill in made if bill.total_paise]


def _lines(flows: Iterable[Flow], sign: int) -> Iterable[Line]:
    counts: Counter[tuple[str, int]] = Counter()
    for flow in flows:
        if flow.account_kind in FEES:
            assert flow.unit_paise is not None, "fees are told apart by their amounts"
            counts[flow.account_kind, flow.unit_paise] += sign * flow.count
    order = list(FEES)
    for kind, unit_paise in sorted(counts, key=lambda key: (order.index(key[0]), -key[1])):
        count = counts[kind, unit_paise]
        if count > 0:
            yield Line(kind, FEES[kind], count, unit_paise)
        elif count < 0:
            yield Line(kind, RETURNED[kind], -count, -unit_paise)


def _taxes(flows: Iterable[Flow], sign: int) -> dict[str, int]:
    taxes = dict.fromkeys(TAXES, 0)
    for flow in flows:
        if flow.account_kind in TAXES:
            taxes[flow.account_kind] += sign * flow.amount_paise
    return taxes


def taxes_of(bill: Bill) -> list[Tax]:
    """Return the kinds of tax that the bill carries, each with the rate that explains it."""
    events = sum(line.quantity for line in bill.lines)
    return [
        Tax(TAXES[kind], _rate_bps(bill.taxable_paise, paise, events), paise)
        for kind, paise in bill.taxes.items()
        if paise
    ]


def _rate_bps(taxable_paise: int, tax_paise: int, events: int) -> int | None:
    """Return the whole percentage that gives this tax, where each event rounded its own by half a paisa."""
    for percent in _PERCENT:
        bps = percent * _BPS_PER_PERCENT
        if abs(share_bps(taxable_paise, bps) - tax_paise) * 2 <= events + 1:
            return bps
    return None


def pass_through(flows: Iterable[Flow]) -> list[PassThrough]:
    """Return what was reimbursed to riders and what came back, zeros left out."""
    paid = Counter[bool]()
    count = Counter[bool]()
    for flow in flows:
        if flow.account_kind in RIDERS:
            back = flow.journal_kind != "handshake"
            paid[back] += flow.amount_paise
            count[back] += abs(flow.count)
    titles = {False: "Ride reimbursements paid to riders", True: "Ride reimbursements returned"}
    return [
        PassThrough(title, count[back], paid[back]) for back, title in titles.items() if paid[back]
    ]

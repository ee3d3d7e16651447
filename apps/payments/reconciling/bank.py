"""The bank: settlements and the ledger's own movements against the statement's lines, by UTR."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Max

from apps.payments.models import BankLine, BankStatement, SettledLine, Settlement
from apps.payments.reconciling.findings import Finding, Kind, Side
from apps.wallet.selectors import Movement

# A transfer reaches the bank the same day, or after a weekend.
ARRIVES_WITHIN = timedelta(days=3)
_HELD = {
    "settled_unknown": Kind.SETTLED_UNKNOWN,
    "settled_twice": Kind.SETTLED_TWICE,
    "settled_amount": Kind.SETTLED_AMOUNT,
    "settled_fee": Kind.SETTLED_FEE,
    "deduction_unknown": Kind.DEDUCTION_UNKNOWN,
    "deduction_uncovered": Kind.DEDUCTION_UNCOVERED,
}


@dataclass(frozen=True, slots=True)
class Awaited:
    """
    What the bank's statement ought to show: a settlement, or a posting made by its bank reference.

    `booked_paise` is what the ledger has of it, signed; less than expected where lines are held.
    """

    key: str
    utr: str
    expected_paise: int
    booked_paise: int
    at: datetime
    held: tuple[SettledLine, ...] = ()


@dataclass(slots=True)
class BankSide(Side):
    """Also what to link, what is on its way, and up to which day the bank has told."""

    links: dict[str, BankLine] = field(default_factory=dict)
    in_transit_paise: int = 0
    told_until: date | None = None


def told_until() -> date | None:
    """Return the last day of which the bank has told."""
    days = [
        BankLine.objects.aggregate(day=Max("booked_on"))["day"],
        BankStatement.objects.aggregate(day=Max("closes_on"))["day"],
    ]
    return max((day for day in days if day is not None), default=None)


def awaited(movements: Sequence[Movement]) -> list[Awaited]:
    """Return everything that the bank should show, from Razorpay's settlements and the ledger."""
    lines: dict[str, list[SettledLine]] = defaultdict(list)
    for line in SettledLine.objects.order_by("pk"):
        lines[line.settlement_id].append(line)
    found = [
        _of_settlement(settlement, lines[settlement.pk])
        for settlement in Settlement.objects.order_by("pk")
    ]
    return found + [
        Awaited(
            key=row.reference,
            utr=row.reference.partition(":")[2].upper(),
            expected_paise=row.delta_paise,
            booked_paise=row.delta_paise,
            at=row.event_at,
        )
        for row in movements
        if row.kind != "settlement"
    ]


def _of_settlement(settlement: Settlement, lines: Iterable[SettledLine]) -> Awaited:
    lines = list(lines)
    posted = [line for line in lines if line.state == "POSTED"]
    return Awaited(
        key=f"settlement:{settlement.pk}",
        utr=settlement.utr.upper(),
        expected_paise=sum(line.credit_paise - line.debit_paise for line in lines),
        booked_paise=sum(line.credit_paise - line.withheld_paise for line in posted),
        at=settlement.settled_at,
        held=tuple(line for line in lines if line.state == "HELD"),
    )


def compare(*, movements: Sequence[Movement]) -> BankSide:
    """Link bank lines to what they are the bank's side of, and name what is left on either side."""
    side = BankSide(told_until=told_until())
    waiting = {one.key: one for one in awaited(movements)}
    linked = dict(BankLine.objects.exclude(matched_to="").values_list("matched_to", "pk"))
    arrived = {key for key in waiting if key in linked}
    side.matched = len(arrived)
    by_utr: dict[str, list[Awaited]] = defaultdict(list)
    for one in waiting.values():
        if one.key not in arrived and one.expected_paise:
            by_utr[one.utr].append(one)
    for line in BankLine.objects.filter(matched_to="").order_by("booked_on", "pk"):
        same = by_utr.get(line.utr.upper(), []) if line.utr else []
        exact = next((one for one in same if one.expected_paise == line.signed_paise), None)
        if exact is not None:
            side.links[exact.key] = line
            side.matched += 1
        elif same:
            exact = same[0]
            side.findings.append(_another_amount(line, exact))
        else:
            side.findings.append(_unknown(line))
            continue
        same.remove(exact)
        arrived.add(exact.key)
    for one in waiting.values():
        side.findings += _held(one, at_bank=one.key in arrived)
        if one.key not in arrived and one.expected_paise:
            _not_there(one, side)
    side.totals = {
        "ledger": sum(row.delta_paise for row in movements),
        "bank": sum(line.signed_paise for line in BankLine.objects.all()),
        "in_transit": side.in_transit_paise,
    }
    return side


def _not_there(one: Awaited, side: BankSide) -> None:
    due_on = (one.at + ARRIVES_WITHIN).date()
    if side.told_until is None or side.told_until < due_on:
        side.in_transit_paise -= one.booked_paise
        return
    side.findings.append(
        Finding(
            Kind.BANK_MISSING,
            one.key,
            abs(one.expected_paise),
            f"No line of the bank's has {one.utr[:60] or 'its reference'}.",
            one.at,
            expected_paise=one.expected_paise,
            found_paise=0,
            bank_effect_paise=-one.booked_paise,
        )
    )


def _another_amount(line: BankLine, one: Awaited) -> Finding:
    difference = line.signed_paise - one.expected_paise
    return Finding(
        Kind.BANK_AMOUNT,
        f"line:{line.pk}",
        abs(difference),
        f"{line.utr} should have brought what {one.key[:80]} says.",
        _instant(line.booked_on),
        expected_paise=one.expected_paise,
        found_paise=line.signed_paise,
        bank_effect_paise=difference,
    )


def _unknown(line: BankLine) -> Finding:
    return Finding(
        Kind.BANK_UNKNOWN,
        f"line:{line.pk}",
        line.amount_paise,
        f"A {line.direction.lower()} {line.utr or 'without a reference'}, expected by nobody.",
        _instant(line.booked_on),
        expected_paise=0,
        found_paise=line.signed_paise,
        bank_effect_paise=line.signed_paise,
    )


def _held(one: Awaited, *, at_bank: bool) -> list[Finding]:
    """Name the lines of a settlement that were not posted; the bank has their money once it came."""
    found = []
    for line in one.held:
        net = line.credit_paise - line.debit_paise
        found.append(
            Finding(
                _HELD.get(line.held_for, Kind.SETTLED_UNKNOWN),
                f"{line.entity_id}@{line.settlement_id}",
                line.fee_paise if line.held_for == "settled_fee" else line.amount_paise,
                _why(line),
                one.at,
                found_paise=net,
                bank_effect_paise=net if at_bank else 0,
            )
        )
    return found


def _why(line: SettledLine) -> str:
    words = {
        "settled_fee": "Razorpay kept another fee or tax than it told when it was paid.",
        "settled_amount": "Settled with another amount than was captured.",
        "settled_twice": "Settled before, in another settlement.",
        "deduction_unknown": "Taken from the settlement for something our books do not know.",
        "deduction_uncovered": "More was taken from the settlement than was in it.",
    }
    return words.get(line.held_for, "Settled, and credited to nobody.")


def _instant(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)

"""A bank's statement as CSV, read strictly: every line is understood or refused by its number."""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from apps.payments.errors import StatementNotReadable

MAX_BYTES, MAX_LINES, MAX_CELL = 2 * 1024 * 1024, 20_000, 2_000
# Banks put the account's name and address above the table.
HEADER_WITHIN = 40
NARRATION_MAX, UTR_MAX = 300, 40
MOST_PAISE = 10_00_00_00_000_00
_NAMES = {
    "date": {"date", "txn date", "transaction date", "value date", "posting date", "booked on"},
    "narration": {"narration", "description", "particulars", "remarks", "transaction details"},
    "utr": {"utr", "reference", "ref no", "ref no./cheque no.", "chq/ref no", "utr no", "ref"},
    "debit": {"debit", "withdrawal", "withdrawal amt", "withdrawals", "dr"},
    "credit": {"credit", "deposit", "deposit amt", "deposits", "cr"},
    "amount": {"amount", "transaction amount"},
    "sign": {"type", "dr/cr", "cr/dr", "credit/debit"},
    "balance": {"balance", "closing balance", "running balance"},
}
_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%d-%b-%Y", "%d %b %Y", "%d-%b-%y")
_RUPEES = re.compile(r"(-?)(?:₹|INR|Rs\.?)?\s*(\d{1,3}(?:,\d{2,3})+|\d{1,13})(?:\.(\d{1,2}))?")
_SIGNS = {"cr": "CREDIT", "c": "CREDIT", "credit": "CREDIT"} | {
    "dr": "DEBIT",
    "d": "DEBIT",
    "debit": "DEBIT",
}
# A bank's reference inside a narration: letters and digits, most of them digits.
_UTR_IN_TEXT = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{0,6}\d[A-Za-z0-9]{8,21})(?![A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class StatedLine:
    """One line that was understood; paise."""

    number: int
    booked_on: date
    direction: str
    amount_paise: int
    narration: str
    utr: str
    balance_paise: int | None

    @property
    def signed_paise(self) -> int:
        """The amount as it changes the balance."""
        return self.amount_paise if self.direction == "CREDIT" else -self.amount_paise

    @property
    def fingerprint(self) -> str:
        """The same line of the same account, in whichever file it comes."""
        facts = (
            self.booked_on.isoformat(), self.direction, self.amount_paise, self.utr,
            self.narration, self.balance_paise,
        )  # fmt: skip
        return hashlib.sha256(repr(facts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Objection:
    """A line to look at, and why; `taken` when it was understood and taken in all the same."""

    number: int
    reason: str
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """What a file says; the closing balance where it has a column of balances."""

    lines: list[StatedLine]
    objections: list[Objection]
    closing_paise: int | None
    closes_on: date | None


class _Refused(Exception):
    """A line that cannot be understood; the text says why."""


def read_statement(raw: bytes) -> Statement:
    """
    Return the lines of a file.

    Raises:
        StatementNotReadable: it is no table of a bank's lines at all
    """
    if len(raw) > MAX_BYTES:
        raise StatementNotReadable("A statement has at most 2 MB.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise StatementNotReadable("The file is not text in UTF-8.") from None
    if "\x00" in text:
        raise StatementNotReadable("The file is not text in UTF-8.")
    rows = _rows(text)
    columns = _header(rows)
    lines: list[StatedLine] = []
    refused: list[Objection] = []
    for number, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if len(lines) + len(refused) >= MAX_LINES:
            raise StatementNotReadable(f"A statement has at most {MAX_LINES:,} lines.")
        try:
            lines.append(_line(number, row, columns))
        except _Refused as why:
            refused.append(Objection(number, str(why)))
    if not lines and not refused:
        raise StatementNotReadable("There is no line below the header.")
    objections = sorted([*refused, *_gaps(lines)], key=lambda one: one.number)
    # With a line missing, nobody knows what the closing balance is the balance of.
    last = None if objections else _last(lines)
    return Statement(
        lines, objections, last.balance_paise if last else None, last.booked_on if last else None
    )


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise StatementNotReadable("The file is not CSV.") from None
        yield reader.line_num, row


def _header(rows: Iterator[tuple[int, list[str]]]) -> dict[str, int]:
    """Return where each column is, from the first row that names enough of them."""
    for number, row in rows:
        found = {
            name: place
            for place, cell in enumerate(row)
            for name, known in _NAMES.items()
            if " ".join(cell.lower().replace(".", "").split())
            in {one.replace(".", "") for one in known}
        }
        has_amount = {"debit", "credit"} <= set(found) or {"amount", "sign"} <= set(found)
        if "date" in found and "narration" in found and has_amount:
            return found
        if number >= HEADER_WITHIN:
            break
    raise StatementNotReadable(
        "No header names a date, a narration, and debit and credit (or amount and type)."
    )


def _line(number: int, row: Sequence[str], columns: dict[str, int]) -> StatedLine:
    def cell(name: str) -> str:
        place = columns.get(name)
        text = row[place].strip() if place is not None and place < len(row) else ""
        if len(text) > MAX_CELL:
            raise _Refused("a cell is too long")
        return text

    shown = "".join(letter if letter.isprintable() else " " for letter in cell("narration"))
    narration = " ".join(shown.split())
    utr = re.sub(r"\s", "", cell("utr")).upper() or _utr_in(narration)
    if not narration and not utr:
        raise _Refused("neither a narration nor a reference")
    if len(utr) > UTR_MAX or not utr.isprintable():
        raise _Refused("the reference is too long")
    direction, amount_paise = _amount(cell)
    balance = cell("balance")
    return StatedLine(
        number=number,
        booked_on=_date(cell("date")),
        direction=direction,
        amount_paise=amount_paise,
        narration=narration[:NARRATION_MAX],
        utr=utr,
        balance_paise=_paise(balance, "balance") if balance else None,
    )


def _amount(cell: Callable[[str], str]) -> tuple[str, int]:
    debit, credit = (_blank_for_nothing(cell(name)) for name in ("debit", "credit"))
    if cell("amount"):
        direction = _SIGNS.get(cell("sign").lower())
        if direction is None:
            raise _Refused("the type is neither credit nor debit")
        paise = _paise(cell("amount"), "amount")
    elif bool(debit) == bool(credit):
        raise _Refused("either a debit or a credit, and not both")
    else:
        direction = "DEBIT" if debit else "CREDIT"
        paise = _paise(debit or credit, "amount")
    if not 1 <= paise <= MOST_PAISE:
        raise _Refused("the amount is not between one paisa and 1,000 crore")
    return direction, paise


def _blank_for_nothing(text: str) -> str:
    return "" if re.fullmatch(r"-?|0+(\.0+)?", text) else text


def _paise(text: str, what: str) -> int:
    found = _RUPEES.fullmatch(text)
    if found is None:
        raise _Refused(f"the {what} is not in rupees and paise")
    sign, rupees, paise = found.groups()
    whole = int(rupees.replace(",", "")) * 100 + int((paise or "0").ljust(2, "0"))
    return -whole if sign else whole


def _date(text: str) -> date:
    for form in _DATES:
        try:
            # A day, not an instant: the bank's statement has no zone.
            return datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise _Refused("the date is not one")


def _utr_in(narration: str) -> str:
    found = [
        text.upper()
        for text in _UTR_IN_TEXT.findall(narration)
        if sum(letter.isdigit() for letter in text) >= len(text) // 2
    ]
    return found[0] if len(set(found)) == 1 else ""


def _oldest_first(lines: Sequence[StatedLine]) -> list[StatedLine]:
    """Return the lines in the order of time, whichever way round the bank lists them."""
    if lines and lines[0].booked_on > lines[-1].booked_on:
        return list(reversed(lines))
    return list(lines)


def _gaps(lines: Sequence[StatedLine]) -> list[Objection]:
    """Return the lines whose balance does not follow from the one before."""
    return [
        Objection(
            line.number, "the balance does not follow: lines before it are missing", taken=True
        )
        for before, line in pairwise(_oldest_first(lines))
        if before.balance_paise is not None
        and line.balance_paise is not None
        and before.balance_paise + line.signed_paise != line.balance_paise
    ]


def _last(lines: Sequence[StatedLine]) -> StatedLine | None:
    """Return the newest line, if it has a balance."""
    newest = _oldest_first(lines)[-1] if lines else None
    return newest if newest and newest.balance_paise is not None else None

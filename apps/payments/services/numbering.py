"""
Numbers of documents: consecutive and without a gap, in each series and financial year.

The counter's row is locked in the transaction that issues the document, and is the last lock that it
takes. Whoever issues next waits for the commit; whoever rolls back gives the number back.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from apps.payments.errors import SeriesExhausted
from apps.payments.models import DocumentKind, Series
from uma.kernel.zones import day_of

# CGST Rules 2017, rule 46(b).
LONGEST = 16
DIGITS = 4
LETTERS = {
    DocumentKind.INVOICE: "I",
    DocumentKind.CREDIT_NOTE: "C",
    DocumentKind.RECEIPT_VOUCHER: "R",
}
APRIL = 4


@dataclass(frozen=True, slots=True)
class Number:
    """A number that is given, and where it stands in its series."""

    series: Series
    sequence: int
    text: str


def financial_year(day: date) -> str:
    """Return `2627` for the days from April 2026 to March 2027."""
    first = day.year if day.month >= APRIL else day.year - 1
    return f"{first % 100:02d}{(first + 1) % 100:02d}"


def number_text(*, kind: str, series_code: str, year: str, sequence: int) -> str:
    """
    Return `I/BLR/2627/0042`.

    Raises:
        SeriesExhausted: it would have more than sixteen characters
    """
    letter = LETTERS[DocumentKind(kind)]
    text = f"{letter}/{series_code}/{year}/{sequence:0{DIGITS}d}"
    if len(text) > LONGEST:
        raise SeriesExhausted
    return text


def lock_series(*, kind: str, series_code: str, timezone: str, now: datetime) -> Series:
    """Return the counter of this series and the year of `now`, locked until the transaction ends."""
    assert connection.in_atomic_block, (
        "a number belongs to the transaction that issues the document"
    )
    facts = {
        "code": series_code,
        "kind": kind,
        "financial_year": financial_year(day_of(now, timezone)),
    }
    # A twin may make the row first; one is there afterwards in any case.
    Series.objects.bulk_create([Series(**facts)], ignore_conflicts=True)
    return _locked(facts)


def _locked(facts: dict[str, str]) -> Series:
    return Series.objects.select_for_update(no_key=True).get(**facts)


def take_number(series: Series) -> Number:
    """
    Give the next number of a locked series.

    Raises:
        SeriesExhausted
    """
    sequence = series.last_number + 1
    text = number_text(
        kind=series.kind,
        series_code=series.code,
        year=series.financial_year,
        sequence=sequence,
    )
    Series.objects.filter(pk=series.pk).update(last_number=sequence)
    series.last_number = sequence
    return Number(series, sequence, text)

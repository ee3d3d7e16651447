"""How documents write amounts, numbers and the year."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.payments.amounts import grouped, in_words
from apps.payments.errors import SeriesExhausted
from apps.payments.models.invoices import NUMBER_SHAPE
from apps.payments.services.numbering import financial_year, number_text


@pytest.mark.parametrize(
    ("paise", "text"),
    [
        (0, "0.00"),
        (5, "0.05"),
        (999_99, "999.99"),
        (1_000_00, "1,000.00"),
        (99_999_00, "99,999.00"),
        (1_00_000_00, "1,00,000.00"),
        (12_34_567_00, "12,34,567.00"),
        (1_00_00_000_50, "1,00,00,000.50"),
        (-12_34_567_89, "−12,34,567.89"),  # noqa: RUF001
    ],
)
def test_digits_stand_in_lakhs_and_crores(paise: int, text: str) -> None:
    assert grouped(paise) == text


@given(st.integers(-(10**15), 10**15))
def test_without_its_commas_an_amount_is_the_amount(paise: int) -> None:
    text = grouped(paise)
    digits = text.replace(",", "").replace(".", "").replace("−", "-")  # noqa: RUF001

    assert int(digits) == paise
    assert all(len(part) == 2 for part in text.lstrip("−").partition(".")[0].split(",")[1:-1])  # noqa: RUF001


@pytest.mark.parametrize(
    ("paise", "text"),
    [
        (0, "Rupees Zero Only"),
        (1, "One Paise Only"),
        (82_60, "Rupees Eighty-Two and Sixty Paise Only"),
        (100_00, "Rupees One Hundred Only"),
        (
            1_23_456_07,
            "Rupees One Lakh Twenty-Three Thousand Four Hundred Fifty-Six and Seven Paise Only",
        ),
        (12_00_00_000_00, "Rupees Twelve Crore Only"),
        (10**14, "Rupees One Lakh Crore Only"),
    ],
)
def test_an_amount_in_words(paise: int, text: str) -> None:
    assert in_words(paise) == text


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 4, 1), "2627"),
        (date(2027, 3, 31), "2627"),
        (date(2027, 4, 1), "2728"),
        (date(2099, 12, 31), "9900"),
    ],
)
def test_a_financial_year_runs_from_april_to_march(day: date, year: str) -> None:
    assert financial_year(day) == year


@given(
    st.sampled_from(["INVOICE", "CREDIT_NOTE", "RECEIPT_VOUCHER"]),
    st.from_regex(r"[A-Z0-9]{2,4}", fullmatch=True),
    st.integers(1, 9_999),
)
def test_a_number_is_one_of_the_law(kind: str, code: str, sequence: int) -> None:
    text = number_text(kind=kind, series_code=code, year="2627", sequence=sequence)

    assert re.fullmatch(NUMBER_SHAPE, text)


def test_a_series_ends_where_its_numbers_would_grow_too_long() -> None:
    longest = number_text(kind="INVOICE", series_code="BLR", year="2627", sequence=99_999)

    assert longest == "I/BLR/2627/99999"
    with pytest.raises(SeriesExhausted):
        number_text(kind="INVOICE", series_code="BLR", year="2627", sequence=100_000)

"""A table that a spreadsheet opens holds text and numbers, and nothing that it would compute."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uma.kernel.http.tables import csv_of, safe_cell


@pytest.mark.parametrize(
    "text",
    ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "|x", "%x"],
)
def test_a_text_that_looks_like_a_formula_is_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("cell", "text"), [(-5, "-5"), (None, ""), (0, "0"), ("Café = 1", "Café = 1")]
)
def test_numbers_and_plain_texts_stay_as_they_are(cell: str | int | None, text: str) -> None:
    assert safe_cell(cell) == text


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2))
def test_no_cell_begins_as_a_formula_and_every_text_comes_back(texts: list[str]) -> None:
    table = csv_of(["a", "b"], [texts]).decode("utf-8-sig")
    _, row = csv.reader(StringIO(table, newline=""))

    for told, text in zip(row, texts, strict=True):
        assert told in {text, f"'{text}"}
        assert not told.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))

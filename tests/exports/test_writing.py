"""A file opens in a spreadsheet as what it is: words stay words, amounts stay numbers."""

import csv
import gzip
import hashlib
import io
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from apps.exports import writing
from uma.kernel.datasets import Column, Dataset, Kind

pytestmark = pytest.mark.django_db(transaction=True)

# What spreadsheets took for formulas in the field, and words that only look alike.
FORMULAS = [
    "=1+1", "+91 98450", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u3000=1", "\uff1d1",
    "\uff0b1", "\uff0d1", "\uff20x", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x.example")', "-",
]  # fmt: skip
WORDS = ["Café", "a=b", "1-2", "", "it's", 'say "when"', "two\nlines", "a,b", "दुकान"]


def of_values(texts: list[str], paise: list[int | None]) -> Dataset:
    """Return a dataset over rows that no table holds."""
    rows = ", ".join(
        f"({number}, convert_from('\\x{text.encode().hex()}', 'UTF8'),"
        f" {'NULL' if amount is None else amount}::bigint)"
        for number, (text, amount) in enumerate(zip(texts, paise, strict=True))
    )
    return Dataset(
        name="made_up",
        version=1,
        about="Rows for a test.",
        columns=(
            Column("number", Kind.INTEGER, "v.number", "Which row"),
            Column("words", Kind.TEXT, "v.words", "Words"),
            Column("amount", Kind.PAISE, "v.paise", "An amount"),
        ),
        source=f"(VALUES {rows}) v (number, words, paise)",
        key="v.number",
        at="now()",
        zone="'MNP'",
        model="",
        permission="",
    )


def written(dataset: Dataset) -> tuple[writing.Written, bytes]:
    into, told = io.BytesIO(), list[int]()
    facts = writing.write(dataset, writing.Slice(), into, began=told.append, went=told.append)
    assert (told[0], told[-1]) == (facts.rows, facts.rows)
    return facts, into.getvalue()


def read(packed: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(gzip.decompress(packed).decode(), newline="")))


def test_what_a_spreadsheet_would_run_is_made_text_and_loses_nothing() -> None:
    _, packed = written(of_values(FORMULAS, [0] * len(FORMULAS)))

    assert [row["words"] for row in read(packed)] == [f"'{text}" for text in FORMULAS]


def test_other_words_stay_as_they_are() -> None:
    _, packed = written(of_values(WORDS, [0] * len(WORDS)))

    assert [row["words"] for row in read(packed)] == WORDS


def test_an_amount_is_a_number_in_paise_and_in_rupees() -> None:
    _, packed = written(of_values(["x"] * 5, [-150, 0, 5, None, -(2**62)]))

    assert [(row["amount_paise"], row["amount_rupees"]) for row in read(packed)] == [
        ("-150", "-1.50"), ("0", "0.00"), ("5", "0.05"), ("", ""),
        ("-4611686018427387904", "-46116860184273879.04"),
    ]  # fmt: skip


def test_an_analysts_database_reads_it_without_being_told_the_types(tmp_path: Path) -> None:
    _, packed = written(of_values([*FORMULAS, *WORDS], [-150] * len([*FORMULAS, *WORDS])))
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(packed)

    read_by_it = duckdb.sql(
        f"SELECT sum(amount_paise), sum(amount_rupees)::text, any_value(typeof(amount_paise)) FROM '{path}'"
    )
    assert read_by_it is not None
    total, rupees, type_name = read_by_it.fetchall()[0]

    count = len([*FORMULAS, *WORDS])
    assert (total, float(rupees), type_name) == (-150 * count, -1.5 * count, "BIGINT")


def test_the_manifest_tells_what_is_in_the_file() -> None:
    facts, packed = written(of_values(["a", "two\nlines"], [1, 2]))

    plain = gzip.decompress(packed)
    told = writing.manifest(of_values(["a"], [1]), writing.Slice(), facts, name="made-up.csv.gz")
    assert told["rows"] == 2
    assert told["gzip"] == {"bytes": len(packed), "sha256": hashlib.sha256(packed).hexdigest()}
    assert told["csv"] == {"bytes": len(plain), "sha256": hashlib.sha256(plain).hexdigest()}
    assert [column["type"] for column in told["columns"]] == [
        "integer",
        "string",
        "integer",
        "decimal",
    ]
    assert [column["name"] for column in told["columns"]] == next(
        csv.reader(io.StringIO(plain.decode()))
    )


def test_no_rows_are_a_heading() -> None:
    none = replace(
        of_values(["a"], [1]),
        source="(SELECT 1 AS number, 'a' AS words, 1::bigint AS paise WHERE false) v",
    )

    facts, packed = written(none)

    assert (facts.rows, gzip.decompress(packed).decode()) == (
        0,
        "number,words,amount_paise,amount_rupees\n",
    )

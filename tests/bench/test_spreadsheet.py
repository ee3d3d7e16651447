"""LibreOffice opens an export and runs nothing in it; beside the bench, for the program is large."""

import gzip
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.exports.test_writing import FORMULAS, WORDS, of_values, written
from uma.stack.folder import ROOT

pytestmark = [
    pytest.mark.bench,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]

# Comma, double quote, UTF-8, from the first line; numbers are found, and formulas are run.
RUNS_FORMULAS = "CSV:44,34,76,1,,0,false,true,false,false,false,0,true"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"


def opened(path: Path) -> list[ET.Element]:
    """Return the cells that LibreOffice makes of a CSV file, opened in the way that runs most."""
    found = subprocess.run(
        ["bash", str(ROOT / "deploy" / "make-office")], check=True, capture_output=True, text=True
    )
    home = f"-env:UserInstallation=file://{path.parent}/office"
    command = [found.stdout.strip(), home, "--headless", f"--infilter={RUNS_FORMULAS}"]
    subprocess.run(
        [*command, "--convert-to", "fods", "--outdir", str(path.parent), str(path)],
        check=True,
        capture_output=True,
    )
    tree = ET.parse(path.with_suffix(".fods"))  # noqa: S314  # written by LibreOffice, of our file
    return list(tree.iter(f"{_TABLE}table-cell"))


def formulas(cells: list[ET.Element]) -> list[str]:
    return [cell.attrib[f"{_TABLE}formula"] for cell in cells if f"{_TABLE}formula" in cell.attrib]


def test_nothing_in_a_file_is_run_and_negative_amounts_are_numbers(tmp_path: Path) -> None:
    texts = [*FORMULAS, *WORDS]
    _, packed = written(of_values(texts, [-150] * len(texts)))
    path = tmp_path / "export.csv"
    path.write_bytes(gzip.decompress(packed))

    cells = opened(path)

    assert formulas(cells) == []
    numbers = [
        cell.attrib[f"{_OFFICE}value"]
        for cell in cells
        if cell.attrib.get(f"{_OFFICE}value-type") == "float"
    ]
    assert (numbers.count("-150"), numbers.count("-1.5")) == (len(texts), len(texts))


def test_the_same_words_without_our_care_are_run(tmp_path: Path) -> None:
    path = tmp_path / "careless.csv"
    path.write_text('words,amount\n=1+1,-150\n"=HYPERLINK(""http://x.example"")",-150\n')

    assert len(formulas(opened(path))) == 2

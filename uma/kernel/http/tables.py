"""Tables as CSV that a spreadsheet opens as what they are: text stays text, whatever it begins with."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from rest_framework.renderers import BaseRenderer

from uma.kernel.http.renderers import to_wire

# What a spreadsheet takes for a formula, and the controls that may stand before one (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
# Without it Excel reads UTF-8 as something else.
_BOM = "\ufeff"
Cell = str | int | float | None


def safe_cell(cell: Cell) -> str:
    """Return a cell's text; one that a spreadsheet would compute is marked as text."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return str(cell)
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def csv_of(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a table as CSV (RFC 4180) in UTF-8."""
    return b"".join(csv_in_pieces(header, [rows]))


def csv_in_pieces(
    header: Sequence[str], pieces: Iterable[Iterable[Sequence[Cell]]]
) -> Iterator[bytes]:
    """Yield the same table piece by piece, for one that is too long to be held as a whole."""
    yield _BOM.encode() + _lines([header])
    yield from map(_lines, pieces)


def _lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    out = StringIO()
    csv.writer(out).writerows([safe_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


class CsvRenderer(BaseRenderer):
    """`text/csv`; a problem stays JSON."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"
    render_style = "binary"

    # Any: DRF's signature.
    def render(self, data: Any, media_type: str | None = None, context: Any = None) -> bytes:  # noqa: ARG002
        return data if isinstance(data, bytes) else to_wire(data)

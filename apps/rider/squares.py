"""A QR code as squares on a grid: the text of a ticket, byte for byte, for a page to draw without a script."""

from dataclasses import dataclass
from typing import Final

import qrcode
from qrcode.constants import ERROR_CORRECT_L, ERROR_CORRECT_M
from qrcode.util import QRData

# `qrcode.util.MODE_8BIT_BYTE` (ISO/IEC 18004, section 7.3.5): no letter is turned into another.
BYTES: Final = 4
# What still fits a code of middling size with a quarter of it hidden; longer ones give that up.
_LONG = 1_000


@dataclass(frozen=True, slots=True)
class Squares:
    """The dark squares as the path of an SVG, on a grid of `size`."""

    size: int
    path: str


def squares(text: str) -> Squares:
    """Return the QR code whose content is the UTF-8 of this text; at most 2,953 bytes, `Ticket.token`'s longest."""
    raw = text.encode()
    code = qrcode.QRCode(
        error_correction=ERROR_CORRECT_L if len(raw) > _LONG else ERROR_CORRECT_M, border=0
    )
    code.add_data(QRData(raw, mode=BYTES, check_data=False))
    code.make(fit=True)
    rows = code.get_matrix()
    runs = [
        f"M{left} {number}h{length}v1h-{length}z"
        for number, row in enumerate(rows)
        for left, length in _dark(row)
    ]
    return Squares(len(rows), "".join(runs))


def _dark(row: list[bool]) -> list[tuple[int, int]]:
    """Return (left, length) of each run of dark squares."""
    found: list[tuple[int, int]] = []
    for place, is_dark in enumerate(row):
        if not is_dark:
            continue
        if found and sum(found[-1]) == place:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((place, 1))
    return found

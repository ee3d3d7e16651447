"""Rupees as people type them, and back."""

import re

from uma.kernel.money import PAISE_PER_RUPEE

_AMOUNT = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,2}))?", re.ASCII)


def paise_in(text: str) -> int | None:
    """Return the paise in rupees as people type them (`2,500`, `99.50`), or None."""
    found = _AMOUNT.fullmatch(text.replace(",", "").strip().removeprefix("₹").strip())
    if found is None:
        return None
    return int(found[1]) * PAISE_PER_RUPEE + int((found[2] or "").ljust(2, "0"))


def typed_rupees(paise: int | None) -> str:
    """Return what a field shows for an amount: `150`, `99.50`, nothing for none."""
    if paise is None:
        return ""
    whole, rest = divmod(paise, PAISE_PER_RUPEE)
    return f"{whole}.{rest:02d}" if rest else str(whole)

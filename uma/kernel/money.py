"""Rupees on the wire, integer paise inside: the one place where they meet."""

PAISE_PER_RUPEE = 100
BPS = 10_000
_THOUSANDS = 3
_GROUP = 2


def rupees(paise: int) -> int | float:
    """Return `paise` as the JSON number of rupees: `15000` → `150`, `14950` → `149.5`."""
    whole, rest = divmod(paise, PAISE_PER_RUPEE)
    return whole if rest == 0 else paise / PAISE_PER_RUPEE


def written(paise: int) -> str:
    """Return `12345650` as `₹1,23,456.50`, whole rupees without a fraction."""
    whole, rest = divmod(abs(paise), PAISE_PER_RUPEE)
    sign = "\N{MINUS SIGN}" if paise < 0 else ""
    return f"{sign}₹{grouped(whole)}" + (f".{rest:02d}" if rest else "")


def grouped(whole: int) -> str:
    """Return `1234567` as `12,34,567`: three digits, then twos."""
    digits, sign = str(abs(whole)), "\N{MINUS SIGN}" if whole < 0 else ""
    head, tail = digits[:-_THOUSANDS], digits[-_THOUSANDS:]
    parts = [head[max(0, end - _GROUP) : end] for end in range(len(head), 0, -_GROUP)]
    return sign + ",".join([*reversed(parts), tail])


def share_bps(paise: int, bps: int) -> int:
    """
    Return `bps` hundredths of a percent of `paise`, rounded half up.

    Each tax component is rounded on its own base, never as total minus part (product rule 2.6), so
    two equal rates always give two equal components.
    """
    assert paise >= 0
    assert 0 <= bps <= BPS
    return (paise * bps * 2 + BPS) // (BPS * 2)

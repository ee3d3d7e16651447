"""Rupees on the wire, integer paise inside: the one place where they meet."""

PAISE_PER_RUPEE = 100
BPS = 10_000


def rupees(paise: int) -> int | float:
    """Return `paise` as the JSON number of rupees: `15000` → `150`, `14950` → `149.5`."""
    whole, rest = divmod(paise, PAISE_PER_RUPEE)
    return whole if rest == 0 else paise / PAISE_PER_RUPEE


def share_bps(paise: int, bps: int) -> int:
    """
    Return `bps` hundredths of a percent of `paise`, rounded half up.

    Each tax component is rounded on its own base, never as total minus part (product rule 2.6), so
    two equal rates always give two equal components.
    """
    assert paise >= 0
    assert 0 <= bps <= BPS
    return (paise * bps * 2 + BPS) // (BPS * 2)

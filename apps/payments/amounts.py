"""How a document writes an amount of paise: grouped the Indian way, and in words."""

from uma.kernel.money import PAISE_PER_RUPEE

_ONES = [
    "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten",
    "Eleven", "Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen",
    "Nineteen",
]  # fmt: skip
_TENS = ["-", "-", "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"]
_SCALES = ((10_000_000, "Crore"), (100_000, "Lakh"), (1_000, "Thousand"), (100, "Hundred"))


def grouped(paise: int) -> str:
    """Return `12,34,567.00`: the last three digits, then pairs; a true minus sign in front."""
    whole, rest = divmod(abs(paise), PAISE_PER_RUPEE)
    return f"{'−' if paise < 0 else ''}{counted(whole)}.{rest:02d}"  # noqa: RUF001


def counted(number: int) -> str:
    """Return `12,34,567`."""
    digits = str(number)
    head, tail = digits[:-3], digits[-3:]
    pairs = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)][::-1]
    return ",".join([*pairs, tail])


def in_words(paise: int) -> str:
    """Return `Rupees One Lakh Twenty-Three Thousand and Fifty Paise Only`; never negative."""
    assert paise >= 0
    whole, rest = divmod(paise, PAISE_PER_RUPEE)
    rupees = f"Rupees {_words(whole)}" if whole or not rest else ""
    parts = [rupees, f"{_words(rest)} Paise" if rest else ""]
    return f"{' and '.join(part for part in parts if part)} Only"


def _words(number: int) -> str:
    if number < len(_ONES):
        return _ONES[number]
    for scale, name in _SCALES:
        if number >= scale:
            whole, rest = divmod(number, scale)
            head = f"{_words(whole)} {name}"
            return f"{head} {_words(rest)}" if rest else head
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens]}-{_ONES[ones]}" if ones else _TENS[tens]

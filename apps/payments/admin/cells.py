"""Cells that hold two facts, so that a list of money fits on a screen."""

from datetime import date

from django.utils.html import format_html
from django.utils.safestring import SafeString


def two(first: object, second: object) -> SafeString:
    """Return a fact with another in small letters below it."""
    if not second:
        return format_html("{}", first)
    return format_html("{}<br><small>{}</small>", first, second)


def day(at: date | None) -> str:
    """Return a day as operators read it."""
    return "—" if at is None else f"{at:%d %b %y}"

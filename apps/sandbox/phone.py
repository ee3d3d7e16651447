"""The pretended phone: a page with the messages and pushes that nobody's real phone gets."""

from functools import lru_cache
from pathlib import Path

from apps.sandbox.answer import HTML, Answer

_PAGE = Path(__file__).with_name("phone.html")


@lru_cache(maxsize=1)
def page() -> Answer:
    """Return the page; it asks `/_control/phone` for what to show."""
    return Answer(200, _PAGE.read_bytes(), {"Cache-Control": "no-store"}, HTML)

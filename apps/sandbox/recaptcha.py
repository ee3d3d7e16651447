"""Google's reCAPTCHA v2 as a page with an invisible widget meets it: a script, and a frame of its own that decides."""

from functools import lru_cache
from pathlib import Path

from apps.sandbox.answer import HTML, Answer

SCRIPT, FRAME, VERIFY = "/recaptcha/api.js", "/recaptcha/api2/anchor", "/recaptcha/api2/userverify"
_TYPES = {"recaptcha.js": "text/javascript; charset=UTF-8", "recaptcha.html": HTML}


def script() -> Answer:
    """Return what offers `grecaptcha` (developers.google.com/recaptcha/docs/invisible)."""
    return _file("recaptcha.js")


def frame() -> Answer:
    """Return the page within the widget: it alone asks for tokens, and hands them to the page around it."""
    return _file("recaptcha.html")


@lru_cache(maxsize=2)
def _file(name: str) -> Answer:
    content = Path(__file__).with_name(name).read_bytes()
    return Answer(200, content, {"Cache-Control": "no-store"}, _TYPES[name])

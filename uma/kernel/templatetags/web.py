"""What the pages' templates say: built files by their plain names, rupees as they are written in India, icons."""

import json
from functools import lru_cache
from pathlib import Path

from django import template
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from uma.kernel import money

register = template.Library()


@register.simple_tag
def asset(name: str) -> str:
    """Return the address of a built file, such as `app.js`."""
    path = settings.BASE_DIR / "static" / "web" / "manifest.json"
    try:
        return static(f"web/{_built(path, path.stat().st_mtime_ns)[name]}")
    except FileNotFoundError:
        raise ImproperlyConfigured("The pages' files are not built: make assets.") from None


@lru_cache(maxsize=1)
def _built(path: Path, _written_at: int) -> dict[str, str]:
    files: dict[str, str] = json.loads(path.read_text())
    return files


@register.filter
def rupees(paise: int) -> str:
    """Return `12345650` as `₹1,23,456.50`, whole rupees without a fraction."""
    return money.written(paise)


@register.filter
def signed_rupees(paise: int) -> str:
    """Return a movement with its sign: plus or minus."""
    return rupees(paise) if paise < 0 else f"+{rupees(paise)}"


@register.filter
def grouped(whole: int) -> str:
    """Return `1234567` as `12,34,567`."""
    return money.grouped(whole)


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return one of the icons below, as tall as its class says and silent to screen readers."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{}</svg>',
        mark_safe(ICONS[name]),  # noqa: S308  # our own constants
    )


# Drawn on a grid of 24, lines of 1.8.
ICONS = {
    "wallet": '<path d="M4 7.5A2.5 2.5 0 0 1 6.5 5H17v3"/>'
    '<rect x="4" y="8" width="16.5" height="11.5" rx="2.5"/>'
    '<path d="M16.5 13.8h.01"/>',
    "scan": '<path d="M4 8V6a2 2 0 0 1 2-2h2M16 4h2a2 2 0 0 1 2 2v2"/>'
    '<path d="M20 16v2a2 2 0 0 1-2 2h-2M8 20H6a2 2 0 0 1-2-2v-2"/>'
    '<path d="M8 12h8"/>',
    "deals": '<path d="M12.6 4H19a1 1 0 0 1 1 1v6.4a2 2 0 0 1-.6 1.4l-6.6 6.6a2 2 0 0 1-2.8 0l-5.4-5.4'
    'a2 2 0 0 1 0-2.8l6.6-6.6A2 2 0 0 1 12.6 4Z"/><path d="M15.8 8.2h.01"/>',
    "team": '<circle cx="9" cy="9" r="3.2"/><path d="M3.5 19c.6-3 2.8-4.6 5.5-4.6s4.9 1.6 5.5 4.6"/>'
    '<path d="M15.6 6.2a3 3 0 0 1 0 5.6M17 14.6c1.9.5 3.1 2 3.5 4.4"/>',
    "chart": '<path d="M4 4v14.5A1.5 1.5 0 0 0 5.5 20H20M8.5 16v-4M12.5 16V8M16.5 16v-6"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "more": '<path d="M5 7h14M5 12h14M5 17h14"/>',
    "check": '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
    "cross": '<path d="M6 6l12 12M18 6 6 18"/>',
    "wait": '<circle cx="12" cy="12" r="8.2"/><path d="M12 7.5V12l3 2"/>',
    "away": '<path d="M3 3l18 18M8.5 8.7A10 10 0 0 0 4 11.5M12 7.5c3 0 5.7 1.2 8 3.5M7.5 15a6.3 6.3'
    ' 0 0 1 3-1.7M12 19h.01"/>',
    "torch": '<path d="M8 3h8v3l-2 3.5V20a1 1 0 0 1-1 1h-2a1 1 0 0 1-1-1V9.5L8 6ZM8 6h8M12 13v2"/>',
    "eye": '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z"/>'
    '<circle cx="12" cy="12" r="2.8"/>',
    "keys": '<rect x="3.5" y="6" width="17" height="12" rx="2.5"/>'
    '<path d="M7.5 10h.01M12 10h.01M16.5 10h.01M8.5 14h7"/>',
    "in": '<path d="M12 5v14M6.5 13.5 12 19l5.5-5.5"/>',
    "out": '<path d="M12 19V5M6.5 10.5 12 5l5.5 5.5"/>',
    "store": '<path d="M5 10v8.5A1.5 1.5 0 0 0 6.5 20h11a1.5 1.5 0 0 0 1.5-1.5V10M3.5 9.5 5.5 4h13l2 5.5'
    'a2.8 2.8 0 0 1-5.5 0 2.9 2.9 0 0 1-6 0 2.8 2.8 0 0 1-5.5 0Z"/>',
    "leave": '<path d="M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15 8l4 4-4 4M9 12h10"/>',
    "ticket": '<path d="M4 8.5V7a1.5 1.5 0 0 1 1.5-1.5h13A1.5 1.5 0 0 1 20 7v1.5a3.5 3.5 0 0 0 0 7V17a1.5'
    ' 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17v-1.5a3.5 3.5 0 0 0 0-7Z"/><path d="M14 6v2M14 11v2M14 16v2"/>',
    "person": '<circle cx="12" cy="8.5" r="3.7"/><path d="M5 20c.7-3.6 3.6-5.5 7-5.5s6.3 1.9 7 5.5"/>',
    "pin": '<path d="M12 21s-6.5-6-6.5-11a6.5 6.5 0 0 1 13 0c0 5-6.5 11-6.5 11Z"/>'
    '<circle cx="12" cy="10" r="2.3"/>',
    "map": '<path d="M9 5 4 7v12l5-2 6 2 5-2V5l-5 2-6-2ZM9 5v12M15 7v12"/>',
    "bell": '<path d="M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5L19 18H5l1.5-1.5ZM10 20.5h4"/>',
    "gift": '<rect x="4" y="9" width="16" height="4" rx="1"/><path d="M5.5 13v7h13v-7M12 9v11M12 9c-2 0-4.5-.6'
    '-4.5-2.6C7.5 3.6 12 4.5 12 9Zm0 0c2 0 4.5-.6 4.5-2.6C16.5 3.6 12 4.5 12 9Z"/>',
    "auto": '<path d="M4 17h-.5v-5.5L6 6.5h8.5L18 11l2.5 1.5V17H20M10 17h5M10.5 6.5v5H18"/>'
    '<circle cx="7" cy="17.5" r="2.2"/><circle cx="17.5" cy="17.5" r="2.2"/>',
    "metro": '<rect x="6" y="3.5" width="12" height="13.5" rx="3"/><path d="M6 11h12M9.5 14h.01M14.5 14h.01'
    'M9.5 6.5h5M8.5 17l-2 3.5M15.5 17l2 3.5"/>',
    "bus": '<rect x="4.5" y="4.5" width="15" height="13" rx="2.5"/><path d="M4.5 12h15M8 15h.01M16 15h.01'
    'M7.5 17.5v2M16.5 17.5v2"/>',
    "go": '<path d="m9 5 7 7-7 7"/>',
    "back": '<path d="M15 5l-7 7 7 7"/>',
}

"""What the settings say of Razorpay must be whole: half of it takes orders and pays nobody."""

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Warning  # noqa: A004 — Django's name

_PARTS = (
    "RAZORPAY_KEY_ID",
    "RAZORPAY_KEY_SECRET",
    "RAZORPAY_WEBHOOK_SECRETS",
    "RAZORPAYX_ACCOUNT_NUMBER",
    "RAZORPAYX_WEBHOOK_SECRETS",
)


def razorpay_is_whole() -> Iterator[CheckMessage]:
    """Warn when some of Razorpay is configured and some is not."""
    missing = [name for name in _PARTS if not getattr(settings, name)]
    if missing and len(missing) < len(_PARTS):
        yield Warning(
            "Razorpay is configured half-way: money could come in, or be owed, and not go out.",
            hint=f"Set {', '.join(f'UMA_{name}' for name in missing)} as well.",
            id="uma.W035",
        )

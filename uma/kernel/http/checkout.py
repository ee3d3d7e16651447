"""The way to Razorpay's own page: a form that the browser sends, so that no script of theirs runs on ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

RAZORPAY = "https://api.razorpay.com"


@dataclass(frozen=True, slots=True)
class Checkout:
    """A form to be sent elsewhere: its address, its fields, and what the page's policy must allow."""

    action: str
    amount_paise: int
    fields: Mapping[str, object]
    policy: Mapping[str, list[str]]


def checkout(
    request: HttpRequest,
    *,
    order_id: str,
    amount_paise: int,
    description: str,
    back: str,
    cancelled: str,
) -> Checkout:
    """Return the form that pays an order of ours; `back` and `cancelled` are paths of this server."""
    base = settings.RAZORPAY_URL or RAZORPAY
    parts = urlsplit(base)
    return Checkout(
        action=f"{base}/v1/checkout/embedded",
        amount_paise=amount_paise,
        fields={
            "key_id": settings.RAZORPAY_KEY_ID,
            "order_id": order_id,
            "amount": amount_paise,
            "currency": "INR",
            "name": "UMA",
            "description": description,
            "callback_url": request.build_absolute_uri(back),
            "cancel_url": request.build_absolute_uri(cancelled),
        },
        # The policy holds for where the form's answer sends the browser as well.
        policy={"form-action": [f"{parts.scheme}://{parts.netloc}"]},
    )

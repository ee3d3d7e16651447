"""The page on which a browser pays an order, in place of Razorpay's hosted checkout."""

import html
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from apps.sandbox.answer import HTML, Answer
from apps.sandbox.razorpay.refusing import Refused

if TYPE_CHECKING:
    from apps.sandbox.razorpay.server import Razorpay

_PAGE = Path(__file__).with_name("checkout.html")
_HERE = frozenset({"127.0.0.1", "localhost"})


def page(razorpay: "Razorpay", query: Mapping[str, str]) -> Answer:
    """Return the page for `order_id`; `callback_url` is where the browser goes afterwards."""
    try:
        order = razorpay.payments.order(query.get("order_id", ""))
    except Refused:
        return Answer(404, b"<h1>There is no such order</h1>", content_type=HTML)
    facts = {
        "order_id": order["id"],
        "amount": f"{order['amount'] / 100:,.2f}",
        "name": query.get("name", "UMA"),
        "description": query.get("description", "Wallet top-up"),
        "callback_url": _near(query.get("callback_url", "")),
        "state": order["status"],
    }
    escaped = {name: html.escape(str(value)) for name, value in facts.items()}
    body = Template(_PAGE.read_text()).substitute(escaped)
    return Answer(200, body.encode(), {"Cache-Control": "no-store"}, HTML)


def pay(razorpay: "Razorpay", form: Mapping[str, str]) -> Answer:
    """Carry out what the customer chose, and send the browser back as Razorpay does."""
    outcome = {"pay": "captured", "later": "authorized"}.get(form.get("choice", ""), "failed")
    payment = razorpay.payments.pay(
        form.get("order_id", ""), method=form.get("method", "upi"), outcome=outcome
    )
    told = {"razorpay_order_id": payment["order_id"], "razorpay_payment_id": payment["id"]}
    if outcome == "failed":
        told |= {"error[description]": str(payment["error_description"])}
    else:
        told["razorpay_signature"] = razorpay.payments.signature(
            order_id=payment["order_id"], payment_id=payment["id"]
        )
    back = _near(form.get("callback_url", ""))
    if not back:
        again = {"order_id": payment["order_id"]}
        return Answer(303, b"", {"Location": f"/checkout?{urlencode(again)}"}, HTML)
    separator = "&" if "?" in back else "?"
    return Answer(303, b"", {"Location": f"{back}{separator}{urlencode(told)}"}, HTML)


def _near(url: str) -> str:
    """Return the address if it is on this machine: the sandbox sends nobody anywhere else."""
    parts = urlsplit(url)
    return url if parts.scheme in {"http", "https"} and parts.hostname in _HERE else ""

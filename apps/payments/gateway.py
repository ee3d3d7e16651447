"""
Razorpay through its own client: explicit time-outs, no repeats by the library, typed answers.

Its client raises bare messages and repeats POSTs when asked to; here every call is made once, and
whoever calls knows whether Razorpay said no or whether nobody knows.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import razorpay
import requests
from django.conf import settings
from requests.adapters import HTTPAdapter

# Connect, read. The client has no default of its own.
TIMEOUT_S = (2.0, 5.0)
POOL = 8
_SERVER_ERRORS = 500
_OK = range(200, 300)
_TOO_MANY = 429
_CONFLICT = 409
# The longest list that Razorpay answers with.
_MOST = 100


class GatewayRefused(Exception):
    """Razorpay said no: it did nothing. `reason` is its own word, `field` what it is about."""

    def __init__(self, *, status: int, reason: str, field: str = "") -> None:
        super().__init__(f"{status} {reason} {field}".strip())
        self.status, self.reason, self.field = status, reason, field


class GatewaySilent(Exception):
    """No answer, or one that says nothing: Razorpay may have done it or not."""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order as Razorpay has it; paise."""

    id: str
    amount_paise: int
    receipt: str
    status: str


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """A payment as Razorpay has it; paise. The fee includes the tax."""

    id: str
    order_id: str
    amount_paise: int
    currency: str
    status: str
    method: str
    fee_paise: int
    tax_paise: int


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """A refund as Razorpay has it; paise."""

    id: str
    payment_id: str
    amount_paise: int
    receipt: str
    status: str


@dataclass(frozen=True)
class Gateway:
    """One Razorpay account, ready to be asked."""

    client: razorpay.Client

    def create_order(
        self, *, amount_paise: int, receipt: str, held_minutes: int | None = None
    ) -> OrderFacts:
        """
        Ask for an order that a customer can pay.

        With `held_minutes` the money is only held for so long and then given back by itself, unless it is
        captured before (Razorpay orders, capture settings).

        Raises:
            GatewayRefused, GatewaySilent
        """
        body: dict[str, object] = {"amount": amount_paise, "currency": "INR", "receipt": receipt}
        if held_minutes is not None:
            options = {"manual_expiry_period": held_minutes, "refund_speed": "optimum"}
            body["payment"] = {"capture": "manual", "capture_options": options}
        return _order(self.call("post", "/v1/orders", json=body))

    def order_with_receipt(self, *, receipt: str) -> OrderFacts | None:
        """Return the newest order of this receipt, if Razorpay knows one."""
        found = self.call("get", "/v1/orders", params={"receipt": receipt})["items"]
        return _order(found[0]) if found else None

    def payment(self, *, payment_id: str) -> PaymentFacts:
        """Return the payment as it is now."""
        return payment_facts(self.call("get", f"/v1/payments/{payment_id}"))

    def capture(self, *, payment_id: str, amount_paise: int) -> PaymentFacts:
        """Take the money that a bank holds for us. Raises: as above."""
        body = {"amount": amount_paise, "currency": "INR"}
        return payment_facts(self.call("post", f"/v1/payments/{payment_id}/capture", json=body))

    def refund(self, *, payment_id: str, amount_paise: int, receipt: str, key: str) -> RefundFacts:
        """Give back a part of a captured payment, once for a key. Raises: as above."""
        body = {"amount": amount_paise, "receipt": receipt, "speed": "normal"}
        headers = {"X-Refund-Idempotency": key}
        path = f"/v1/payments/{payment_id}/refund"
        try:
            return _refund(self.call("post", path, json=body, headers=headers))
        except GatewayRefused as refused:
            if refused.status == _CONFLICT:
                # The same request is still being worked on.
                raise GatewaySilent("a twin is under way") from None
            raise

    def refunds_of(self, *, payment_id: str) -> Sequence[RefundFacts]:
        """Return what was given back of a payment. Raises: as above."""
        rows = self.call("get", f"/v1/payments/{payment_id}/refunds", params={"count": _MOST})
        return [_refund(row) for row in rows["items"]]

    def payments_of(self, *, order_id: str) -> Sequence[PaymentFacts]:
        """Return every attempt to pay an order."""
        return [
            payment_facts(row)
            for row in self.call("get", f"/v1/orders/{order_id}/payments")["items"]
        ]

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # Any: a JSON object of Razorpay's
        """
        Make one call through the client's own session and return its JSON.

        Raises:
            GatewayRefused, GatewaySilent
        """
        client = self.client
        try:
            answer = client.session.request(
                method,
                f"{client.base_url}{path}",
                auth=client.auth,
                verify=client.cert_path,
                json=json,
                params=params,
                headers=headers,
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
            said = answer.json()
        except (requests.RequestException, ValueError) as silence:
            # Not `from`: the exception's text repeats the request.
            raise GatewaySilent(type(silence).__name__) from None
        if answer.status_code in _OK and isinstance(said, dict):
            return said
        if answer.status_code >= _SERVER_ERRORS or answer.status_code == _TOO_MANY:
            raise GatewaySilent(f"status {answer.status_code}")
        error = said.get("error", {}) if isinstance(said, dict) else {}
        if "idempotency" in str(error.get("description", "")).lower():
            # Something was made under this key before: no is not what became of it.
            raise GatewaySilent("the key was used before")
        raise GatewayRefused(
            status=answer.status_code,
            reason=str(error.get("reason") or error.get("code") or "unknown")[:64],
            field=str(error.get("field") or "")[:64],
        )


def gateway() -> Gateway:
    """Return the account that the settings describe."""
    return _gateway(settings.RAZORPAY_KEY_ID, settings.RAZORPAY_KEY_SECRET, settings.RAZORPAY_URL)


@lru_cache(maxsize=4)
def _gateway(key_id: str, key_secret: str, url: str) -> Gateway:
    session = requests.Session()
    # Whoever calls decides about repeats; a POST is never repeated by a library.
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=POOL, max_retries=0))
    options = {"base_url": url} if url else {}
    return Gateway(razorpay.Client(session=session, auth=(key_id, key_secret), **options))


def is_signed(*, raw: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """
    Say whether one of the secrets signed these bytes (HMAC-SHA256, hexadecimal).

    Over the bytes as they came: Razorpay's own check takes text, and decoding is where a signature
    stops being one (Razorpay webhooks, "Validate and test").
    """
    given = signature.encode("ascii", "replace")
    fits = False
    for secret in secrets:
        made = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest().encode()
        # Every secret is tried, so that the time says nothing about which one it was.
        fits |= hmac.compare_digest(made, given)
    return fits


def _order(row: Any) -> OrderFacts:  # Any: as above
    return OrderFacts(row["id"], paise(row["amount"]), row["receipt"] or "", row["status"])


def _refund(row: Any) -> RefundFacts:  # Any: as above
    return RefundFacts(
        id=row["id"],
        payment_id=row["payment_id"],
        amount_paise=paise(row["amount"]),
        receipt=row.get("receipt") or "",
        status=row.get("status") or "",
    )


def payment_facts(row: Any) -> PaymentFacts:  # Any: as above
    """Return a payment of Razorpay's JSON."""
    return PaymentFacts(
        id=row["id"],
        order_id=row["order_id"] or "",
        amount_paise=paise(row["amount"]),
        currency=row["currency"],
        status=row["status"],
        method=row["method"] or "",
        fee_paise=paise(row["fee"] or 0),
        tax_paise=paise(row["tax"] or 0),
    )


def paise(value: object) -> int:
    """Return an amount; anything but a whole number is an answer that says nothing."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise GatewaySilent(f"an amount of type {type(value).__name__}")
    return value

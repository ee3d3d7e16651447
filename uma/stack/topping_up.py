"""How money comes to the merchant of the journey: at the pretended checkout, or from the operator's desk."""

import re
import secrets
import time
from collections.abc import Mapping
from typing import Any, Protocol

import requests

TIMEOUT_S = 10
# The payment is told by a webhook, which a worker believes once it has asked.
PATIENCE_S = 60
LOOK_EVERY_S = 0.1
RUPEES = 5_000


class Owner(Protocol):
    """Whoever is signed in for a business and speaks to the public API."""

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        expect: int = 200,
        key: str | None = None,
    ) -> Any: ...  # Any: a JSON document


class NoMoney(Exception):
    """The money did not arrive as the product promises."""


def at_the_checkout(owner: Owner) -> None:
    """
    Order a top-up, pay it at the pretended checkout as a browser does, and wait for the signed webhook's money.

    Raises:
        NoMoney: the checkout took nothing, or the wallet was not credited in time
    """
    order = owner.call(
        "POST",
        "/api/merchant/add-funds",
        {"amount": RUPEES},
        expect=201,
        key=secrets.token_hex(16),
    )
    page, _, _ = order["checkoutUrl"].partition("?")
    form = {"order_id": order["orderId"], "choice": "pay", "method": "upi"}
    paid = requests.post(page, data=form, allow_redirects=False, timeout=TIMEOUT_S)
    if paid.status_code != 303:  # noqa: PLR2004
        raise NoMoney(f"The checkout answered {paid.status_code}: {paid.text[:300]}")
    deadline = time.monotonic() + PATIENCE_S
    while not any(
        top_up["id"] == order["id"] and top_up["status"] == "paid"
        for top_up in owner.call("GET", "/api/merchant/top-ups")
    ):
        if time.monotonic() > deadline:
            raise NoMoney(f"What was paid for {order['orderId']} did not arrive.")
        time.sleep(LOOK_EVERY_S)


def at_the_desk(base: str, *, merchant_id: str, operator: str, password: str) -> None:
    """
    Credit the merchant as an operator does who has seen a bank transfer: through the console's own form.

    Raises:
        NoMoney: the console did not take it
    """
    desk = requests.Session()
    form = {"username": operator, "password": password, "next": "/admin/"}
    answer = _submit(desk, f"{base}/admin/login/", form)
    if not answer.url.endswith("/admin/"):
        raise NoMoney("The operator could not sign in to the admin.")
    chosen = {"action": "top_up", "_selected_action": merchant_id}
    amount = {
        "amount": str(RUPEES),
        "reference": f"DEMO{secrets.token_hex(6).upper()}",
        "reason": "Bank transfer received for the demo journey",
        "confirmed": "yes",
    }
    answer = _submit(desk, f"{base}/admin/merchants/merchant/", chosen | amount)
    if answer.status_code != 200:  # noqa: PLR2004
        raise NoMoney(f"The top-up answered {answer.status_code}.")


def _submit(desk: requests.Session, url: str, form: Mapping[str, str]) -> requests.Response:
    page = desk.get(url, timeout=TIMEOUT_S)
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    if found is None:
        raise NoMoney(f"{url} has no form.")
    data = {**form, "csrfmiddlewaretoken": found[1]}
    return desk.post(url, data=data, headers={"Referer": url}, timeout=TIMEOUT_S)

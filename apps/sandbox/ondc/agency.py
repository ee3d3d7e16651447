"""The network's settlement agency: told what is due, it says later what it moved (RSF 2.0)."""

import time
from typing import Any

from apps.sandbox.ondc.money import plus
from apps.sandbox.ondc.sellers import Request, Seller, code

Json = dict[str, Any]  # Any: JSON documents


class Agency(Seller):
    """Moves every amount it is told, unless its manners say otherwise; no bank is behind it."""

    def respond(self, request: Request) -> None:
        """Answer a `settle`; what is pending is settled a step later, under the same message id."""
        if request.action != "settle":
            wrong = ("70002", f"{request.action} is not for a settlement agency.")
            self.call_back(request, f"on_{request.action}", None, error=wrong)
            return
        settlement = request.message["settlement"]
        if settlement["type"] == "NIL":
            self.call_back(request, "on_settle", {"settlement": settlement})
            return
        first = self.manners.settles
        self._answer(request, first)
        if first == "PENDING":
            time.sleep(self.network.pace_s)
            self._answer(request, "SETTLED")

    def _answer(self, request: Request, status: str) -> None:
        asked = request.message
        orders = [self._moved(order, status) for order in asked["settlement"]["orders"]]
        settlement = asked["settlement"] | {"orders": orders}
        self.call_back(request, "on_settle", {**asked, "settlement": settlement})

    def _moved(self, order: Json, status: str) -> Json:
        between = dict(order["inter_participant"]) | {"status": status}
        if status == "SETTLED":
            less = -self.manners.settles_less_paise
            amount = between["amount"]
            between["settled_amount"] = amount | {"value": plus(amount["value"], less)}
            between["reference_no"] = f"UTR{code(10).upper()}"
        elif status == "NOT_SETTLED":
            between["error"] = {"code": "70018", "message": "Receiver account inoperable"}
        return order | {"inter_participant": between}

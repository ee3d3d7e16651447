"""Orders, payments, refunds, disputes and settlements, as Razorpay's API has them."""

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any

from apps.sandbox.razorpay.refusing import Refused
from apps.sandbox.razorpay.store import Entity, Store, collection
from apps.sandbox.razorpay.webhooks import Webhooks

LEAST_PAISE = 100
# 2 % of the amount and GST of 18 % on that; Razorpay's `fee` includes its `tax`.
FEE_BPS, GST_BPS = 200, 1800
METHODS = ("upi", "card", "netbanking")
_RECEIPT_MAX, _NOTES_MAX = 40, 15


def _whole(body: Mapping[str, Any], name: str) -> int:  # Any: what the client sent
    value = body.get(name)
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(f"The {name} must be an integer.", field=name)
    return value


class Payments:
    """The payment gateway's side of one account."""

    def __init__(self, *, store: Store, webhooks: Webhooks, key_secret: str) -> None:
        self._store, self._webhooks, self._secret = store, webhooks, key_secret

    def create_order(self, body: Mapping[str, Any]) -> Entity:  # Any: what the client sent
        amount = _whole(body, "amount")
        if amount < LEAST_PAISE:
            raise Refused("Order amount less than minimum amount allowed", field="amount")
        if body.get("currency") != "INR":
            raise Refused("Currency is not supported", field="currency")
        receipt, notes = str(body.get("receipt") or ""), body.get("notes") or {}
        if len(receipt) > _RECEIPT_MAX:
            raise Refused("The receipt may not be greater than 40 characters.", field="receipt")
        if len(notes) > _NOTES_MAX:
            raise Refused("Number of fields in notes should be less than 15", field="notes")
        with self._store.changing():
            return self._store.add(
                "order",
                entity="order",
                amount=amount,
                amount_paid=0,
                amount_due=amount,
                currency="INR",
                receipt=receipt or None,
                offer_id=None,
                status="created",
                attempts=0,
                notes=notes,
                # Held until it is captured, as the order asks for; Razorpay does not show it again.
                _held=(body.get("payment") or {}).get("capture") == "manual",
            )

    def order(self, order_id: str) -> Entity:
        return self._found("order", order_id)

    def orders(self, query: Mapping[str, str]) -> Entity:
        receipt = query.get("receipt")
        return collection(self._store.all("order", **({"receipt": receipt} if receipt else {})))

    def payments_of(self, order_id: str) -> Entity:
        self._found("order", order_id)
        return collection(self._store.all("pay", order_id=order_id))

    def payment(self, payment_id: str) -> Entity:
        return self._found("pay", payment_id)

    def payments(self, query: Mapping[str, str]) -> Entity:
        since, until = int(query.get("from", 0)), int(query.get("to", 2**40))
        rows = [row for row in self._store.all("pay") if since <= row["created_at"] <= until]
        skip, count = int(query.get("skip", 0)), int(query.get("count", 10))
        return collection(rows[skip : skip + count])

    def pay(self, order_id: str, *, method: str, outcome: str) -> Entity:
        """A customer pays an order at the checkout: `captured`, `authorized` or `failed`."""
        if method not in METHODS or outcome not in {"captured", "authorized", "failed"}:
            raise Refused("The checkout does not offer that.")
        with self._store.changing():
            order = self._found("order", order_id)
            if order["status"] == "paid":
                raise Refused("This order has already been paid.")
            order["attempts"] += 1
            order["status"] = "attempted"
            payment = self._store.add("pay", **_fresh_payment(order, method))
            if outcome == "failed":
                payment.update(_FAILED)
            else:
                payment["status"] = "authorized"
                payment["acquirer_data"] = {"rrn": str(time.time_ns())[-12:]}
        if outcome == "failed":
            self._webhooks.send("payments", "payment.failed", payment=payment)
        else:
            self._webhooks.send("payments", "payment.authorized", payment=payment)
            if outcome == "captured" and not order.get("_held"):
                self._capture(payment["id"])
        return self._found("pay", payment["id"])

    def capture(self, payment_id: str, body: Mapping[str, Any]) -> Entity:  # Any: as above
        payment = self._found("pay", payment_id)
        if payment["status"] != "authorized":
            raise Refused("This payment has already been captured")
        if _whole(body, "amount") != payment["amount"]:
            raise Refused("Capture amount must be equal to the amount authorized", field="amount")
        return self._capture(payment_id)

    def signature(self, *, order_id: str, payment_id: str) -> str:
        """Return what the checkout hands to the client; a hint, never a proof of money."""
        text = f"{order_id}|{payment_id}"
        return hmac.new(self._secret.encode(), text.encode(), hashlib.sha256).hexdigest()

    def lapse(self, payment_id: str) -> Entity:
        """The time for a capture is over: what was only held goes back to its payer."""
        with self._store.changing():
            payment = self._found("pay", payment_id)
            if payment["status"] != "authorized":
                raise Refused("This payment is not authorized")
            amount = payment["amount"]
            payment.update(status="refunded", amount_refunded=amount, refund_status="full")
        return payment

    def refunds_of(self, payment_id: str) -> Entity:
        self._found("pay", payment_id)
        return collection(self._store.all("rfnd", payment_id=payment_id))

    def refund(self, payment_id: str, body: Mapping[str, Any], *, key: str = "") -> Entity:
        """Give back; the same key with the same body is the same refund. Any: as above."""
        with self._store.changing():
            earlier = self._store.all("rfnd", _key=key) if key else []
            if earlier:
                if earlier[0]["_asked"] != dict(body):
                    raise Refused("Different request body sent for the same Idempotency Header")
                return earlier[0]
            payment = self._found("pay", payment_id)
            left = payment["amount"] - payment["amount_refunded"]
            amount = _whole(body, "amount") if "amount" in body else left
            if payment["status"] not in {"captured", "refunded"} or not 0 < amount <= left:
                raise Refused("The total refund amount is greater than the refund payment amount")
            payment["amount_refunded"] += amount
            whole = payment["amount_refunded"] == payment["amount"]
            payment["refund_status"] = "full" if whole else "partial"
            payment["status"] = "refunded" if whole else payment["status"]
            refund = self._store.add(
                "rfnd", entity="refund", amount=amount, currency="INR", payment_id=payment_id,
                notes=body.get("notes") or {}, status="processed", _settled="",
                receipt=body.get("receipt"), _key=key, _asked=dict(body),
            )  # fmt: skip
        self._webhooks.send("payments", "refund.processed", refund=refund, payment=payment)
        return refund

    def dispute_of(self, dispute_id: str) -> Entity:
        return self._found("disp", dispute_id)

    def dispute(
        self, payment_id: str, *, amount: int | None, phase: str, onset: bool = False
    ) -> Entity:
        """
        The customer's bank takes money back: `created`, then `lost`, `won` or `closed`.

        With `onset` Razorpay deducts at once, and gives back what is won.
        """
        with self._store.changing():
            payment = self._found("pay", payment_id)
            found = self._store.all("disp", payment_id=payment_id)
            dispute = found[0] if found else self._store.add(
                "disp", entity="dispute", payment_id=payment_id, currency="INR",
                amount=amount or payment["amount"], amount_deducted=0, reason_code="chargeback",
                respond_by=self._store.now() + 7 * 86_400, phase="chargeback", status="open",
                deduct_at_onset=onset,
            )  # fmt: skip
            if phase != "created":
                dispute["status"] = phase
            self._deduct(dispute)
        self._webhooks.send(
            "payments", f"payment.dispute.{phase}", payment=payment, dispute=dispute
        )
        return dispute

    def settle(self) -> Entity:
        """Pay what came since the last time, less what was taken back, into the account's bank."""
        with self._store.changing():
            rows = self._unsettled()
            lines = [_money(kind, row) for kind, row in rows]
            amount = sum(line["credit"] - line["debit"] for line in lines)
            if amount <= 0:
                raise Refused("There is nothing to settle.")
            settlement = self._store.add(
                "setl", entity="settlement", status="processed", amount=amount,
                fees=sum(line["fee"] for line in lines), tax=sum(line["tax"] for line in lines),
                utr=f"UTR{time.time_ns()}"[:22],
            )  # fmt: skip
            for _, row in rows:
                row["_settled"] = settlement["id"]
        self._webhooks.send("payments", "settlement.processed", settlement=settlement)
        return settlement

    def recon(self, query: Mapping[str, str]) -> Entity:
        """Return what was settled on a day, a line each (settlements/recon/combined)."""
        settlements = {row["id"]: row for row in self._store.all("setl")}
        lines = [
            _recon_line(kind, row, settlements[row["_settled"]])
            for kind in ("pay", "rfnd", "adj")
            for row in self._store.all(kind)
            if row["_settled"] and _is_on(settlements[row["_settled"]]["created_at"], query)
        ]
        skip, count = int(query.get("skip", 0)), int(query.get("count", 1000))
        return collection(lines[skip : skip + count])

    def _unsettled(self) -> list[tuple[str, Entity]]:
        captured = [("pay", row) for row in self._store.all("pay", captured=True)]
        others = [(kind, row) for kind in ("rfnd", "adj") for row in self._store.all(kind)]
        return [(kind, row) for kind, row in captured + others if not row["_settled"]]

    def _deduct(self, dispute: Entity) -> None:
        """Bring the deduction in line with where the dispute stands."""
        onset = dispute["deduct_at_onset"] and dispute["status"] in {"open", "under_review"}
        wanted = dispute["amount"] if dispute["status"] == "lost" or onset else 0
        more = wanted - dispute["amount_deducted"]
        if more:
            self._store.add(
                "adj", entity="adjustment", amount=abs(more), dispute_id=dispute["id"],
                payment_id=dispute["payment_id"], sign="debit" if more > 0 else "credit",
                _settled="",
            )  # fmt: skip
        dispute["amount_deducted"] = wanted

    def _capture(self, payment_id: str) -> Entity:
        with self._store.changing():
            payment = self._found("pay", payment_id)
            order = self._found("order", payment["order_id"])
            fee = -(-payment["amount"] * FEE_BPS // 10_000)
            tax = -(-fee * GST_BPS // 10_000)
            payment.update(status="captured", captured=True, fee=fee + tax, tax=tax)
            order.update(status="paid", amount_paid=order["amount"], amount_due=0)
        self._webhooks.send("payments", "payment.captured", payment=payment)
        self._webhooks.send("payments", "order.paid", payment=payment, order=order)
        return payment

    def _found(self, kind: str, entity_id: str) -> Entity:
        found = self._store.get(kind, entity_id)
        if found is None:
            raise Refused("The id provided does not exist", field="id")
        return found


_FAILED = {
    "status": "failed",
    "error_code": "BAD_REQUEST_ERROR",
    "error_description": "Payment was unsuccessful as the customer's bank declined it.",
    "error_source": "bank",
    "error_step": "payment_authorization",
    "error_reason": "payment_failed",
}


def _fresh_payment(order: Entity, method: str) -> Entity:
    return {
        "entity": "payment",
        "amount": order["amount"],
        "currency": "INR",
        "status": "created",
        "order_id": order["id"],
        "invoice_id": None,
        "international": False,
        "method": method,
        "amount_refunded": 0,
        "refund_status": None,
        "captured": False,
        "description": None,
        "card_id": None,
        "bank": "SBIN" if method == "netbanking" else None,
        "wallet": None,
        "vpa": "shop@upi" if method == "upi" else None,
        "notes": order["notes"],
        "fee": None,
        "tax": None,
        "error_code": None,
        "error_description": None,
        "error_source": None,
        "error_step": None,
        "error_reason": None,
        "acquirer_data": {},
        "_settled": "",
    }


def _is_on(at: int, query: Mapping[str, str]) -> bool:
    day = time.gmtime(at)
    wanted = (("year", day.tm_year), ("month", day.tm_mon), ("day", day.tm_mday))
    return all(int(query[name]) == value for name, value in wanted if name in query)


def _money(kind: str, row: Entity) -> Entity:
    """Return what an entity does to a settlement. `_settle_…` is an ordered mistake of Razorpay's."""
    if kind == "pay":
        usual = {f"_settle_{name}": row[name] for name in ("amount", "fee", "tax")}
        amount, fee, tax = (int((usual | row)[name]) for name in usual)
        return {"amount": amount, "fee": fee, "tax": tax, "credit": amount - fee, "debit": 0}
    sign = row.get("sign", "debit")
    sides = {"credit": 0, "debit": 0} | {sign: row["amount"]}
    return {"amount": row["amount"], "fee": 0, "tax": 0, **sides}


def _recon_line(kind: str, row: Entity, settlement: Entity) -> Entity:
    return {
        "entity_id": row["id"],
        "type": {"pay": "payment", "rfnd": "refund", "adj": "adjustment"}[kind],
        **_money(kind, row),
        "currency": "INR",
        "on_hold": False,
        "settled": True,
        "created_at": row["created_at"],
        "settled_at": settlement["created_at"],
        "settlement_id": settlement["id"],
        "settlement_utr": settlement["utr"],
        "order_id": row.get("order_id"),
        "payment_id": None if kind == "pay" else row["payment_id"],
        "dispute_id": row.get("dispute_id"),
        "method": row.get("method"),
    }

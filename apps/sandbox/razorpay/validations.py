"""RazorpayX: account validations, and what the banks of the accounts answer."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.sandbox.razorpay.payouts import ACCOUNT_NUMBER, Payouts
from apps.sandbox.razorpay.refusing import Refused
from apps.sandbox.razorpay.store import Entity, Store, collection
from apps.sandbox.razorpay.webhooks import Webhooks

# Rs 2 and GST of 18 %; what a contract says differs.
FEES_PAISE, TAX_PAISE = 236, 36


@dataclass
class Manners:
    """What banks answer, as the control endpoints said."""

    # What a validation reaches by itself; "" waits to be moved.
    ends: str = "completed"
    after_s: float = 0.2
    # Account number or VPA → the holder as the bank writes it. Elsewhere the name that was given, in capitals.
    names: dict[str, str] = field(default_factory=dict)
    # Account numbers and VPAs that no bank knows.
    unknown: set[str] = field(default_factory=set)


class Validations:
    """The validation side of one account. A question that comes twice is two questions, and costs twice."""

    def __init__(self, *, store: Store, webhooks: Webhooks, payouts: Payouts) -> None:
        self._store, self._webhooks, self._payouts = store, webhooks, payouts
        self.manners = Manners()

    def create(self, body: Mapping[str, Any]) -> Entity:  # Any: what the client sent
        """Ask a fund account's bank; the answer comes later."""
        if str(body.get("account_number")) != ACCOUNT_NUMBER:
            raise Refused("The account number is invalid.", field="account_number")
        account = self._store.get("fa", str((body.get("fund_account") or {}).get("id")))
        if account is None:
            raise Refused("The id provided does not exist", field="fund_account.id")
        amount = body.get("amount")
        if not isinstance(amount, int) or isinstance(amount, bool) or not 100 <= amount <= 200:  # noqa: PLR2004
            raise Refused("The amount must be between 100 and 200 paise.", field="amount")
        if body.get("currency") != "INR":
            raise Refused("The currency is invalid.", field="currency")
        if amount + FEES_PAISE > self._payouts.balance_paise:
            raise Refused("Your account does not have enough balance.")
        with self._store.changing():
            made = self._store.add(
                "fav",
                entity="fund_account.validation",
                fund_account=account,
                status="created",
                amount=amount,
                currency="INR",
                notes=body.get("notes") or [],
                results={"account_status": None, "registered_name": None},
                utr=None,
            )
        if self.manners.ends:
            timer = threading.Timer(
                self.manners.after_s, self._end, [made["id"], self.manners.ends]
            )
            timer.daemon = True
            timer.start()
        return made

    def validation(self, validation_id: str) -> Entity:
        return self._found(validation_id)

    def validations(self, query: Mapping[str, str]) -> Entity:
        if query.get("account_number") != ACCOUNT_NUMBER:
            raise Refused("The account number is invalid.", field="account_number")
        since, until = int(query.get("from", 0)), int(query.get("to", 2**40))
        rows = [row for row in self._store.all("fav") if since <= row["created_at"] <= until]
        skip, count = int(query.get("skip", 0)), min(int(query.get("count", 10)), 100)
        return collection(rows[skip : skip + count])

    def end(self, validation_id: str, status: str) -> Entity:
        """Let a bank answer, or not be reached, and tell of it."""
        with self._store.changing():
            asked = self._found(validation_id)
            if asked["status"] != "created" or status not in {"completed", "failed"}:
                raise Refused(f"A validation that is {asked['status']} does not become {status}.")
            asked["status"] = status
            if status == "completed":
                asked["results"] = self._answer(asked["fund_account"])
                asked["utr"] = f"UTR{asked['id'][-12:]}"
                self._take(asked)
        self._webhooks.send(
            "payouts", f"fund_account.validation.{status}", **{"fund_account.validation": asked}
        )
        return asked

    def _answer(self, account: Entity) -> Entity:
        details = account[account["account_type"]]
        number = details.get("account_number") or details.get("address")
        if number in self.manners.unknown:
            return {"account_status": "invalid", "registered_name": None}
        contact = self._store.get("cont", account["contact_id"]) or {}
        given = details.get("name") or contact.get("name") or ""
        return {
            "account_status": "active",
            "registered_name": self.manners.names.get(number, given.upper()),
        }

    def _take(self, asked: Entity) -> None:
        debit = asked["amount"] + FEES_PAISE
        self._store.add(
            "txn", entity="transaction", account_number=ACCOUNT_NUMBER, amount=debit,
            currency="INR", credit=0, debit=debit, balance=self._payouts.balance_paise - debit,
            source={"id": asked["id"], "entity": "fund_account.validation", "utr": asked["utr"],
                    "amount": asked["amount"], "fees": FEES_PAISE, "tax": TAX_PAISE},
        )  # fmt: skip

    def _end(self, validation_id: str, status: str) -> None:
        asked = self._store.get("fav", validation_id)
        if asked is not None and asked["status"] == "created":
            self.end(validation_id, status)

    def _found(self, validation_id: str) -> Entity:
        found = self._store.get("fav", validation_id)
        if found is None:
            raise Refused("The id provided does not exist", field="id")
        return found

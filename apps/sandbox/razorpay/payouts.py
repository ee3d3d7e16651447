"""RazorpayX: contacts, fund accounts, payouts and the statement of the account they leave from."""

import json
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.sandbox.razorpay.refusing import Refused
from apps.sandbox.razorpay.store import Entity, Store, collection
from apps.sandbox.razorpay.webhooks import Webhooks

ACCOUNT_NUMBER = "7878780080316316"
OPENING_PAISE = 10_00_000_00
# Rs 3 and GST of 18 %; `fees` includes `tax`.
FEES_PAISE, TAX_PAISE = 354, 54
MODES = {"bank_account": {"IMPS", "NEFT", "RTGS"}, "vpa": {"UPI"}}
LIMITS_PAISE = {"UPI": 1_00_000_00, "IMPS": 5_00_000_00}
PURPOSES = {"refund", "cashback", "payout", "salary", "utility bill", "vendor bill"}
_IFSC = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")
_VPA = re.compile(r"[a-zA-Z0-9._-]{2,256}@[a-zA-Z]{2,64}")
_KEY = re.compile(r"[ -~]{4,36}")
_NARRATION = re.compile(r"[A-Za-z0-9 ]{0,30}")
FINAL = frozenset({"processed", "reversed", "cancelled", "rejected", "failed"})
# What a status may become (RazorpayX, payout life cycle); a processed payout may still come back.
ARROWS = {
    "pending": {"queued", "processing", "rejected", "cancelled"},
    "queued": {"processing", "cancelled", "failed"},
    "scheduled": {"processing", "cancelled"},
    "processing": {"processed", "reversed", "failed"},
    "processed": {"reversed"},
    "failed": {"reversed"},
}


@dataclass
class Manners:
    """What becomes of payouts, as the control endpoints said."""

    # The status a payout begins with, and what it reaches by itself; "" stays where it is.
    begins: str = "processing"
    ends: str = "processed"
    after_s: float = 0.2
    # Fund account id → how its payouts end.
    accounts: dict[str, str] = field(default_factory=dict)
    # What is down by mode and bank, "" for every bank: payouts wait, queued.
    down: dict[tuple[str, str], Entity] = field(default_factory=dict)


class Payouts:
    """The payout side of one account."""

    def __init__(self, *, store: Store, webhooks: Webhooks) -> None:
        self._store, self._webhooks = store, webhooks
        self.manners = Manners()
        self.funded_paise = OPENING_PAISE

    @property
    def balance_paise(self) -> int:
        moved: int = sum(line["credit"] - line["debit"] for line in self._store.all("txn"))
        return self.funded_paise + moved

    def create_contact(self, body: Mapping[str, Any]) -> Entity:  # Any: what the client sent
        if not str(body.get("name") or "").strip():
            raise Refused("The name field is required.", field="name")
        facts = {
            "name": body["name"],
            "contact": body.get("contact"),
            "email": body.get("email"),
            "type": body.get("type"),
            "reference_id": body.get("reference_id"),
        }
        return self._once("cont", "contact", facts, notes=body.get("notes") or {})

    def create_fund_account(self, body: Mapping[str, Any]) -> Entity:  # Any: as above
        contact_id = str(body.get("contact_id"))
        if self._store.get("cont", contact_id) is None:
            raise Refused("The id provided does not exist", field="contact_id")
        kind = body.get("account_type")
        if kind == "bank_account":
            details = _bank_account(body.get("bank_account") or {})
        elif kind == "vpa":
            address = str((body.get("vpa") or {}).get("address"))
            if not _VPA.fullmatch(address):
                raise Refused("The VPA address is invalid.", field="vpa.address")
            name, _, handle = address.partition("@")
            details = {"username": name, "handle": handle, "address": address}
        else:
            raise Refused("The selected account type is invalid.", field="account_type")
        facts = {"contact_id": contact_id, "account_type": kind, str(kind): details}
        return self._once("fa", "fund_account", facts, batch_id=None)

    def create(self, body: Mapping[str, Any], *, key: str) -> Entity:  # Any: as above
        """Pay out; the same key and body is the same payout, another body is refused."""
        if not _KEY.fullmatch(key):
            raise Refused("The idempotency key must be 4 to 36 characters.", field="key")
        asked = json.dumps(body, sort_keys=True)
        with self._store.changing():
            if key in self._store.keys:
                before, payout_id = self._store.keys[key]
                if before != asked:
                    raise Refused("Different request body for the same Idempotency key.")
                return self._found(payout_id)
            payout = self._store.add("pout", **self._checked(body))
            self._store.keys[key] = (asked, payout["id"])
        self._tell(payout, "initiated" if payout["status"] == "processing" else payout["status"])
        self._go_on(payout)
        return payout

    def payout(self, payout_id: str) -> Entity:
        return self._found(payout_id)

    def payouts(self, query: Mapping[str, str]) -> Entity:
        names = ("reference_id", "fund_account_id", "mode", "status", "id")
        chosen = {name: query[name] for name in names if name in query}
        rows = self._store.all("pout", **chosen)
        since, until = int(query.get("from", 0)), int(query.get("to", 2**40))
        rows = [row for row in rows if since <= row["created_at"] <= until]
        skip, count = int(query.get("skip", 0)), int(query.get("count", 10))
        return collection(rows[skip : skip + count])

    def cancel(self, payout_id: str) -> Entity:
        if self._found(payout_id)["status"] not in {"queued", "scheduled"}:
            raise Refused("Payout cannot be cancelled as it is not in queued state")
        return self.move(payout_id, "cancelled")

    def move(self, payout_id: str, status: str, *, reason: str = "") -> Entity:
        """Move a payout along one of the arrows, and tell of it."""
        with self._store.changing():
            payout = self._found(payout_id)
            if status not in ARROWS.get(payout["status"], set()):
                raise Refused(f"A payout that is {payout['status']} does not become {status}.")
            came_back = payout["status"] in {"processing", "processed"}
            payout["status"] = status
            if status == "processed":
                payout["utr"] = "".join(secrets.choice("0123456789") for _ in range(12))
                self._write(payout, debit=payout["amount"] + payout["fees"])
            elif status in {"reversed", "failed"} and came_back and payout["utr"]:
                self._write(payout, credit=payout["amount"] + payout["fees"])
            if status in FINAL - {"processed"}:
                payout["failure_reason"] = reason or "Payout failed at the beneficiary's bank."
                payout["status_details"] = {
                    "reason": reason or "beneficiary_bank_rejected",
                    "description": payout["failure_reason"],
                    "source": "beneficiary_bank",
                }
        self._tell(payout, status)
        return payout

    def set_downtime(self, mode: str, *, bank: str, started: bool) -> None:
        """A bank, or every one, goes down by a mode: payouts queue; it comes back: what queued goes on."""
        now = int(self._store.now())
        known = self.manners.down.pop((mode, bank), None)
        told = known or {
            "id": f"poutdown_{secrets.token_hex(7)}",
            "entity": "payout.downtime",
            "scheduled": False,
            "method": [mode],
            "begin": now,
            "source": "beneficiary",
            "instrument": {"bank": bank} if bank else {},
            "created_at": now,
        }
        if started:
            self.manners.down[mode, bank] = told
        event = "started" if started else "resolved"
        facts = told | {"status": event, "end": None if started else now, "updated_at": now}
        self._webhooks.send("payouts", f"payout.downtime.{event}", **{"payout.downtime": facts})
        if not started:
            for payout in self._store.all("pout", status="queued", mode=mode):
                self.move(payout["id"], "processing")
                self._go_on(payout)

    def balance(self) -> Entity:
        return {
            "entity": "balance",
            "account_number": ACCOUNT_NUMBER,
            "balance": self.balance_paise,
            "currency": "INR",
        }

    def transactions(self, query: Mapping[str, str]) -> Entity:
        """Return the account's statement, the newest line first."""
        rows = self._store.all("txn")
        skip, count = int(query.get("skip", 0)), int(query.get("count", 10))
        return collection(rows[skip : skip + count])

    def _checked(self, body: Mapping[str, Any]) -> Entity:  # Any: as above
        account = self._store.get("fa", str(body.get("fund_account_id")))
        amount, mode = body.get("amount"), str(body.get("mode"))
        if str(body.get("account_number")) != ACCOUNT_NUMBER:
            raise Refused("The account number is invalid.", field="account_number")
        if account is None:
            raise Refused("The id provided does not exist", field="fund_account_id")
        if not isinstance(amount, int) or isinstance(amount, bool) or amount < 100:  # noqa: PLR2004
            raise Refused("Minimum transaction amount should be 100 paise", field="amount")
        if amount > LIMITS_PAISE.get(mode, amount):
            raise Refused(f"The amount is above the limit of {mode}.", field="amount")
        if body.get("currency") != "INR" or mode not in MODES[account["account_type"]]:
            raise Refused("Mode is not allowed for this fund account.", field="mode")
        if body.get("purpose") not in PURPOSES:
            raise Refused("Invalid purpose", field="purpose")
        if not _NARRATION.fullmatch(str(body.get("narration") or "")):
            raise Refused("The narration format is invalid.", field="narration")
        reference = str(body.get("reference_id") or "")
        if len(reference) > 40:  # noqa: PLR2004
            raise Refused("The reference id may not be greater than 40.", field="reference_id")
        return {
            "entity": "payout",
            "fund_account_id": account["id"],
            "amount": amount,
            "currency": "INR",
            "notes": body.get("notes") or {},
            "fees": FEES_PAISE,
            "tax": TAX_PAISE,
            "status": self._first_status(
                mode, account, amount, queue=body.get("queue_if_low_balance")
            ),
            "purpose": body["purpose"],
            "utr": None,
            "mode": mode,
            "reference_id": reference or None,
            "narration": body.get("narration") or "",
            "batch_id": None,
            "failure_reason": None,
            "status_details": None,
        }

    def _first_status(self, mode: str, account: Entity, amount: int, *, queue: object) -> str:
        if amount + FEES_PAISE > self.balance_paise:
            if not queue:
                raise Refused("Your account does not have enough balance to carry out the payout.")
            return "queued"
        ifsc = str((account.get("bank_account") or {}).get("ifsc") or "")
        down = any(way == mode and ifsc.startswith(bank) for way, bank in self.manners.down)
        return "queued" if down else self.manners.begins

    def _go_on(self, payout: Entity) -> None:
        """Let a payout reach its end by itself, after a moment."""
        ends = self.manners.accounts.get(payout["fund_account_id"], self.manners.ends)
        if ends and payout["status"] == "processing":
            timer = threading.Timer(self.manners.after_s, self._end, [payout["id"], ends])
            timer.daemon = True
            timer.start()

    def _end(self, payout_id: str, status: str) -> None:
        payout = self._store.get("pout", payout_id)
        if payout is not None and payout["status"] == "processing":
            self.move(payout_id, status)

    def _write(self, payout: Entity, *, debit: int = 0, credit: int = 0) -> None:
        self._store.add(
            "txn", entity="transaction", account_number=ACCOUNT_NUMBER, amount=debit or credit,
            currency="INR", credit=credit, debit=debit,
            balance=self.balance_paise + credit - debit,
            source={"id": payout["id"], "entity": "payout", "utr": payout["utr"],
                    "amount": payout["amount"], "fees": payout["fees"], "tax": payout["tax"]},
        )  # fmt: skip

    def _once(self, kind: str, entity: str, facts: Entity, **more: object) -> Entity:
        """Return the entity that already has these facts, as RazorpayX does, or a new one."""
        with self._store.changing():
            found = self._store.all(kind, **facts)
            return found[0] if found else self._store.add(
                kind, entity=entity, **facts, active=True, **more
            )  # fmt: skip

    def _tell(self, payout: Entity, status: str) -> None:
        self._webhooks.send("payouts", f"payout.{status}", payout=payout)

    def _found(self, payout_id: str) -> Entity:
        found = self._store.get("pout", payout_id)
        if found is None:
            raise Refused("The id provided does not exist", field="id")
        return found


def _bank_account(given: Mapping[str, Any]) -> Entity:  # Any: as above
    number, ifsc = str(given.get("account_number")), str(given.get("ifsc"))
    if not _IFSC.fullmatch(ifsc):
        raise Refused("The ifsc code is invalid.", field="bank_account.ifsc")
    if not re.fullmatch(r"[A-Za-z0-9]{5,35}", number):
        raise Refused("The account number is invalid.", field="bank_account.account_number")
    return {
        "ifsc": ifsc,
        "bank_name": "State Bank of India",
        "name": given.get("name"),
        "account_number": number,
    }

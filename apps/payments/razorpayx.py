"""
RazorpayX through the same client: contact → fund account → validation and payout, and what became of it.

A payout is created under one idempotency key for ever, the payout's own id, which was committed before
the call. What is not answered is looked up by its reference, and never sent under another key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings

from apps.payments.gateway import Gateway, GatewaySilent
from apps.payments.machine import OF_RAZORPAY, State

T = TypeVar("T")
IDEMPOTENCY = "X-Payout-Idempotency"
NARRATION_MAX, REFERENCE_MAX, REASON_MAX, NAME_MAX = 30, 40, 64, 255
# What a validation sends to the account: the least there is.
PENNY_PAISE = 100
PAGE, PAGES_MAX, CLOCKS_DIFFER = 100, 10, timedelta(minutes=5)
_ACTIVE = {"active": True, "valid": True, "invalid": False}


@dataclass(frozen=True, slots=True)
class PayoutFacts:
    """A payout as Razorpay has it; paise. The fee includes the tax."""

    id: str
    state: State
    amount_paise: int
    reference: str
    fee_paise: int
    tax_paise: int
    utr: str
    reason: str


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: made of committed facts alone, so that each attempt asks for the same."""

    key: str
    reference: str
    fund_account_id: str
    amount_paise: int
    mode: str
    purpose: str
    narration: str


@dataclass(frozen=True, slots=True)
class ValidationFacts:
    """
    A validation as Razorpay has it: `created`, `completed` or `failed`.

    Completed, the bank said whether the account is active, and in whose name where it tells.
    """

    id: str
    status: str
    reference: str
    fund_account_id: str
    is_active: bool
    registered_name: str
    reason: str


@dataclass(frozen=True)
class RazorpayX:
    """The account that payouts leave from, ready to be asked."""

    gateway: Gateway
    account_number: str

    def contact(self, *, name: str, reference: str, kind: str) -> str:
        """
        Return the id of the contact with these facts; Razorpay makes it once.

        Raises:
            GatewayRefused, GatewaySilent
        """
        body = {"name": name, "type": kind, "reference_id": reference}
        return _id(self.gateway.call("post", "/v1/contacts", json=body))

    def bank_account(self, *, contact_id: str, name: str, ifsc: str, account_number: str) -> str:
        """Return the id of a contact's bank account; Razorpay makes it once."""
        details = {"name": name, "ifsc": ifsc, "account_number": account_number}
        return self._fund_account(contact_id, "bank_account", details)

    def vpa(self, *, contact_id: str, address: str) -> str:
        """Return the id of a contact's VPA; Razorpay makes it once."""
        return self._fund_account(contact_id, "vpa", {"address": address})

    def send(self, order: Order) -> PayoutFacts:
        """
        Have a payout made, or hear of the one that this key has made already.

        Raises:
            GatewayRefused, GatewaySilent
        """
        assert len(order.narration) <= NARRATION_MAX
        assert len(order.reference) <= REFERENCE_MAX
        body = {
            "account_number": self.account_number,
            "fund_account_id": order.fund_account_id,
            "amount": order.amount_paise,
            "currency": "INR",
            "mode": order.mode,
            "purpose": order.purpose,
            # A float that ran low lets payouts wait; it is no reason to send money back.
            "queue_if_low_balance": True,
            "reference_id": order.reference,
            "narration": order.narration,
        }
        headers = {IDEMPOTENCY: order.key}
        return _payout(self.gateway.call("post", "/v1/payouts", json=body, headers=headers))

    def payout(self, *, payout_id: str) -> PayoutFacts:
        """Return the payout as it is now."""
        return _payout(self.gateway.call("get", f"/v1/payouts/{payout_id}"))

    def payout_with_reference(self, *, reference: str) -> PayoutFacts | None:
        """Return the payout of this reference, if Razorpay knows one."""
        params = {"account_number": self.account_number, "reference_id": reference, "count": 2}
        rows = self.gateway.call("get", "/v1/payouts", params=params)
        found = [row for row in _read(rows, lambda said: said["items"]) if _is(row, reference)]
        if len(found) > 1:
            # One key makes one payout: whatever this is, nobody acts on it by rule.
            raise GatewaySilent("two payouts of one reference")
        return _payout(found[0]) if found else None

    def validate(self, *, fund_account_id: str, reference: str, key: str) -> ValidationFacts:
        """
        Ask the bank of a fund account whether it exists and in whose name; a small amount is paid to it.

        Razorpay documents the idempotency key for payouts alone: it is sent, and nothing rests on it.

        Raises:
            GatewayRefused, GatewaySilent
        """
        body = {
            "account_number": self.account_number,
            "fund_account": {"id": fund_account_id},
            "amount": PENNY_PAISE,
            "currency": "INR",
            "notes": {"reference": reference},
        }
        headers = {IDEMPOTENCY: key}
        return _validation(self.gateway.call("post", _VALIDATIONS, json=body, headers=headers))

    def validation(self, *, validation_id: str) -> ValidationFacts:
        """Return the validation as it is now."""
        return _validation(self.gateway.call("get", f"{_VALIDATIONS}/{validation_id}"))

    def validation_with_reference(
        self, *, reference: str, asked_at: datetime, now: datetime
    ) -> ValidationFacts | None:
        """Return the validation that carries this reference, asked for since then, if there is one."""
        span = {
            "account_number": self.account_number,
            "from": int((asked_at - CLOCKS_DIFFER).timestamp()),
            "to": int((now + CLOCKS_DIFFER).timestamp()),
        }
        for page in range(PAGES_MAX):
            params = {**span, "count": PAGE, "skip": page * PAGE}
            rows = self.gateway.call("get", _VALIDATIONS, params=params)
            items = _read(rows, lambda said: list(said["items"]))
            # The list knows no filter by reference: what the question carried says which it is.
            found = next((row for row in items if _reference(row) == reference), None)
            if found is not None:
                return _validation(found)
            if len(items) < PAGE:
                return None
        raise GatewaySilent("a list without an end")

    def _fund_account(self, contact_id: str, kind: str, details: dict[str, str]) -> str:
        body = {"contact_id": contact_id, "account_type": kind, kind: details}
        return _id(self.gateway.call("post", "/v1/fund_accounts", json=body))


def razorpayx(gateway: Gateway) -> RazorpayX:
    """Return the payout side of an account."""
    return RazorpayX(gateway, settings.RAZORPAYX_ACCOUNT_NUMBER)


def _payout(row: Any) -> PayoutFacts:  # Any: a JSON object of Razorpay's
    return _read(
        row,
        lambda said: PayoutFacts(
            id=str(said["id"]),
            state=OF_RAZORPAY[said["status"]],
            amount_paise=_paise(said["amount"]),
            reference=said["reference_id"] or "",
            fee_paise=_paise(said["fees"] or 0),
            tax_paise=_paise(said["tax"] or 0),
            utr=str(said["utr"] or "")[:REFERENCE_MAX],
            reason=str((said.get("status_details") or {}).get("reason") or "")[:REASON_MAX],
        ),
    )


_VALIDATIONS = "/v1/fund_accounts/validations"


def _validation(row: Any) -> ValidationFacts:  # Any: as above
    return _read(row, _validation_facts)


def _validation_facts(said: Any) -> ValidationFacts:  # Any: as above
    status = str(said["status"])
    if status not in {"created", "completed", "failed"}:
        raise KeyError(status)
    # The two names that Razorpay's documentation has for one object.
    told = said.get("results") or said.get("validation_results") or {}
    return ValidationFacts(
        id=str(said["id"]),
        status=status,
        reference=_reference(said),
        fund_account_id=str(said["fund_account"]["id"]),
        is_active=_ACTIVE[told["account_status"]] if status == "completed" else False,
        registered_name=str(told.get("registered_name") or "")[:NAME_MAX],
        reason=str((said.get("status_details") or {}).get("reason") or "")[:REASON_MAX],
    )


def _reference(row: Any) -> str:  # Any: as above
    # Razorpay answers an empty list where there are no notes.
    notes = _read(row, lambda said: said.get("notes"))
    return str(notes.get("reference") or "") if isinstance(notes, dict) else ""


def _id(row: Any) -> str:  # Any: as above
    return _read(row, lambda said: str(said["id"]))


def _is(row: Any, reference: str) -> bool:  # Any: as above
    return bool(_read(row, lambda said: said["reference_id"] == reference))


def _read(row: Any, read: Callable[[Any], T]) -> T:  # Any: as above
    try:
        return read(row)
    except (KeyError, TypeError, AttributeError) as odd:
        # An answer in another shape than was agreed on says nothing about what was done.
        raise GatewaySilent(f"unreadable: {type(odd).__name__}") from None


def _paise(value: object) -> int:
    """Return an amount; anything but a whole number is an answer that says nothing."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise GatewaySilent(f"an amount of type {type(value).__name__}")
    return value

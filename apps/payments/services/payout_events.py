"""What RazorpayX's events lead to: an event says which payout or question, its API says what is true of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.payments.gateway import Gateway
from apps.payments.models import Payout
from apps.payments.razorpayx import razorpayx
from apps.payments.services.halts import note_downtime
from apps.payments.services.payout_answers import record_answer
from apps.payments.services.payout_steps import Source
from apps.payments.services.validation_answers import record_validation
from apps.payments.services.waiting import Hopeless

# Any: an event's payload is JSON of RazorpayX's own shapes.
Payload = Mapping[str, Any]
_SOURCE = "RAZORPAYX"
_OF_A_PAYOUT = (
    "initiated", "pending", "queued", "processing", "updated", "processed", "reversed", "failed",
    "rejected", "cancelled",
)  # fmt: skip
# Nothing more is learned by asking again.
_ODD = frozenset({"differs", "unknown_payout", "sent_after_return", "unknown_validation"})


def _payout(payload: Payload, gateway: Gateway, now: datetime) -> str:
    payout_id = str(payload["payout"]["entity"]["id"])
    facts = razorpayx(gateway).payout(payout_id=payout_id)
    try:
        ours = UUID(hex=facts.reference)
    except ValueError:
        raise Hopeless("unknown_payout") from None
    outcome = record_answer(payout_id=ours, facts=facts, source=Source.EVENT, now=now)
    if outcome in _ODD:
        raise Hopeless(outcome)
    return outcome.lower()


def _downtime(payload: Payload, gateway: Gateway, now: datetime) -> str:  # noqa: ARG001 — a handler's
    # As documented at razorpay.com/docs/webhooks/payouts: ways in a list, the bank by its letters.
    told = payload["payout.downtime"]["entity"]
    modes = {str(mode) for mode in told["method"]} & set(Payout.Mode.values)
    if not modes:
        return "mode_unused"
    bank = str((told.get("instrument") or {}).get("bank") or "").upper()
    down = str(told["status"]).lower() == "started"
    note_downtime(downtime_id=str(told["id"]), modes=modes, bank=bank, down=down, now=now)
    return "down" if down else "up"


def _validation(payload: Payload, gateway: Gateway, now: datetime) -> str:
    validation_id = str(payload["fund_account.validation"]["entity"]["id"])
    facts = razorpayx(gateway).validation(validation_id=validation_id)
    try:
        ours = UUID(hex=facts.reference)
    except ValueError:
        raise Hopeless("unknown_validation") from None
    outcome = record_validation(validation_id=ours, facts=facts, now=now)
    if outcome in _ODD:
        raise Hopeless(outcome)
    return outcome.lower()


HANDLERS = (
    {(_SOURCE, f"payout.{name}"): _payout for name in _OF_A_PAYOUT}
    | {(_SOURCE, f"payout.downtime.{name}"): _downtime for name in ("started", "resolved")}
    | {
        (_SOURCE, f"fund_account.validation.{name}"): _validation
        for name in ("completed", "failed")
    }
)

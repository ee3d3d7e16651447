"""Payouts on the wire."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from apps.payments import selectors
from apps.payments.machine import CANCELLABLE, State
from apps.payments.models import Payout, PayoutDowntime
from uma.kernel.http.fields import RupeesField
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.money import rupees

STATES = [state.value.lower() for state in State]
WAITS_FOR = ["screening", "halt", "downtime"]


class PayoutRequest(StrictSerializer[Any]):
    amount = RupeesField(help_text="Rupees to be paid out.")
    fund_account_id = serializers.UUIDField(help_text="One of your own accounts.")


class PayoutResponse(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=STATES)
    amount = RupeesField()
    currency = serializers.CharField()
    account = serializers.CharField(help_text="Masked: `•••• 4321`, `•••@upi`.")
    fund_account_id = serializers.UUIDField()
    utr = serializers.CharField(allow_null=True, help_text="The bank's reference, once it is paid.")
    failure_reason = serializers.CharField(allow_null=True)
    waits_for = serializers.ChoiceField(
        choices=WAITS_FOR,
        allow_null=True,
        help_text="`screening`: a person looks at it first. `halt`: all payouts are stopped for now."
        " `downtime`: the bank of the account takes nothing by this way. It is sent when that is over.",
    )
    compensation = RupeesField(
        help_text="What was paid into the wallet because it came back late: 100 for each day."
    )
    cancellable = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    status_changed_at = serializers.DateTimeField()
    processed_at = serializers.DateTimeField(allow_null=True)


def payout_responses(
    payouts: Sequence[Payout], *, halted: bool, down: Sequence[PayoutDowntime]
) -> list[dict[str, object]]:
    """Return payouts as their payee sees them."""
    made_good = selectors.compensated_paise(payouts=payouts)
    return [
        {
            "id": payout.pk,
            "status": payout.state.lower(),
            "amount": rupees(payout.amount_paise),
            "currency": "INR",
            "account": payout.fund_account.shown,
            "fund_account_id": payout.fund_account_id,
            "utr": payout.utr or None,
            "failure_reason": payout.failure_reason or None,
            "waits_for": _waits_for(payout, halted=halted, down=selectors.waits_for(payout, down)),
            "compensation": rupees(made_good.get(payout.pk, 0)),
            "cancellable": payout.state in CANCELLABLE,
            "created_at": payout.created_at,
            "status_changed_at": payout.status_changed_at,
            "processed_at": payout.processed_at,
        }
        for payout in payouts
    ]


def _waits_for(payout: Payout, *, halted: bool, down: bool) -> str | None:
    if payout.state == State.SCREENING:
        return "screening"
    if payout.state != State.APPROVED:
        return None
    return "halt" if halted else "downtime" if down else None

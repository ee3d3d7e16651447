"""Balance rules on the wire."""

from typing import Any

from rest_framework import serializers

from apps.payments.selectors import RuleView
from uma.kernel.http.fields import RupeesField
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.money import rupees


class AutoTopUpRequest(StrictSerializer[Any]):
    enabled = serializers.BooleanField()
    below = RupeesField(help_text="Order a top-up when the wallet falls below this.")
    amount = RupeesField(help_text="How much each top-up adds.")
    monthly_cap = RupeesField(help_text="The most that is ordered in a calendar month.")


class BalanceRuleRequest(StrictSerializer[Any]):
    alert_below = RupeesField(help_text="Tell us when the wallet falls below this; 0: never.")
    auto_top_up = AutoTopUpRequest()


class AutoTopUpResponse(serializers.Serializer[Any]):
    enabled = serializers.BooleanField()
    below = RupeesField()
    amount = RupeesField()
    monthly_cap = RupeesField()
    ordered_this_month = RupeesField(help_text="What was ordered so far, unpaid orders included.")


class BalanceRuleResponse(serializers.Serializer[Any]):
    alert_below = RupeesField()
    below = serializers.BooleanField(help_text="Whether the wallet is below it now.")
    auto_top_up = AutoTopUpResponse()
    set_at = serializers.DateTimeField(allow_null=True)


def balance_rule_response(view: RuleView) -> dict[str, object]:
    """Return a merchant's rule about a low balance."""
    rule = view.rule
    return {
        "alert_below": rupees(rule.alert_below_paise),
        "below": rule.below_since is not None,
        "auto_top_up": {
            "enabled": rule.auto_on,
            "below": rupees(rule.auto_below_paise),
            "amount": rupees(rule.auto_amount_paise),
            "monthly_cap": rupees(rule.auto_monthly_cap_paise),
            "ordered_this_month": rupees(view.ordered_paise),
        },
        "set_at": rule.set_at,
    }

"""When a merchant's balance is low: whom to tell, and whether to add money."""

from django.db import models
from django.db.models import Q

from apps.payments.models.top_ups import TopUp

# A day or two of visits at the usual price of one.
ALERT_BELOW_PAISE = 1_000_00


class BalanceRule(models.Model):
    """
    A merchant's rule about a low balance; one alert and one automatic top-up for each crossing.

    `below_since` and `auto_below_since` are set while the balance is below the thresholds; the next
    crossing is one that comes after they were cleared. `crossings` numbers them.
    """

    merchant = models.OneToOneField(
        "merchants.Merchant", models.PROTECT, primary_key=True, related_name="+"
    )
    alert_below_paise = models.BigIntegerField(default=ALERT_BELOW_PAISE)
    below_since = models.DateTimeField(null=True)
    crossings = models.PositiveIntegerField(default=0)
    auto_on = models.BooleanField(default=False)
    auto_below_paise = models.BigIntegerField(default=ALERT_BELOW_PAISE)
    auto_amount_paise = models.BigIntegerField(default=5_000_00)
    auto_monthly_cap_paise = models.BigIntegerField(default=20_000_00)
    auto_below_since = models.DateTimeField(null=True)
    # Who set it last; null while it is the platform's own.
    set_by = models.UUIDField(null=True)
    set_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(alert_below_paise__gte=0, alert_below_paise__lte=10_00_000_00)
                & Q(auto_below_paise__gte=1, auto_below_paise__lte=10_00_000_00),
                name="payments_balance_rule_thresholds",
            ),
            models.CheckConstraint(
                condition=Q(auto_amount_paise__gte=100_00, auto_amount_paise__lte=5_00_000_00)
                & Q(auto_monthly_cap_paise__gte=models.F("auto_amount_paise"))
                & Q(auto_monthly_cap_paise__lte=1_00_00_000_00),
                name="payments_balance_rule_amounts",
            ),
        ]

    def __str__(self) -> str:
        return f"balance rule of {self.merchant_id}"


class AutoTopUp(models.Model):
    """A top-up that a rule asked for; one for each crossing."""

    top_up = models.OneToOneField(TopUp, models.PROTECT, primary_key=True, related_name="auto")
    rule = models.ForeignKey(BalanceRule, models.PROTECT, related_name="top_ups")
    below_since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "below_since"], name="payments_auto_top_up_once_per_crossing"
            )
        ]

    def __str__(self) -> str:
        return f"automatic {self.top_up_id}"

"""Rules about low balances, as operators see them."""

from django.contrib import admin

from apps.payments.models import AutoTopUp, BalanceRule
from uma.kernel.desk import ReadOnlyAdmin
from uma.kernel.desk_amounts import amount


@admin.register(BalanceRule)
class BalanceRuleAdmin(ReadOnlyAdmin[BalanceRule]):
    few = True
    zone_path = "merchant__zone_id"
    list_display = (
        "merchant", "alert_below", "below_since", "crossings", "auto_on", "auto_amount", "cap",
        "set_at",
    )  # fmt: skip
    list_filter = ("auto_on", ("below_since", admin.EmptyFieldListFilter))
    list_select_related = ("merchant",)
    search_fields = ("=merchant__id", "merchant__brand")
    ordering = ("merchant__brand", "pk")

    @admin.display(description="Told below", ordering="alert_below_paise")
    def alert_below(self, rule: BalanceRule) -> str:
        return amount(rule.alert_below_paise)

    @admin.display(description="Each top-up")
    def auto_amount(self, rule: BalanceRule) -> str:
        return amount(rule.auto_amount_paise) if rule.auto_on else "—"

    @admin.display(description="At most a month")
    def cap(self, rule: BalanceRule) -> str:
        return amount(rule.auto_monthly_cap_paise) if rule.auto_on else "—"


@admin.register(AutoTopUp)
class AutoTopUpAdmin(ReadOnlyAdmin[AutoTopUp]):
    zone_path = "rule__merchant__zone_id"
    list_display = ("below_since", "merchant", "rupees", "state")
    list_filter = ("top_up__state", "below_since")
    list_select_related = ("rule__merchant", "top_up")
    search_fields = ("=top_up__id", "=rule__merchant__id")

    @admin.display(description="Merchant")
    def merchant(self, auto: AutoTopUp) -> str:
        return str(auto.rule.merchant)

    @admin.display(description="Amount")
    def rupees(self, auto: AutoTopUp) -> str:
        return amount(auto.top_up.amount_paise)

    @admin.display(description="State")
    def state(self, auto: AutoTopUp) -> str:
        return auto.top_up.get_state_display()

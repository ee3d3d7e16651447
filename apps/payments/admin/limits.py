"""Limits and how well people are known, as operators see them."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.payments import services
from apps.payments.models import KycLevel, WalletPolicy
from uma.kernel.desk import Answers, Needs, ReadOnlyAdmin, ReasonForm, act_on_chosen
from uma.kernel.desk_amounts import amount


def _rupees(label: str, *, required: bool = False) -> forms.DecimalField:
    return forms.DecimalField(
        label=f"{label} (₹)",
        min_value=Decimal(0),
        decimal_places=2,
        required=required,
        help_text="" if required else "Left empty: no limit.",
    )


class LimitsForm(ReasonForm):
    """Rupees; left empty is no limit."""

    payout_min = _rupees("A payout at least", required=True)
    payout_max = _rupees("A payout at most", required=True)
    payout_day = _rupees("Payouts in a day at most")
    payout_month = _rupees("Payouts in a month at most")
    payouts_a_day = forms.IntegerField(label="Payouts a day", min_value=0, max_value=1_000)
    screen_above = _rupees("A person looks at payouts above")
    credit_age_hours = forms.IntegerField(
        label="Credits stay for (hours)", min_value=0, max_value=24 * 30
    )
    dormant_months = forms.IntegerField(
        label="Dormant after (months)", min_value=12, max_value=240, initial=36
    )
    dormant_warn_days = forms.IntegerField(
        label="Told before that (days)", min_value=7, max_value=365, initial=60
    )
    max_balance = _rupees("Balance at most")
    max_credit_month = _rupees("Credits in a month at most")
    effective_from = forms.DateTimeField(
        label="In force from (UTC)", required=False, help_text="Left empty: from now on."
    )


@admin.register(WalletPolicy)
class WalletPolicyAdmin(ReadOnlyAdmin[WalletPolicy]):
    few = True
    # The same limits hold in every zone.
    trail_keys = ("pk", "who")
    list_display = (
        "who", "effective_from", "max_balance", "max_payout", "max_day", "max_month",
        "dormant_months", "reason",
    )  # fmt: skip
    list_filter = ("who",)
    ordering = ("who", "-effective_from")
    actions = ("replace_selected",)

    has_set_permission = Needs("payments.set_wallet_policy")

    @admin.display(description="Balance at most")
    def max_balance(self, policy: WalletPolicy) -> str:
        return amount(policy.max_balance_paise)

    @admin.display(description="Payout at most")
    def max_payout(self, policy: WalletPolicy) -> str:
        return amount(policy.payout_max_paise)

    @admin.display(description="A day")
    def max_day(self, policy: WalletPolicy) -> str:
        return amount(policy.payout_day_paise)

    @admin.display(description="A month")
    def max_month(self, policy: WalletPolicy) -> str:
        return amount(policy.payout_month_paise)

    @admin.action(description="Set new limits for this kind of payee", permissions=["set"])
    def replace_selected(
        self, request: HttpRequest, chosen: QuerySet[WalletPolicy]
    ) -> HttpResponse | None:
        whose = dict(chosen.values_list("pk", "who"))

        def act(key: UUID, actor_id: UUID, answers: Answers) -> None:
            now = timezone.now()
            services.set_wallet_policy(
                who=whose[key],
                limits=_limits(answers),
                effective_from=answers["effective_from"] or now + timedelta(seconds=1),
                actor_id=actor_id,
                reason=answers["reason"],
                now=now,
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="replace_selected",
            question="Set these limits from then on? What was asked for before stands.",
            act=act,
            form_class=LimitsForm,
        )


def _limits(answers: Answers) -> services.Limits:
    def paise(name: str) -> int | None:
        return None if answers[name] is None else int(answers[name] * 100)

    return services.Limits(
        max_balance_paise=paise("max_balance"),
        max_credit_month_paise=paise("max_credit_month"),
        payout_min_paise=paise("payout_min") or 0,
        payout_max_paise=paise("payout_max") or 0,
        payout_day_paise=paise("payout_day"),
        payout_month_paise=paise("payout_month"),
        payouts_a_day=answers["payouts_a_day"],
        credit_age_hours=answers["credit_age_hours"],
        screen_above_paise=paise("screen_above"),
        dormant_months=answers["dormant_months"],
        dormant_warn_days=answers["dormant_warn_days"],
    )


@admin.register(KycLevel)
class KycLevelAdmin(ReadOnlyAdmin[KycLevel]):
    trail_keys = ("person_id",)
    zone_path = "person__zone_code"
    list_display = ("person", "level", "effective_from", "reason")
    list_filter = ("level", "effective_from")
    list_select_related = ("person",)
    search_fields = ("=id", "=person__id", "=person__username")

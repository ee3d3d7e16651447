"""Plans and what merchants pay for them, as operators see them, and what operators do about both."""

from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.merchants import services
from apps.merchants.models import (
    AgreedPrice,
    PlanFeature,
    PlanPrice,
    Subscription,
    SubscriptionCharge,
    SubscriptionRefund,
)
from uma.kernel.desk import (
    EVERYWHERE,
    Answers,
    Needs,
    ReadOnlyAdmin,
    ReasonForm,
    act_on_chosen,
    link_to,
)
from uma.kernel.desk_amounts import amount
from uma.kernel.money import PAISE_PER_RUPEE

INDIA = ZoneInfo("Asia/Kolkata")


class FeatureForm(ReasonForm):
    """How much a plan unlocks from now on."""

    most = forms.IntegerField(
        label="At most", min_value=0, required=False, help_text="Empty is without a limit."
    )
    field_order = ["most", "reason"]


class PriceForm(ReasonForm):
    """What a month costs from a day on; whoever has paid keeps the month."""

    price = forms.DecimalField(
        label="A month before GST, rupees", min_value=1, max_digits=9, decimal_places=2
    )
    from_day = forms.DateField(label="From (in India)", help_text="Today is at once.")
    field_order = ["price", "from_day", "reason"]


class RefundForm(ReasonForm):
    """How much of a month goes back; the tax on it goes back with it."""

    reads_back = True
    amount = forms.DecimalField(
        label="Before GST, rupees", min_value=0, max_digits=9, decimal_places=2
    )
    field_order = ["amount", "reason"]


def begins(day: date, *, now: datetime) -> datetime:
    """Return the beginning of a day in India, or now when it has begun already."""
    midnight = datetime.combine(day, time.min, INDIA)
    return now if day == now.astimezone(INDIA).date() else midnight


@admin.register(PlanFeature)
class PlanFeatureAdmin(ReadOnlyAdmin[PlanFeature]):
    few = True
    zone_path = EVERYWHERE
    list_display = ("plan", "feature", "most")
    list_filter = ("plan", "feature")
    ordering = ("feature", "most")
    actions = ("set_selected",)

    has_set_permission = Needs("merchants.set_plan")

    @admin.action(description="Set how much is unlocked", permissions=["set"])
    def set_selected(
        self, request: HttpRequest, chosen: QuerySet[PlanFeature]
    ) -> HttpResponse | None:
        rows = {row.pk: row for row in chosen}

        def act(key: int, actor_id: UUID, answers: Answers) -> None:
            services.set_plan_feature(
                plan=rows[key].plan,
                feature=rows[key].feature,
                most=answers["most"],
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="set_selected",
            question="Set this for everybody on the plan, at once? What is above it stays and is paused.",
            act=act,
            form_class=FeatureForm,
        )


@admin.register(PlanPrice)
class PlanPriceAdmin(ReadOnlyAdmin[PlanPrice]):
    few = True
    zone_path = EVERYWHERE
    trail_keys = ("plan",)
    list_display = ("plan", "effective_from", "price", "gst_bps", "reason")
    list_filter = ("plan",)
    ordering = ("plan", "-effective_from")
    actions = ("replace_selected",)

    @admin.display(description="A month", ordering="price_paise")
    def price(self, row: PlanPrice) -> str:
        return amount(row.price_paise)

    has_set_permission = Needs("merchants.set_plan")

    @admin.action(description="Set a new price for the plan of this row", permissions=["set"])
    def replace_selected(
        self, request: HttpRequest, chosen: QuerySet[PlanPrice]
    ) -> HttpResponse | None:
        plans = dict(chosen.values_list("pk", "plan"))

        def act(key: UUID, actor_id: UUID, answers: Answers) -> None:
            now = timezone.now()
            services.set_plan_price(
                plan=plans[key],
                # Two decimals at most, so nothing is cut off.
                price_paise=int(answers["price"] * PAISE_PER_RUPEE),
                effective_from=begins(answers["from_day"], now=now),
                actor_id=actor_id,
                reason=answers["reason"],
                now=now,
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="replace_selected",
            question="Set this price from that day on? Running months keep theirs.",
            act=act,
            form_class=PriceForm,
        )


@admin.register(AgreedPrice)
class AgreedPriceAdmin(ReadOnlyAdmin[AgreedPrice]):
    few = True
    zone_path = "merchant__zone_id"
    trail_keys = ("merchant_id",)
    list_display = ("merchant", "effective_from", "price", "gst_bps", "reason")
    list_select_related = ("merchant",)
    search_fields = ("merchant__brand", "=merchant__id")
    ordering = ("-effective_from",)

    @admin.display(description="A month", ordering="price_paise")
    def price(self, row: AgreedPrice) -> str:
        return amount(row.price_paise)


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin[Subscription]):
    few = True
    zone_path = "merchant__zone_id"
    trail_keys = ("merchant_id",)
    list_display = (
        "merchant", "plan", "state", "renews_as", "period_start", "period_end", "grace_until",
        "ending", "charges",
    )  # fmt: skip
    list_filter = ("state", "plan", "ending")
    list_select_related = ("merchant",)
    search_fields = ("merchant__brand", "=merchant__id", "=id")
    ordering = ("-started_at",)
    actions = ("end_selected",)

    @admin.display(description="Paid months")
    def charges(self, row: Subscription) -> SafeString:
        return link_to(
            "merchants_subscriptioncharge_changelist", "Months", subscription__id__exact=row.pk
        )

    has_end_permission = Needs("merchants.end_subscription")

    @admin.action(description="End at once", permissions=["end"])
    def end_selected(
        self, request: HttpRequest, chosen: QuerySet[Subscription]
    ) -> HttpResponse | None:
        def act(subscription_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.end_subscription(
                subscription_id=subscription_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="end_selected",
            question="Put these merchants on Basic at once? What they paid is refunded apart.",
            act=act,
        )


@admin.register(SubscriptionCharge)
class SubscriptionChargeAdmin(ReadOnlyAdmin[SubscriptionCharge]):
    zone_path = "subscription__merchant__zone_id"
    list_display = (
        "charged_at", "merchant", "plan", "period_start", "period_end", "price", "total", "journal",
    )  # fmt: skip
    list_filter = ("plan", "charged_at")
    list_select_related = ("subscription__merchant",)
    search_fields = ("=subscription__merchant__id", "=id")
    exclude = ("request_key", "request_fingerprint")
    actions = ("refund_selected",)

    @admin.display(description="Merchant")
    def merchant(self, row: SubscriptionCharge) -> str:
        return str(row.subscription.merchant)

    @admin.display(description="Before GST", ordering="price_paise")
    def price(self, row: SubscriptionCharge) -> str:
        return amount(row.price_paise)

    @admin.display(description="Paid")
    def total(self, row: SubscriptionCharge) -> str:
        return amount(row.total_paise)

    @admin.display(description="In the ledger")
    def journal(self, row: SubscriptionCharge) -> SafeString:
        return link_to("wallet_journal_changelist", "its posting", id__exact=row.journal_id)

    has_refund_permission = Needs("merchants.refund_subscription")

    @admin.action(description="Return money for a month", permissions=["refund"])
    def refund_selected(
        self, request: HttpRequest, chosen: QuerySet[SubscriptionCharge]
    ) -> HttpResponse | None:
        def act(charge_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.refund_charge(
                charge_id=charge_id,
                amount_paise=int(answers["amount"] * PAISE_PER_RUPEE),
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        def describe(row: SubscriptionCharge) -> str:
            return f"{self.merchant(row)}, {row}: {self.price(row)} before GST"

        return act_on_chosen(
            self,
            request,
            chosen,
            action="refund_selected",
            question="Return this much, with the tax on it, to the wallet? The plan goes on.",
            act=act,
            form_class=RefundForm,
            describe=describe,
        )


@admin.register(SubscriptionRefund)
class SubscriptionRefundAdmin(ReadOnlyAdmin[SubscriptionRefund]):
    few = True
    zone_path = "charge__subscription__merchant__zone_id"
    trail_keys = ("charge_id",)
    list_display = (
        "refunded_at",
        "merchant",
        "why",
        "before_tax",
        "total",
        "refunded_by",
        "reason",
    )
    list_filter = ("why", "refunded_at")
    list_select_related = ("charge__subscription__merchant",)
    search_fields = ("=charge__id", "=charge__subscription__merchant__id")
    ordering = ("-refunded_at",)

    @admin.display(description="Merchant")
    def merchant(self, row: SubscriptionRefund) -> str:
        return str(row.charge.subscription.merchant)

    @admin.display(description="Before GST", ordering="amount_paise")
    def before_tax(self, row: SubscriptionRefund) -> str:
        return amount(row.amount_paise)

    @admin.display(description="Returned")
    def total(self, row: SubscriptionRefund) -> str:
        return amount(row.total_paise)

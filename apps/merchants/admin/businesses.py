"""Zones, merchants and outlets as operators see them, and what operators do to them."""

from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.merchants import services
from apps.merchants.admin.plans import PriceForm, begins
from apps.merchants.admin.viewing import LooksAsOwner
from apps.merchants.models import Merchant, Outlet, Zone
from apps.wallet import codes
from apps.wallet import selectors as ledger
from uma.kernel.desk import (
    Answers,
    Needs,
    ReadOnlyAdmin,
    ReasonForm,
    act_on_chosen,
    beside,
    link_to,
    trail_of,
)
from uma.kernel.desk_amounts import amount
from uma.kernel.money import PAISE_PER_RUPEE


class TopUpForm(ReasonForm):
    """Money that reached the bank: how much, by which bank reference, and why it is credited."""

    reads_back = True
    amount = forms.DecimalField(
        label="Amount in rupees", min_value=1, max_digits=10, decimal_places=2
    )
    reference = forms.CharField(label="Bank reference (UTR)", max_length=64)
    field_order = ["amount", "reference", "reason"]


@admin.register(Zone)
class ZoneAdmin(ReadOnlyAdmin[Zone]):
    few = True
    zone_path = "code"
    list_display = ["code", "name", "timezone", "state_code", "bookings_paused_at"]
    list_filter = ["state_code"]
    search_fields = ["code", "name"]
    readonly_fields = ["reserve", "trail"]
    actions = ["pause_selected", "resume_selected", "fund_reserve"]

    @admin.display(description="Reserve for debts")
    def reserve(self, zone: Zone) -> str:
        code = codes.zone_account(zone.pk, "reserve")
        return amount(ledger.balances_paise(codes=[code], unopened=True)[code])

    @admin.display(description="History")
    def trail(self, zone: Zone) -> SafeString:
        return trail_of(zone.pk)

    has_pause_permission = Needs("merchants.pause_zone")

    @admin.action(description="Pause bookings in these zones", permissions=["pause"])
    def pause_selected(self, request: HttpRequest, chosen: QuerySet[Zone]) -> HttpResponse | None:
        def act(code: str, actor_id: UUID, answers: Answers) -> None:
            services.pause_zone(
                code=code, actor_id=actor_id, reason=answers["reason"], now=timezone.now()
            )

        question = "Stop new bookings in these zones? What is booked is still redeemed."
        return act_on_chosen(
            self, request, chosen, action="pause_selected", question=question, act=act
        )

    @admin.action(description="Resume bookings in these zones", permissions=["pause"])
    def resume_selected(self, request: HttpRequest, chosen: QuerySet[Zone]) -> HttpResponse | None:
        def act(code: str, actor_id: UUID, answers: Answers) -> None:
            services.resume_zone(
                code=code, actor_id=actor_id, reason=answers["reason"], now=timezone.now()
            )

        question = "Let bookings in these zones begin again?"
        return act_on_chosen(
            self, request, chosen, action="resume_selected", question=question, act=act
        )

    has_fund_permission = Needs("merchants.top_up_merchant")

    @admin.action(description="Put our own money into the reserve", permissions=["fund"])
    def fund_reserve(self, request: HttpRequest, chosen: QuerySet[Zone]) -> HttpResponse | None:
        def act(code: str, actor_id: UUID, answers: Answers) -> None:
            services.fund_reserve(
                zone_code=code,
                # Two decimals at most, so nothing is cut off.
                amount_paise=int(answers["amount"] * PAISE_PER_RUPEE),
                reference=answers["reference"],
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        def describe(zone: Zone) -> str:
            return f"{zone.name}: {self.reserve(zone)} now"

        return act_on_chosen(
            self,
            request,
            chosen,
            action="fund_reserve",
            question="Put this much of the platform's own money into the zone's reserve?",
            act=act,
            form_class=TopUpForm,
            describe=describe,
        )


@admin.register(Merchant)
class MerchantAdmin(LooksAsOwner):
    few = True
    zone_path = "zone_id"
    list_display = ["brand", "zone", "plan", "status", "status_changed_at", "links"]
    list_filter = ["status", "plan", "zone"]
    list_select_related = ["zone"]
    search_fields = ["brand", "legal_name", "gstin", "=id"]
    readonly_fields = ["wallet", "held", "frozen", "links"]
    actions = [
        "top_up", "freeze_selected", "unfreeze_selected", "activate_selected", "suspend_selected",
        "agree_price", "view_as",
    ]  # fmt: skip

    @admin.display(description="Wallet")
    def wallet(self, merchant: Merchant) -> str:
        return amount(ledger.balance_paise(code=codes.merchant_wallet(merchant.pk)))

    @admin.display(description="Held for bookings")
    def held(self, merchant: Merchant) -> str:
        return amount(ledger.held_paise(merchant_id=merchant.pk))

    @admin.display(description="Frozen", boolean=True)
    def frozen(self, merchant: Merchant) -> bool:
        return ledger.is_frozen(code=codes.merchant_wallet(merchant.pk))

    @admin.display(description="See also")
    def links(self, merchant: Merchant) -> SafeString:
        key = merchant.pk
        return beside(
            [
                link_to("merchants_outlet_changelist", "Outlets", merchant__id__exact=key),
                link_to("campaigns_campaign_changelist", "Campaigns", merchant__id__exact=key),
                link_to("merchants_staff_changelist", "Staff", merchant__id__exact=key),
                link_to("merchants_subscription_changelist", "Plans", merchant__id__exact=key),
                link_to("payments_adjustment_changelist", "Adjustments", q=key),
                link_to("payments_adjustment_propose", "Adjust", whose="merchant", key=key),
                trail_of(key),
            ]
        )

    has_top_up_permission = Needs("merchants.top_up_merchant")

    has_freeze_permission = Needs("merchants.freeze_merchant_wallet")

    has_status_permission = Needs("merchants.change_merchant_status")

    @admin.action(description="Top up the wallet", permissions=["top_up"])
    def top_up(self, request: HttpRequest, chosen: QuerySet[Merchant]) -> HttpResponse | None:
        def act(merchant_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.top_up(
                merchant_id=merchant_id,
                # Two decimals at most, so nothing is cut off.
                amount_paise=int(answers["amount"] * PAISE_PER_RUPEE),
                reference=answers["reference"],
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        def describe(merchant: Merchant) -> str:
            return f"{merchant.brand} ({merchant.legal_name}): {self.wallet(merchant)} now"

        return act_on_chosen(
            self,
            request,
            chosen,
            action="top_up",
            question="Credit this merchant's wallet?",
            act=act,
            form_class=TopUpForm,
            describe=describe,
        )

    @admin.action(description="Freeze the wallet", permissions=["freeze"])
    def freeze_selected(
        self, request: HttpRequest, chosen: QuerySet[Merchant]
    ) -> HttpResponse | None:
        def act(merchant_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.freeze_wallet(
                merchant_id=merchant_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        question = "Freeze these wallets? Bookings and scans will be refused."
        return act_on_chosen(
            self, request, chosen, action="freeze_selected", question=question, act=act
        )

    @admin.action(description="Unfreeze the wallet", permissions=["freeze"])
    def unfreeze_selected(
        self, request: HttpRequest, chosen: QuerySet[Merchant]
    ) -> HttpResponse | None:
        def act(merchant_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.unfreeze_wallet(
                merchant_id=merchant_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="unfreeze_selected",
            question="Let the money of these merchants move again?",
            act=act,
        )

    @admin.action(description="Activate", permissions=["status"])
    def activate_selected(
        self, request: HttpRequest, chosen: QuerySet[Merchant]
    ) -> HttpResponse | None:
        def act(merchant_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.activate(
                merchant_id=merchant_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="activate_selected",
            question="Let these merchants sell?",
            act=act,
        )

    @admin.action(description="Suspend", permissions=["status"])
    def suspend_selected(
        self, request: HttpRequest, chosen: QuerySet[Merchant]
    ) -> HttpResponse | None:
        def act(merchant_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.suspend(
                merchant_id=merchant_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        question = "Stop these merchants from selling? What is booked is still honoured."
        return act_on_chosen(
            self, request, chosen, action="suspend_selected", question=question, act=act
        )

    has_plan_permission = Needs("merchants.set_plan")

    @admin.action(description="Offer Enterprise at a price", permissions=["plan"])
    def agree_price(self, request: HttpRequest, chosen: QuerySet[Merchant]) -> HttpResponse | None:
        def act(merchant_id: UUID, actor_id: UUID, answers: Answers) -> None:
            now = timezone.now()
            services.agree_price(
                merchant_id=merchant_id,
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
            action="agree_price",
            question="Offer Enterprise at this price? The owner accepts by choosing it.",
            act=act,
            form_class=PriceForm,
        )


@admin.register(Outlet)
class OutletAdmin(ReadOnlyAdmin[Outlet]):
    few = True
    zone_path = "zone_id"
    list_display = ["name", "merchant", "zone", "category", "status", "radius_m", "deals"]
    list_filter = ["status", "zone", "category"]
    list_select_related = ["merchant", "zone"]
    search_fields = ["name", "address", "merchant__brand", "=id"]
    readonly_fields = ["deals", "trail"]
    actions = ["open_selected", "pause_selected", "close_selected"]

    @admin.display(description="Sold here")
    def deals(self, outlet: Outlet) -> SafeString:
        here = {"outlet__id__exact": outlet.pk}
        # The merchant as well: the index of live bookings begins with it.
        live = here | {"merchant__id__exact": outlet.merchant_id, "state__exact": "BOOKED"}
        return beside(
            [
                link_to("campaigns_deal_changelist", "Deals", **here),
                link_to("rides_booking_changelist", "Live bookings", **live),
            ]
        )

    @admin.display(description="History")
    def trail(self, outlet: Outlet) -> SafeString:
        return trail_of(outlet.pk)

    has_status_permission = Needs("merchants.change_outlet_status")

    def _set(
        self, request: HttpRequest, chosen: QuerySet[Outlet], action: str, status: str
    ) -> HttpResponse | None:
        def act(outlet_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.set_outlet_status(
                outlet_id=outlet_id,
                status=status,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        question = f"Make these outlets {status.lower()}?"
        return act_on_chosen(self, request, chosen, action=action, question=question, act=act)

    @admin.action(description="Open", permissions=["status"])
    def open_selected(self, request: HttpRequest, chosen: QuerySet[Outlet]) -> HttpResponse | None:
        return self._set(request, chosen, "open_selected", Outlet.Status.OPEN)

    @admin.action(description="Pause", permissions=["status"])
    def pause_selected(self, request: HttpRequest, chosen: QuerySet[Outlet]) -> HttpResponse | None:
        return self._set(request, chosen, "pause_selected", Outlet.Status.PAUSED)

    @admin.action(description="Close for good", permissions=["status"])
    def close_selected(self, request: HttpRequest, chosen: QuerySet[Outlet]) -> HttpResponse | None:
        return self._set(request, chosen, "close_selected", Outlet.Status.CLOSED)

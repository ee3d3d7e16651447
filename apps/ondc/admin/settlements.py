"""Money between participants as operators see it: what is due, what was asked and answered, what differs."""

from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.ondc import services
from apps.ondc.models import (
    Disagreement,
    SellerRegistration,
    Settlement,
    SettlementLine,
    SettlementRequest,
)
from apps.ondc.services import MOST_EXPORTED
from uma.kernel.desk import (
    Answers,
    Needs,
    ReadOnlyAdmin,
    ReasonForm,
    act_on_chosen,
    confirm,
    file_answer,
)
from uma.kernel.desk_amounts import amount


class TransferForm(ReasonForm):
    """A seller's transfer as the bank shows it."""

    amount = forms.DecimalField(label="Amount in rupees", max_digits=12, decimal_places=2)
    reference = forms.CharField(label="The bank's reference (UTR)", max_length=64)
    field_order = ["amount", "reference", "reason"]


class RegistrationForm(ReasonForm):
    """What a seller's papers say."""

    legal_name = forms.CharField(label="Legal name", max_length=160)
    gstin = forms.CharField(label="GSTIN", max_length=15)
    field_order = ["legal_name", "gstin", "reason"]


class DecisionForm(ReasonForm):
    """Who is right."""

    decision = forms.ChoiceField(
        choices=[choice for choice in Disagreement.Decision.choices if choice[0] != "AGREED"]
    )
    field_order = ["decision", "reason"]


@admin.register(Settlement)
class SettlementAdmin(ReadOnlyAdmin[Settlement]):
    zone_path = "zone_code"
    list_display = (
        "due_at", "number", "bpp_id", "zone_code", "collected_by", "fare", "fee", "booked", "recon",
        "told_status", "settled_at", "reference",
    )  # fmt: skip
    list_filter = (
        "collected_by",
        "recon",
        "zone_code",
        ("settled_at", admin.EmptyFieldListFilter),
        "due_at",
    )
    search_fields = ("=id", "=number", "=bpp_id", "=reference")
    actions = ("settle_selected", "export_selected", "register_selected")

    has_settle_permission = Needs("ondc.settle_settlement")
    has_export_permission = Needs("ondc.export_settlement")
    has_register_permission = Needs("ondc.register_seller")

    @admin.display(description="Fare", ordering="fare_paise")
    def fare(self, row: Settlement) -> str:
        return amount(row.fare_paise)

    @admin.display(description="Our share", ordering="fee_paise")
    def fee(self, row: Settlement) -> str:
        return amount(row.fee_paise)

    @admin.display(description="Booked", ordering="booked_paise")
    def booked(self, row: Settlement) -> str:
        return amount(row.booked_paise)

    @admin.action(description="The seller paid everything up to this one", permissions=["settle"])
    def settle_selected(
        self, request: HttpRequest, chosen: QuerySet[Settlement]
    ) -> HttpResponse | None:
        def act(settlement_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.settle_fees(
                up_to=settlement_id,
                amount_paise=int(answers["amount"] * 100),
                reference=answers["reference"],
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="settle_selected",
            question="Book a seller's transfer? It pays everything open up to the chosen order.",
            act=act,
            form_class=TransferForm,
        )

    @admin.action(description="Take these out as a table (CSV)", permissions=["export"])
    def export_selected(
        self, request: HttpRequest, chosen: QuerySet[Settlement]
    ) -> HttpResponse | None:
        if chosen.count() > MOST_EXPORTED:
            text = f"At most {MOST_EXPORTED} rows at once: narrow the list."
            self.message_user(request, text, messages.ERROR)
            return None
        found = confirm(
            self,
            request,
            chosen,
            action="export_selected",
            question="Take these settlements out as a table?",
        )
        if found is None or isinstance(found, HttpResponse):
            return found
        now = timezone.now()
        table = services.export_settlements(
            ids=list(found.rows.values_list("pk", flat=True)),
            actor_id=found.actor_id,
            reason=found.answers["reason"],
            now=now,
        )
        name = f"settlements-{now:%Y%m%d-%H%M%S}.csv"
        return file_answer(table, name=name, content_type="text/csv; charset=utf-8")

    @admin.action(
        description="Say where the seller is registered for GST", permissions=["register"]
    )
    def register_selected(
        self, request: HttpRequest, chosen: QuerySet[Settlement]
    ) -> HttpResponse | None:
        def act(settlement_id: UUID, actor_id: UUID, answers: Answers) -> None:
            now = timezone.now()
            services.register_seller(
                settlement_id=settlement_id,
                legal_name=answers["legal_name"],
                gstin=answers["gstin"],
                effective_from=now,
                actor_id=actor_id,
                reason=answers["reason"],
                now=now,
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="register_selected",
            question="Where is the seller of this order registered? It holds for all its orders from now on.",
            act=act,
            form_class=RegistrationForm,
        )


@admin.register(Disagreement)
class DisagreementAdmin(ReadOnlyAdmin[Disagreement]):
    few = True
    zone_path = "zone_code"
    list_display = (
        "opened_at", "kind", "number", "party", "ours", "theirs", "detail", "decision",
        "decided_at",
    )  # fmt: skip
    list_filter = (("decided_at", admin.EmptyFieldListFilter), "kind", "zone_code", "opened_at")
    search_fields = ("=id", "=number", "=party")
    ordering = ("-opened_at",)
    actions = ("decide_selected",)

    has_decide_permission = Needs("ondc.decide_disagreement")

    @admin.display(description="Ours", ordering="ours_paise")
    def ours(self, row: Disagreement) -> str:
        return amount(row.ours_paise)

    @admin.display(description="Theirs", ordering="theirs_paise")
    def theirs(self, row: Disagreement) -> str:
        return amount(row.theirs_paise)

    @admin.action(description="Decide", permissions=["decide"])
    def decide_selected(
        self, request: HttpRequest, chosen: QuerySet[Disagreement]
    ) -> HttpResponse | None:
        def act(disagreement_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.decide_disagreement(
                disagreement_id=disagreement_id,
                decision=answers["decision"],
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="decide_selected",
            question="Who is right? Their amount becomes what is due; ours is asked about again.",
            act=act,
            form_class=DecisionForm,
            describe=lambda row: (
                f"{row}: ours {amount(row.ours_paise)}, theirs {amount(row.theirs_paise)}"
            ),
        )


@admin.register(SettlementRequest)
class SettlementRequestAdmin(ReadOnlyAdmin[SettlementRequest]):
    list_display = (
        "made_at", "action", "seller", "party", "state", "error_code", "until", "closed_at",
    )  # fmt: skip
    list_filter = ("action", "state", "made_at")
    search_fields = ("=dispatch__id", "=transaction_id")


@admin.register(SettlementLine)
class SettlementLineAdmin(ReadOnlyAdmin[SettlementLine]):
    zone_path = "settlement__zone_code"
    list_display = (
        "request", "settlement", "said", "answer", "told", "reference", "error_code", "answered_at",
    )  # fmt: skip
    list_filter = ("action", "answer", "answered_at")
    list_select_related = ("request", "settlement")
    search_fields = ("=id", "=settlement__number", "=request__dispatch__id")

    @admin.display(description="We said", ordering="amount_paise")
    def said(self, row: SettlementLine) -> str:
        return amount(row.amount_paise)

    @admin.display(description="They said", ordering="told_paise")
    def told(self, row: SettlementLine) -> str:
        return amount(row.told_paise)


@admin.register(SellerRegistration)
class SellerRegistrationAdmin(ReadOnlyAdmin[SellerRegistration]):
    few = True
    list_display = ("effective_from", "bpp_id", "legal_name", "gstin", "recorded_at")
    search_fields = ("=bpp_id", "legal_name", "=gstin")
    ordering = ("bpp_id", "-effective_from")

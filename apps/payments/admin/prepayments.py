"""Payments in advance, and what is owed back of them, as operators see and decide it."""

from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.payments import services
from apps.payments.models import Prepayment, PrepaymentRefund
from uma.kernel.desk import (
    Answers,
    Needs,
    ReadOnlyAdmin,
    ReasonForm,
    act_on_chosen,
    beside,
    link_to,
)
from uma.kernel.desk_amounts import amount


@admin.register(Prepayment)
class PrepaymentAdmin(ReadOnlyAdmin[Prepayment]):
    zone_path = "zone_code"
    list_display = ("created_at", "rupees", "state", "payment_id", "state_changed_at", "journal")
    list_filter = ("state", "created_at")
    search_fields = ("=id", "=order_id", "=payment_id", "=purpose", "=rider__id")

    @admin.display(description="Amount", ordering="amount_paise")
    def rupees(self, row: Prepayment) -> str:
        return amount(row.amount_paise)

    @admin.display(description="In the ledger")
    def journal(self, row: Prepayment) -> SafeString | str:
        if row.journal_id is None:
            return "—"
        return link_to("wallet_journal_changelist", "its posting", id__exact=row.journal_id)


class TransferForm(ReasonForm):
    """What the bank's transfer is known by, and why it was made."""

    reference = forms.CharField(
        max_length=64, help_text="The bank's reference (UTR) of the transfer."
    )


@admin.register(PrepaymentRefund)
class PrepaymentRefundAdmin(ReadOnlyAdmin[PrepaymentRefund]):
    zone_path = "prepayment__zone_code"
    list_display = ("owed_at", "rupees", "state", "reason", "waits_for", "reference", "journals")
    list_filter = ("state", "reason", "owed_at")
    list_select_related = ("prepayment",)
    search_fields = ("=id", "=reference", "=prepayment__payment_id", "=prepayment__rider__id")
    actions = ("send_again_selected", "settle_selected")

    has_settle_permission = Needs("payments.settle_prepayment_refund")

    @admin.display(description="Owed back", ordering="amount_paise")
    def rupees(self, row: PrepaymentRefund) -> str:
        return amount(row.amount_paise)

    @admin.display(description="What it waits for")
    def waits_for(self, row: PrepaymentRefund) -> str:
        if row.state == "STUCK":
            return row.last_error or "a decision"
        if row.state != "OWED":
            return "—"
        return "Razorpay" if row.owed_journal_id else "the capture"

    @admin.display(description="In the ledger")
    def journals(self, row: PrepaymentRefund) -> SafeString:
        named = {"owed": row.owed_journal_id, "gone": row.gone_journal_id}
        return beside(
            link_to("wallet_journal_changelist", text, id__exact=journal_id)
            for text, journal_id in named.items()
            if journal_id is not None
        )

    @admin.action(description="Send again what Razorpay refused", permissions=["settle"])
    def send_again_selected(
        self, request: HttpRequest, chosen: QuerySet[PrepaymentRefund]
    ) -> HttpResponse | None:
        def act(refund_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.send_refund_again(
                refund_id=refund_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="send_again_selected",
            question="Send these refunds again? Razorpay is asked first whether it has them.",
            act=act,
            describe=self._described,
        )

    @admin.action(description="Book that the bank paid it", permissions=["settle"])
    def settle_selected(
        self, request: HttpRequest, chosen: QuerySet[PrepaymentRefund]
    ) -> HttpResponse | None:
        def act(refund_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.settle_refund(
                refund_id=refund_id,
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
            question="Book that these were paid by a transfer? Nothing is sent by this.",
            act=act,
            form_class=TransferForm,
            describe=self._described,
        )

    def _described(self, row: PrepaymentRefund) -> SafeString:
        return format_html("{} of {}", amount(row.amount_paise), row.prepayment.payment_id)

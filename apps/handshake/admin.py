"""Handshakes, reversals and disputes as operators see them: to read, and to act on with a reason."""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from apps.handshake import disputes, reversals
from apps.handshake.models import Dispute, Handshake, Reversal
from uma.kernel.errors import DomainError
from uma.kernel.money import rupees


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


def _rupees(paise: int) -> str:
    return f"₹{rupees(paise):,.2f}"


class _ReadOnly(admin.ModelAdmin[Handshake | Reversal | Dispute]):
    """Rows that only services write."""

    show_full_result_count = False
    actions_on_bottom = True

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 — Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False


def _with_reason(
    site: admin.ModelAdmin[Handshake | Reversal | Dispute],
    request: HttpRequest,
    chosen: QuerySet[Handshake | Reversal | Dispute],
    *,
    action: str,
    question: str,
    act: Callable[[UUID, UUID, str], None],
) -> HttpResponse | None:
    """Ask for the reason, then call the service once for each chosen row and report each refusal."""
    form = ReasonForm(request.POST if "confirmed" in request.POST else None)
    if not form.is_valid():
        context = {
            **site.admin_site.each_context(request),
            "title": question,
            "chosen": chosen,
            "form": form,
            "action": action,
            "opts": site.model._meta,  # noqa: SLF001 — Django's documented way to a model's options
        }
        return TemplateResponse(request, "handshake/confirm_with_reason.html", context)
    actor_id = request.user.pk
    assert isinstance(actor_id, UUID)
    for row_id in chosen.order_by("pk").values_list("pk", flat=True):
        try:
            act(row_id, actor_id, form.cleaned_data["reason"])
        except DomainError as refusal:
            site.message_user(request, f"{row_id}: {refusal.detail}", messages.ERROR)
        else:
            site.message_user(request, f"{row_id}: done", messages.SUCCESS)
    return None


@admin.register(Handshake)
class HandshakeAdmin(_ReadOnly):
    list_display = [
        "created_at",
        "zone_code",
        "merchant_id",
        "debit",
        "cashback",
        "is_new_customer",
        "review",
        "reversed",
        "announced_at",
    ]
    list_filter = ["zone_code", "review", "is_new_customer", "created_at"]
    search_fields = ["=id", "=booking_id", "=merchant_id", "=rider_id"]
    actions = ["reverse_selected", "approve_selected"]

    @admin.display(description="Merchant paid")
    def debit(self, handshake: Handshake) -> str:
        return _rupees(handshake.merchant_debit_paise)

    @admin.display(description="Rider received")
    def cashback(self, handshake: Handshake) -> str:
        return _rupees(handshake.reimbursement_paise)

    @admin.display(description="Returned")
    def reversed(self, handshake: Handshake) -> str:
        return _rupees(handshake.reversed_paise) if handshake.reversed_paise else "—"

    @admin.action(description="Reverse: return the merchant's money", permissions=["reverse"])
    def reverse_selected(
        self, request: HttpRequest, chosen: QuerySet[Handshake]
    ) -> HttpResponse | None:
        def act(handshake_id: UUID, actor_id: UUID, reason: str) -> None:
            reversals.reverse(
                handshake_id=handshake_id,
                merchant_id=None,
                actor_id=actor_id,
                amount_paise=None,
                reason=reason,
                key=None,
                now=timezone.now(),
            )

        question = "Return the money of these handshakes to their merchants?"
        return _with_reason(
            self, request, chosen, action="reverse_selected", question=question, act=act
        )

    @admin.action(description="Review: pay out the parked cashback", permissions=["reverse"])
    def approve_selected(
        self, request: HttpRequest, chosen: QuerySet[Handshake]
    ) -> HttpResponse | None:
        def act(handshake_id: UUID, actor_id: UUID, reason: str) -> None:
            disputes.approve_review(
                handshake_id=handshake_id, actor_id=actor_id, reason=reason, now=timezone.now()
            )

        question = "Pay the parked cashback of these handshakes to their riders?"
        return _with_reason(
            self, request, chosen, action="approve_selected", question=question, act=act
        )

    def has_reverse_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("handshake.reverse_handshake")


@admin.register(Reversal)
class ReversalAdmin(_ReadOnly):
    list_display = ["created_at", "handshake", "full", "returned", "owed", "reason", "actor_id"]
    list_filter = ["full", "created_at"]
    search_fields = ["=handshake__id"]

    @admin.display(description="Returned")
    def returned(self, reversal: Reversal) -> str:
        return _rupees(reversal.merchant_credit_paise)

    @admin.display(description="The rider owes")
    def owed(self, reversal: Reversal) -> str:
        return _rupees(reversal.receivable_paise) if reversal.receivable_paise else "—"


@admin.register(Dispute)
class DisputeAdmin(_ReadOnly):
    list_display = ["due_at", "state", "handshake", "opened_as", "parked", "reason", "decided_at"]
    list_filter = ["state", "opened_as"]
    search_fields = ["=handshake__id"]
    actions = ["for_rider", "for_merchant"]

    @admin.display(description="Parked")
    def parked(self, dispute: Dispute) -> str:
        return _rupees(dispute.parked_paise)

    @admin.action(description="Decide for the rider", permissions=["decide"])
    def for_rider(self, request: HttpRequest, chosen: QuerySet[Dispute]) -> HttpResponse | None:
        return self._decide(request, chosen, action="for_rider", for_merchant=False)

    @admin.action(description="Decide for the merchant", permissions=["decide"])
    def for_merchant(self, request: HttpRequest, chosen: QuerySet[Dispute]) -> HttpResponse | None:
        return self._decide(request, chosen, action="for_merchant", for_merchant=True)

    def _decide(
        self, request: HttpRequest, chosen: QuerySet[Dispute], *, action: str, for_merchant: bool
    ) -> HttpResponse | None:
        def act(dispute_id: UUID, actor_id: UUID, reason: str) -> None:
            disputes.decide(
                dispute_id=dispute_id,
                for_merchant=for_merchant,
                actor_id=actor_id,
                reason=reason,
                now=timezone.now(),
            )

        side = "merchants" if for_merchant else "riders"
        question = f"Decide these disputes for the {side}?"
        return _with_reason(self, request, chosen, action=action, question=question, act=act)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("handshake.reverse_handshake")

"""Handshakes, reversals and disputes as operators see them: to read, and to act on with a reason."""

from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.handshake import disputes, reversals
from apps.handshake.models import BooksLook, CheckIn, Dispute, Handshake, Reversal
from uma.kernel.desk import Answers, Needs, ReadOnlyAdmin, act_on_chosen
from uma.kernel.money import rupees


def _rupees(paise: int) -> str:
    return f"₹{rupees(paise):,.2f}"


@admin.register(Handshake)
class HandshakeAdmin(ReadOnlyAdmin[Handshake]):
    trail_keys = ("pk", "booking_id")
    zone_path = "zone_code"
    list_display = (
        "created_at", "zone_code", "debit", "cashback", "is_new_customer", "review", "returned",
        "announced_at", "see_also",
    )  # fmt: skip
    list_filter = ("zone_code", "review", "is_new_customer", "created_at")
    search_fields = ("=id", "=booking_id", "=merchant_id", "=rider_id")
    actions = page_acts = ("reverse_selected", "approve_selected")
    # A request's key is its owner's.
    exclude = ("request_key", "request_fingerprint")

    @admin.display(description="Merchant paid")
    def debit(self, handshake: Handshake) -> str:
        return _rupees(handshake.merchant_debit_paise)

    @admin.display(description="Rider received")
    def cashback(self, handshake: Handshake) -> str:
        return _rupees(handshake.reimbursement_paise)

    @admin.display(description="Returned")
    def returned(self, handshake: Handshake) -> str:
        return _rupees(handshake.reversed_paise) if handshake.reversed_paise else "—"

    @admin.display(description="See also")
    def see_also(self, handshake: Handshake) -> SafeString:
        pages = (
            ("Booking", "rides_booking", handshake.booking_id),
            ("Merchant", "merchants_merchant", handshake.merchant_id),
            ("Campaign", "campaigns_campaign", handshake.campaign_id),
            ("Rider", "accounts_user", handshake.rider_id),
        )
        links = [(reverse(f"admin:{page}_change", args=[key]), name) for name, page, key in pages]
        return format_html_join(" · ", '<a href="{}">{}</a>', links)

    @admin.action(description="Reverse: return the merchant's money", permissions=["reverse"])
    def reverse_selected(
        self, request: HttpRequest, chosen: QuerySet[Handshake]
    ) -> HttpResponse | None:
        def act(handshake_id: UUID, actor_id: UUID, answers: Answers) -> str:
            done = reversals.reverse(
                handshake_id=handshake_id,
                merchant_id=None,
                actor_id=actor_id,
                amount_paise=None,
                reason=answers["reason"],
                key=None,
                now=timezone.now(),
            )
            return _rupees(done.reversal.merchant_credit_paise)

        return act_on_chosen(
            self,
            request,
            chosen,
            action="reverse_selected",
            question="Return the money of these handshakes to their merchants?",
            act=act,
            describe=_described,
        )

    @admin.action(description="Review: pay out the parked cashback", permissions=["reverse"])
    def approve_selected(
        self, request: HttpRequest, chosen: QuerySet[Handshake]
    ) -> HttpResponse | None:
        def act(handshake_id: UUID, actor_id: UUID, answers: Answers) -> str:
            paid_paise = disputes.approve_review(
                handshake_id=handshake_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )
            return f"{_rupees(paid_paise)} to the rider"

        return act_on_chosen(
            self,
            request,
            chosen,
            action="approve_selected",
            question="Pay the parked cashback of these handshakes to their riders?",
            act=act,
            describe=_described,
        )

    has_reverse_permission = Needs("handshake.reverse_handshake")


def _described(handshake: Handshake) -> str:
    paid, back = handshake.merchant_debit_paise, handshake.reimbursement_paise
    return f"{handshake.pk}: the merchant paid {_rupees(paid)}, the rider has {_rupees(back)}"


@admin.register(Reversal)
class ReversalAdmin(ReadOnlyAdmin[Reversal]):
    trail_keys = ("handshake_id",)
    zone_path = "handshake__zone_code"
    list_display = ("created_at", "handshake", "full", "returned", "owed", "reason", "actor_id")
    list_filter = ("full", "created_at")
    list_select_related = ("handshake",)
    search_fields = ("=handshake__id",)
    exclude = ("request_key", "request_fingerprint")

    @admin.display(description="Returned")
    def returned(self, reversal: Reversal) -> str:
        return _rupees(reversal.merchant_credit_paise)

    @admin.display(description="The rider owes")
    def owed(self, reversal: Reversal) -> str:
        return _rupees(reversal.receivable_paise) if reversal.receivable_paise else "—"


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin[Dispute]):
    few = True
    trail_keys = ("handshake_id",)
    zone_path = "handshake__zone_code"
    list_display = ("due_at", "state", "handshake", "opened_as", "parked", "reason", "decided_at")
    list_filter = ("state", "opened_as")
    list_select_related = ("handshake",)
    search_fields = ("=handshake__id",)
    ordering = ("due_at",)
    actions = ("for_rider", "for_merchant")

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
        def act(dispute_id: UUID, actor_id: UUID, answers: Answers) -> str:
            decided = disputes.decide(
                dispute_id=dispute_id,
                for_merchant=for_merchant,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )
            return (
                f"{_rupees(decided.moved_paise)} to the {'merchant' if for_merchant else 'rider'}"
            )

        side = "merchants" if for_merchant else "riders"
        question = f"Decide these disputes for the {side}?"
        return act_on_chosen(self, request, chosen, action=action, question=question, act=act)

    has_decide_permission = Needs("handshake.reverse_handshake")


@admin.register(CheckIn)
class CheckInAdmin(ReadOnlyAdmin[CheckIn]):
    zone_path = "zone_code"
    list_display = (
        "created_at",
        "zone_code",
        "merchant_id",
        "outlet_id",
        "rider_id",
        "is_new_customer",
    )
    list_filter = ("zone_code", "is_new_customer", "created_at")
    search_fields = ("=id", "=merchant_id", "=outlet_id", "=rider_id")


@admin.register(BooksLook)
class BooksLookAdmin(ReadOnlyAdmin[BooksLook]):
    few = True
    list_display = ("kind", "looked_at", "right", "wrong", "clean_at")
    fields = readonly_fields = ("kind", "looked_at", "wrong", "clean_at", "rows")

    @admin.display(description="Found nothing", boolean=True)
    def right(self, look: BooksLook) -> bool:
        return look.wrong == 0

    @admin.display(description="What it found")
    def rows(self, look: BooksLook) -> SafeString | str:
        return format_html_join(format_html("<br>"), "{}, {}: {}", look.found) or "—"

"""Payouts, each of their steps, and what holds all of them back, as operators see them."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.payments import selectors, services
from apps.payments.models import Payout, PayoutDowntime, PayoutHalt, PayoutTransition
from apps.payments.services.halts import OBJECT as ALL_PAYOUTS
from uma.kernel.desk import Answers, Needs, ReadOnlyAdmin, act_on_chosen, beside, link_to
from uma.kernel.desk_amounts import amount


class TransitionInline(admin.TabularInline[PayoutTransition, Payout]):
    """Each step of the payout, the first one first."""

    model = PayoutTransition
    fields = readonly_fields = ("at", "before", "after", "source", "note", "actor_id")
    ordering = ("pk",)
    extra = 0
    can_delete = False


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin[Payout]):
    zone_path = "zone_code"
    list_display = ("created_at", "kind", "payee", "rupees", "state", "why", "utr")
    list_filter = ("state", "kind", "mode", "created_at")
    list_select_related = ("person", "merchant")
    search_fields = ("=id", "=razorpay_id", "=utr", "=person__id", "=merchant__id")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "id", "kind", "payee", "fund_account", "rupees", "zone_code", "state", "why",
                    "created_at", "status_changed_at",
                )
            },
        ),
        (
            "At Razorpay",
            {
                "fields": (
                    "razorpay_id", "reference", "mode", "utr", "fee", "submitted_at", "attempts",
                    "claimed_at", "next_look_at", "processed_at",
                )
            },
        ),
        ("In the ledger", {"fields": ("journals", "late")}),
    )  # fmt: skip
    readonly_fields = ("id", "payee", "rupees", "why", "reference", "fee", "journals", "late")
    inlines = (TransitionInline,)
    actions = ("approve_selected", "reject_selected", "ask_again_selected", "halt_all")

    has_screen_permission = Needs("payments.screen_payout")
    has_ask_permission = Needs("payments.ask_about_payout")
    has_halt_permission = Needs("payments.halt_payouts")

    def trail_ids(self, row: Payout) -> list[str]:
        # What stops all of them is part of each one's history.
        return [str(row.pk), ALL_PAYOUTS]

    @admin.display(description="Payee")
    def payee(self, payout: Payout) -> SafeString | str:
        if payout.merchant is not None:
            key = payout.merchant.pk
            return link_to("merchants_merchant_changelist", payout.merchant, id__exact=key)
        if payout.person is None:
            return "—"
        # Whom nobody named is known by the end of the id, which is what differs.
        name = payout.person.display_name or f"…{str(payout.person.pk)[-12:]}"
        return link_to("accounts_user_changelist", name, id__exact=payout.person.pk)

    @admin.display(description="Why it waits or went back")
    def why(self, payout: Payout) -> str:
        waits = payout.screened_for if payout.state == "SCREENING" else ""
        return waits or payout.failure_reason or "—"

    @admin.display(description="Razorpay's fee, with tax")
    def fee(self, payout: Payout) -> str:
        return amount(payout.fee_paise)

    @admin.display(description="Amount", ordering="amount_paise")
    def rupees(self, payout: Payout) -> str:
        return amount(payout.amount_paise)

    @admin.display(description="In the ledger")
    def journals(self, payout: Payout) -> SafeString:
        named = {
            "set aside": payout.held_journal_id,
            "paid": payout.paid_journal_id,
            "given back": payout.returned_journal_id,
        }
        return beside(
            link_to("wallet_journal_changelist", text, id__exact=journal_id)
            for text, journal_id in named.items()
            if journal_id is not None
        )

    @admin.display(description="Paid for the delay")
    def late(self, payout: Payout) -> SafeString | str:
        paise = selectors.compensated_paise(payouts=[payout]).get(payout.pk)
        if paise is None:
            return "—"
        named = f"tat_compensation:{payout.pk}:"
        return link_to("wallet_journal_changelist", amount(paise), reference__startswith=named)

    @admin.action(description="Approve: it is sent", permissions=["screen"])
    def approve_selected(
        self, request: HttpRequest, chosen: QuerySet[Payout]
    ) -> HttpResponse | None:
        def act(payout_id: UUID, actor_id: UUID, answers: Answers) -> str:
            row = services.approve_payout(
                payout_id=payout_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )
            return f"{amount(row.amount_paise)} will be sent"

        return self._ask(
            request, chosen, "approve_selected", "Send these payouts? Money leaves.", act
        )

    @admin.action(description="Reject: the money goes back", permissions=["screen"])
    def reject_selected(
        self, request: HttpRequest, chosen: QuerySet[Payout]
    ) -> HttpResponse | None:
        def act(payout_id: UUID, actor_id: UUID, answers: Answers) -> str:
            row = services.reject_payout(
                payout_id=payout_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )
            return f"{amount(row.amount_paise)} back in the wallet"

        return self._ask(
            request, chosen, "reject_selected", "Refuse these payouts? The money goes back.", act
        )

    @admin.action(description="Ask Razorpay again what became of it", permissions=["ask"])
    def ask_again_selected(
        self, request: HttpRequest, chosen: QuerySet[Payout]
    ) -> HttpResponse | None:
        def act(payout_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.ask_again(
                payout_id=payout_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return self._ask(
            request,
            chosen,
            "ask_again_selected",
            "Have Razorpay asked about these payouts? Nothing is sent a second time.",
            act,
        )

    @admin.action(description="Stop ALL payouts, not these alone", permissions=["halt"])
    def halt_all(self, request: HttpRequest, chosen: QuerySet[Payout]) -> HttpResponse | None:
        def act(_: UUID, actor_id: UUID, answers: Answers) -> None:
            services.halt_payouts(reason=answers["reason"], actor_id=actor_id, now=timezone.now())

        question = "Stop all payouts of all zones until somebody lets them go on?"
        return self._ask(request, chosen, "halt_all", question, act)

    def _ask(
        self,
        request: HttpRequest,
        chosen: QuerySet[Payout],
        action: str,
        question: str,
        act: Callable[[UUID, UUID, Answers], str | None],
    ) -> HttpResponse | None:
        def describe(payout: Payout) -> SafeString:
            return format_html(
                "{} to {}, {}", amount(payout.amount_paise), self.payee(payout), payout.state
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action=action,
            question=question,
            act=act,
            describe=describe,
        )


@admin.register(PayoutTransition)
class PayoutTransitionAdmin(ReadOnlyAdmin[PayoutTransition]):
    zone_path = "payout__zone_code"
    list_display = ("at", "payout", "before", "after", "source", "note")
    list_filter = ("after", "source", "at")
    list_select_related = ("payout",)
    search_fields = ("=payout__id",)


@admin.register(PayoutHalt)
class PayoutHaltAdmin(ReadOnlyAdmin[PayoutHalt]):
    few = True
    # One account at Razorpay serves every zone, and so does what stops it.
    list_display = ("halted_at", "reason", "lifted_at", "lifted_because")
    list_filter = (("lifted_at", admin.EmptyFieldListFilter), "halted_at")
    ordering = ("-halted_at",)
    actions = ("resume_all",)

    has_halt_permission = Needs("payments.halt_payouts")

    def trail_ids(self, row: PayoutHalt) -> list[str]:
        return [str(row.pk), ALL_PAYOUTS]

    @admin.action(description="Let all payouts go on", permissions=["halt"])
    def resume_all(self, request: HttpRequest, chosen: QuerySet[PayoutHalt]) -> HttpResponse | None:
        def act(_: UUID, actor_id: UUID, answers: Answers) -> None:
            services.resume_payouts(reason=answers["reason"], actor_id=actor_id, now=timezone.now())

        return act_on_chosen(
            self,
            request,
            chosen,
            action="resume_all",
            question="Let all payouts go on, whatever they were stopped for?",
            act=act,
        )


@admin.register(PayoutDowntime)
class PayoutDowntimeAdmin(ReadOnlyAdmin[PayoutDowntime]):
    few = True
    list_display = ("id", "bank", "modes", "told_at", "until", "is_over")
    ordering = ("-told_at", "id")

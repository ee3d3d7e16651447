"""Adjustments of wallets: proposed on a page of their own, decided by another operator."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.payments import services
from apps.payments.errors import SelfApproval
from apps.payments.models import ALONE_PAISE, MOST_PAISE, Adjustment
from uma.kernel.desk import (
    Answers,
    Needs,
    ReadOnlyAdmin,
    ReasonForm,
    act_on_chosen,
    link_to,
    zones_with,
)
from uma.kernel.desk_amounts import amount, read_back
from uma.kernel.errors import DomainError
from uma.kernel.ids import new_id
from uma.kernel.money import PAISE_PER_RUPEE

PROPOSE = "payments.propose_adjustment"


class ProposalForm(ReasonForm):
    """Whose wallet, which way and how much."""

    reads_back = True
    whose = forms.ChoiceField(choices=[("person", "A rider's"), ("merchant", "A business's")])
    key = forms.UUIDField(
        label="Identifier", help_text="The rider's or the business's, from its page."
    )
    direction = forms.ChoiceField(
        choices=[("GIVE", "Give to the wallet"), ("TAKE", "Take from the wallet")]
    )
    amount = forms.DecimalField(
        label="Rupees", min_value=1, max_value=MOST_PAISE // PAISE_PER_RUPEE, decimal_places=2
    )
    # A click more is not a present more: what one page sends is one proposal. Some browsers keep hidden
    # fields when a page is loaded again, unless they are told not to.
    proposal = forms.UUIDField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}))
    field_order = ["whose", "key", "direction", "amount", "reason"]


@admin.register(Adjustment)
class AdjustmentAdmin(ReadOnlyAdmin[Adjustment]):
    few = True
    zone_path = "zone_code"
    change_list_template = "payments/adjustments.html"
    list_display = ("what", "whose", "stands", "reason", "proposed_at")
    list_filter = ("state", "direction", "zone_code", "proposed_at")
    list_select_related = ("person", "merchant")
    search_fields = ("=id", "=person__id", "=merchant__id", "=proposed_by", "=decided_by")
    fields = (
        "state", "direction", "amount_paise", "whose", "reason", "proposed_by", "proposed_at",
        "expires_at", "decided_by", "decided_at", "decided_because", "journal", "zone_code",
    )  # fmt: skip
    readonly_fields = ("whose", "journal")
    actions = ("approve_selected", "refuse_selected")

    has_decide_permission = Needs("payments.decide_adjustment")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.propose)
        return [path("propose/", view, name="payments_adjustment_propose"), *super().get_urls()]

    @admin.display(description="What", ordering="amount_paise")
    def what(self, row: Adjustment) -> str:
        return f"{amount(row.amount_paise)} {row.get_direction_display()}"

    @admin.display(description="State", ordering="state")
    def stands(self, row: Adjustment) -> SafeString | str:
        # In one cell: narrow ones would be longer than a screen.
        if row.state == Adjustment.State.PROPOSED:
            return f"waits until {row.expires_at:%-d %b}"
        return row.get_state_display() if row.journal_id is None else self.journal(row)

    @admin.display(description="Whose")
    def whose(self, row: Adjustment) -> SafeString:
        if row.merchant is not None:
            page, key, name = "merchants_merchant", row.merchant.pk, row.merchant.brand
        else:
            assert row.person is not None
            # Whom nobody named is known by the end of the id, which is what differs.
            page, key = "accounts_user", row.person.pk
            name = row.person.display_name or f"…{str(row.person.pk)[-12:]}"
        return format_html('<a href="{}">{}</a>', reverse(f"admin:{page}_change", args=[key]), name)

    @admin.display(description="In the ledger")
    def journal(self, row: Adjustment) -> SafeString | str:
        if row.journal_id is None:
            return "—"
        return link_to("wallet_journal_changelist", "booked", id__exact=row.journal_id)

    def propose(self, request: HttpRequest) -> HttpResponse:
        """Ask whose wallet, which way, how much and why; say what came of it."""
        if not request.user.has_perm(PROPOSE):
            raise PermissionDenied
        known = {name: request.GET.get(name, "") for name in ("whose", "key")}
        form = ProposalForm(request.POST or None, initial=known | {"proposal": str(new_id())})
        moves = read_back(form)
        if moves and request.POST.get("read_back") == moves:
            try:
                row = self._proposed(request, form.cleaned_data)
            except DomainError as refusal:
                form.add_error(None, refusal.detail or refusal.title)
            else:
                told = f"{self.what(row)}: {row.get_state_display()}."
                self.message_user(request, told, messages.SUCCESS)
                page = reverse("admin:payments_adjustment_change", args=[row.pk])
                return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),
            "title": "Adjust a wallet",
            "form": form,
            "opts": self.opts,
            "alone": amount(ALONE_PAISE),
            "read_back": "" if form.errors else moves,
        }
        return TemplateResponse(request, "payments/propose_adjustment.html", context)

    def _proposed(
        self, request: HttpRequest, answers: dict[str, Any]
    ) -> Adjustment:  # Any: a form's
        actor_id = request.user.pk
        assert isinstance(actor_id, UUID)
        of_person = answers["whose"] == "person"
        return services.propose_adjustment(
            adjustment_id=answers["proposal"],
            person_id=answers["key"] if of_person else None,
            merchant_id=None if of_person else answers["key"],
            gives=answers["direction"] == "GIVE",
            # Two decimals at most, so nothing is cut off.
            amount_paise=int(answers["amount"] * PAISE_PER_RUPEE),
            actor_id=actor_id,
            within=zones_with(request, PROPOSE),
            reason=answers["reason"],
            now=timezone.now(),
        )

    @admin.action(description="Agree: the money moves now", permissions=["decide"])
    def approve_selected(
        self, request: HttpRequest, chosen: QuerySet[Adjustment]
    ) -> HttpResponse | None:
        return self._decide(
            request,
            chosen,
            action="approve_selected",
            question="Agree to these adjustments? The money moves at once.",
            decide=services.approve_adjustment,
        )

    @admin.action(description="Refuse: nothing moves", permissions=["decide"])
    def refuse_selected(
        self, request: HttpRequest, chosen: QuerySet[Adjustment]
    ) -> HttpResponse | None:
        return self._decide(
            request,
            chosen,
            action="refuse_selected",
            question="Refuse these adjustments?",
            decide=services.refuse_adjustment,
        )

    def _decide(
        self,
        request: HttpRequest,
        chosen: QuerySet[Adjustment],
        *,
        action: str,
        question: str,
        decide: Any,  # Any: one of the two services
    ) -> HttpResponse | None:
        own: list[SelfApproval] = []

        def act(adjustment_id: UUID, actor_id: UUID, answers: Answers) -> str:
            try:
                row = decide(
                    adjustment_id=adjustment_id,
                    actor_id=actor_id,
                    reason=answers["reason"],
                    now=timezone.now(),
                )
            except SelfApproval as refusal:
                own.append(refusal)
                raise
            return (
                self.what(row)
                if row.journal_id
                else f"{amount(row.amount_paise)} stays where it is"
            )

        def describe(row: Adjustment) -> SafeString:
            return format_html("{}, {}: {}", self.what(row), self.whose(row), row.reason)

        answer = act_on_chosen(
            self, request, chosen, action=action, question=question, act=act, describe=describe
        )
        if not own:
            return answer
        context = {
            **self.admin_site.each_context(request),
            "title": own[0].title,
            "opts": self.opts,
        }
        return TemplateResponse(request, "payments/own_adjustment.html", context, status=403)

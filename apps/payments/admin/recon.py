"""What does not agree, the runs that found it, and the custody check, as operators see them."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.payments import selectors, services
from apps.payments.admin.cells import day, two
from apps.payments.models import CustodyCheck, ReconException, ReconRun
from uma.kernel.desk import Answers, M, Needs, ReadOnlyAdmin, ReasonForm, act_on_chosen
from uma.kernel.desk_amounts import amount
from uma.kernel.money import PAISE_PER_RUPEE

HALTED = "Payouts are halted. They go on when an operator lets them, with a reason."


class HaltTold(ReadOnlyAdmin[M]):
    """A list above which a banner says that payouts are halted."""

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # Any: Django's context
    ) -> HttpResponse:
        if request.method == "GET" and selectors.payouts_halted():
            self.message_user(request, HALTED, messages.ERROR)
        return super().changelist_view(request, extra_context)


class DecideForm(ReasonForm):
    """Why, and how much it is about."""

    amount = forms.DecimalField(
        label="Repeat the amount in rupees", max_digits=14, decimal_places=2
    )
    field_order = ["amount", "reason"]


@admin.register(ReconException)
class ReconExceptionAdmin(HaltTold[ReconException]):
    few = True
    list_display = ("what", "rupees", "sides", "decided", "seen")
    list_filter = ("state", "standing", "kind", "first_seen_at")
    search_fields = ("=id", "subject", "detail")
    ordering = ("-standing", "-first_seen_at")
    readonly_fields = ("rupees", "expected", "found", "bank_effect")
    exclude = ("amount_paise", "expected_paise", "found_paise", "bank_effect_paise")
    actions = ("explain_selected", "close_selected")

    has_decide_permission = Needs("payments.decide_recon_exception")

    @admin.display(description="What", ordering="kind")
    def what(self, row: ReconException) -> SafeString:
        # A bank line's own id says nothing to people.
        subject = "" if row.subject.startswith("line:") else row.subject[:44]
        return two(row.get_kind_display().capitalize(), f"{row.detail} {subject}")

    @admin.display(description="Expected and found")
    def sides(self, row: ReconException) -> SafeString:
        return two(f"{amount(row.expected_paise)} expected", f"{amount(row.found_paise)} found")

    @admin.display(description="State", ordering="state")
    def decided(self, row: ReconException) -> SafeString:
        gone = "" if row.standing else "went away"
        return two(row.get_state_display(), row.reason[:60] or gone)

    @admin.display(description="Seen since", ordering="first_seen_at")
    def seen(self, row: ReconException) -> str:
        return day(row.first_seen_at)

    @admin.display(description="Amount", ordering="amount_paise")
    def rupees(self, row: ReconException) -> str:
        return amount(row.amount_paise)

    @admin.display(description="Expected")
    def expected(self, row: ReconException) -> str:
        return amount(row.expected_paise)

    @admin.display(description="Found")
    def found(self, row: ReconException) -> str:
        return amount(row.found_paise)

    @admin.display(description="The bank holds more by")
    def bank_effect(self, row: ReconException) -> str:
        return amount(row.bank_effect_paise)

    @admin.action(description="Explain: it stands, and we know why", permissions=["decide"])
    def explain_selected(
        self, request: HttpRequest, chosen: QuerySet[ReconException]
    ) -> HttpResponse | None:
        question = "Explain these? They stay on the list, and custody takes them into account."
        return self._decide(request, chosen, "explain_selected", question, close=False)

    @admin.action(description="Close: it is dealt with", permissions=["decide"])
    def close_selected(
        self, request: HttpRequest, chosen: QuerySet[ReconException]
    ) -> HttpResponse | None:
        question = "Close these? What is closed stays closed."
        return self._decide(request, chosen, "close_selected", question, close=True)

    def _decide(
        self,
        request: HttpRequest,
        chosen: QuerySet[ReconException],
        action: str,
        question: str,
        *,
        close: bool,
    ) -> HttpResponse | None:
        def act(exception_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.decide_exception(
                exception_id=exception_id,
                close=close,
                amount_paise=int(answers["amount"] * PAISE_PER_RUPEE),
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        def describe(row: ReconException) -> str:
            return f"{row}: {amount(row.amount_paise)}. {row.detail}"

        return act_on_chosen(
            self,
            request,
            chosen,
            action=action,
            question=question,
            act=act,
            form_class=DecideForm,
            describe=describe,
        )


@admin.register(ReconRun)
class ReconRunAdmin(HaltTold[ReconRun]):
    list_display = ("ran_at", "since", "matched", "found_new", "cleared", "standing", "differs")
    list_filter = ("ran_at",)
    ordering = ("-ran_at",)
    fields = readonly_fields = (
        "ran_at", "since", "matched", "found_new", "cleared", "standing", "sides",
    )  # fmt: skip

    @admin.display(description="Ledger and Razorpay", boolean=True)
    def differs(self, run: ReconRun) -> bool:
        return all(
            run.totals[name]["ledger"] == run.totals[name]["razorpay"]
            for name in ("payments", "payouts")
        )

    @admin.display(description="Totals")
    def sides(self, run: ReconRun) -> SafeString:
        rows = format_html_join(
            "",
            "<tr><th scope='row'>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (
                    name.capitalize(),
                    amount(side["ledger"]),
                    amount(side.get("razorpay", side.get("bank"))),
                    amount(side.get("razorpay", side.get("bank", 0)) - side["ledger"]),
                    amount(side.get("in_transit")),
                )
                for name, side in run.totals.items()
            ),
        )
        head = SafeString(
            "<thead><tr><th></th><th>Ledger</th><th>Razorpay or bank</th><th>Difference</th>"
            "<th>On its way</th></tr></thead>"
        )
        return format_html("<table>{}<tbody>{}</tbody></table>", head, rows)


@admin.register(CustodyCheck)
class CustodyCheckAdmin(HaltTold[CustodyCheck]):
    list_display = ("checked_at", "whole", "held", "owed", "bank", "ledger", "difference", "short")
    list_filter = ("whole", "checked_at")
    ordering = ("-checked_at",)
    fields = readonly_fields = (
        "checked_at", "whole", "held", "owed", "shortfall", "bank", "ledger", "in_transit", "explained",
        "difference", "halted",
    )  # fmt: skip

    @admin.display(description="Bank")
    def bank(self, check: CustodyCheck) -> SafeString:
        return two(
            amount(check.bank_paise), f"on {day(check.closes_on)}" if check.closes_on else ""
        )

    @admin.display(description="In custody")
    def held(self, check: CustodyCheck) -> str:
        return amount(check.held_paise)

    @admin.display(description="Owed to others")
    def owed(self, check: CustodyCheck) -> str:
        return amount(check.owed_paise)

    @admin.display(description="What is owed is covered", boolean=True)
    def short(self, check: CustodyCheck) -> bool:
        return not check.shortfall

    @admin.display(description="Ledger")
    def ledger(self, check: CustodyCheck) -> str:
        return amount(check.ledger_paise)

    @admin.display(description="On its way")
    def in_transit(self, check: CustodyCheck) -> str:
        return amount(check.in_transit_paise)

    @admin.display(description="Explained")
    def explained(self, check: CustodyCheck) -> str:
        return amount(check.explained_paise)

    @admin.display(description="Difference")
    def difference(self, check: CustodyCheck) -> str:
        return amount(check.difference_paise)

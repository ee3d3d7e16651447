"""What banks were asked about payout accounts, and the names that a person has to look at."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.payments import services
from apps.payments.models import AccountValidation
from uma.kernel.desk import Answers, Needs, ReadOnlyAdmin, act_on_chosen, link_to, readable
from uma.kernel.desk_amounts import amount


@admin.register(AccountValidation)
class AccountValidationAdmin(ReadOnlyAdmin[AccountValidation]):
    zone_path = "zone_code"
    list_display = ("created_at", "state", "decision", "payee", "given", "registered", "account")
    list_filter = ("state", ("accepted", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("fund_account__person", "fund_account__merchant")
    search_fields = ("=id", "=fund_account__id", "=razorpay_id", "=fund_account__person__id")
    fields = readonly_fields = (
        "id", "payee", "account", "given", "known", "registered", "state", "reason", "created_at",
        "asked_at", "razorpay_id", "reference", "attempts", "next_look_at", "ended_at", "decision",
        "decided_by", "decided_at", "cost", "journal",
    )  # fmt: skip
    actions = ("accept_selected", "refuse_selected")
    trail_keys = ("pk", "fund_account_id")

    has_verify_permission = Needs("payments.verify_fund_account")

    @admin.display(description="Payee")
    def payee(self, asked: AccountValidation) -> str:
        return str(asked.fund_account.merchant or asked.fund_account.person)

    @admin.display(description="Account")
    def account(self, asked: AccountValidation) -> SafeString:
        found = asked.fund_account
        return link_to("payments_fundaccount_changelist", found.shown, id__exact=found.pk)

    @admin.display(description="Name given with it")
    def given(self, asked: AccountValidation) -> str:
        return readable(lambda: asked.fund_account.holder_name) or "—"

    @admin.display(description="Name of the payee here")
    def known(self, asked: AccountValidation) -> str:
        merchant, person = asked.fund_account.merchant, asked.fund_account.person
        if merchant is not None:
            return f"{merchant.legal_name} ({merchant.brand})"
        return (readable(lambda: person.display_name) if person is not None else "") or "—"

    @admin.display(description="Name at the bank")
    def registered(self, asked: AccountValidation) -> str:
        return readable(lambda: asked.registered_name) or "—"

    @admin.display(description="Decision")
    def decision(self, asked: AccountValidation) -> str:
        if asked.accepted is None:
            return "waits" if asked.waits_for_a_decision else "—"
        return "the payee's" if asked.accepted else "another's"

    @admin.display(description="What it cost, with tax")
    def cost(self, asked: AccountValidation) -> str:
        return amount(asked.cost_paise)

    @admin.display(description="In the ledger")
    def journal(self, asked: AccountValidation) -> SafeString | str:
        if asked.cost_journal_id is None:
            return "—"
        return link_to("wallet_journal_changelist", "its cost", id__exact=asked.cost_journal_id)

    @admin.action(
        description="The name is the payee's: payouts may go there", permissions=["verify"]
    )
    def accept_selected(
        self, request: HttpRequest, chosen: QuerySet[AccountValidation]
    ) -> HttpResponse | None:
        return act_on_chosen(
            self,
            request,
            chosen,
            action="accept_selected",
            question="Is the bank's name the payee's? Then money may go there.",
            act=_decide(accept=True),
            describe=self._described,
        )

    @admin.action(
        description="The name is another's: nothing is paid there", permissions=["verify"]
    )
    def refuse_selected(
        self, request: HttpRequest, chosen: QuerySet[AccountValidation]
    ) -> HttpResponse | None:
        return act_on_chosen(
            self,
            request,
            chosen,
            action="refuse_selected",
            question="Is the bank's name another's? The payee is told, and may add another account.",
            act=_decide(accept=False),
            describe=self._described,
        )

    def _described(self, asked: AccountValidation) -> str:
        return (
            f"{asked.fund_account.shown}: given as {self.given(asked)}, at the bank"
            f" {self.registered(asked)}, known here as {self.known(asked)}"
        )


def _decide(*, accept: bool) -> Callable[[UUID, UUID, Answers], None]:
    def act(validation_id: UUID, actor_id: UUID, answers: Answers) -> None:
        services.decide_validation(
            validation_id=validation_id,
            accept=accept,
            actor_id=actor_id,
            reason=answers["reason"],
            now=timezone.now(),
        )

    return act

"""Where money may be paid out to, as operators see it: never by the account's number."""

from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.payments import selectors, services
from apps.payments.errors import UnknownFundAccount
from apps.payments.models import FundAccount
from uma.kernel.desk import (
    Answers,
    Needs,
    ReadOnlyAdmin,
    ReasonForm,
    act_on_chosen,
    beside,
    link_to,
    readable,
    trail_of,
)


class KycForm(ReasonForm):
    level = forms.ChoiceField(
        choices=[
            ("0", "0: by phone alone, nothing is paid out"),
            ("1", "1: PAN seen, the account's name fits"),
            ("2", "2: full KYC by a partner"),
        ]
    )


@admin.register(FundAccount)
class FundAccountAdmin(ReadOnlyAdmin[FundAccount]):
    zone_path = "person__zone_code"
    list_display = (
        "payee", "name", "kind", "shown", "created_at", "payable_from", "verified_at", "removed_at",
    )  # fmt: skip
    list_filter = (
        "kind",
        "created_at",
        ("verified_at", admin.EmptyFieldListFilter),
        ("removed_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("person", "merchant")
    search_fields = ("=id", "=person__id", "=person__username")
    fields = readonly_fields = (
        "id", "payee", "name", "kind", "shown", "created_at", "payable_from", "verified_at",
        "verified_by", "told_by_the_bank", "removed_at", "razorpay_id", "same_account", "trail",
    )  # fmt: skip

    actions = ("verify_selected", "ask_bank_selected", "set_kyc_level")
    trail_keys = ("pk", "person_id")

    has_verify_permission = Needs("payments.verify_fund_account")
    has_know_permission = Needs("payments.set_kyc_level")

    def within(
        self, rows: QuerySet[FundAccount], zones: frozenset[str] | None
    ) -> QuerySet[FundAccount]:
        if zones is None:
            return rows
        return rows.filter(Q(person__zone_code__in=zones) | Q(merchant__zone_id__in=zones))

    @admin.display(description="Payee", ordering="person")
    def payee(self, account: FundAccount) -> str:
        return str(account.merchant or account.person)

    @admin.display(description="Holder")
    def name(self, account: FundAccount) -> str:
        return readable(lambda: account.holder_name)

    @admin.display(description="Account")
    def shown(self, account: FundAccount) -> str:
        return account.shown

    @admin.display(description="What its bank was asked")
    def told_by_the_bank(self, account: FundAccount) -> SafeString | str:
        asked = [
            link_to(
                "payments_accountvalidation_changelist", one.get_state_display(), id__exact=one.pk
            )
            for one in account.validations.order_by("pk")
        ]
        return beside(asked) or "nothing yet"

    @admin.display(description="Others who named this account")
    def same_account(self, account: FundAccount) -> SafeString | str:
        others = [
            link_to("accounts_user_changelist", person_id, id__exact=person_id)
            for person_id in selectors.people_with(account_index=account.account_index)
            if person_id != account.person_id
        ]
        return beside(others) or "nobody"

    @admin.action(description="It is the payee's own: payouts may go to it", permissions=["verify"])
    def verify_selected(
        self, request: HttpRequest, chosen: QuerySet[FundAccount]
    ) -> HttpResponse | None:
        def act(account_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.verify_fund_account(
                fund_account_id=account_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="verify_selected",
            question="Does the bank's name of the holder fit the payee? Then money may go there.",
            act=act,
            describe=lambda account: f"{self.name(account)} {account.shown}: {self.payee(account)}",
        )

    @admin.action(
        description="Ask its bank in whose name it is: costs a fee", permissions=["verify"]
    )
    def ask_bank_selected(
        self, request: HttpRequest, chosen: QuerySet[FundAccount]
    ) -> HttpResponse | None:
        def act(account_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.ask_bank(
                fund_account_id=account_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="ask_bank_selected",
            question="Ask the banks of these accounts in whose name they are?",
            act=act,
            describe=lambda account: f"{self.name(account)} {account.shown}: {self.payee(account)}",
        )

    @admin.action(description="Say how well its holder is known (KYC)", permissions=["know"])
    def set_kyc_level(
        self, request: HttpRequest, chosen: QuerySet[FundAccount]
    ) -> HttpResponse | None:
        # A business is known by its application, not by a level.
        people = dict(chosen.filter(person__isnull=False).values_list("pk", "person_id"))

        def act(account_id: UUID, actor_id: UUID, answers: Answers) -> None:
            person_id = people.get(account_id)
            if person_id is None:
                raise UnknownFundAccount("A merchant has no KYC level.")
            services.set_kyc_level(
                person_id=person_id,
                level=int(answers["level"]),
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="set_kyc_level",
            question="How well are the holders of these accounts known from now on?",
            act=act,
            form_class=KycForm,
        )

    @admin.display(description="History")
    def trail(self, account: FundAccount) -> SafeString:
        return trail_of(account.pk)

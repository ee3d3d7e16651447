"""Wallets whose riders have not been seen for years, as operators see them."""

from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.payments import services
from apps.payments.models import DormantWallet
from uma.kernel.desk import Answers, Needs, ReadOnlyAdmin, act_on_chosen, beside, link_to
from uma.kernel.desk_amounts import amount


@admin.register(DormantWallet)
class DormantWalletAdmin(ReadOnlyAdmin[DormantWallet]):
    zone_path = "zone_code"
    list_display = (
        "warned_at", "rider", "state", "rupees", "due_at", "last_act_at", "moved_at", "journals",
    )  # fmt: skip
    list_filter = ("state", "warned_at", "moved_at")
    list_select_related = ("person",)
    search_fields = ("=id", "=person__id", "=person__username")
    actions = ("return_selected",)

    has_return_permission = Needs("payments.return_dormant_money")

    @admin.display(description="Rider")
    def rider(self, row: DormantWallet) -> SafeString:
        # Whom nobody named is known by the end of the id, which is what differs.
        name = row.person.display_name or f"…{str(row.person_id)[-12:]}"
        return link_to("accounts_user_changelist", name, id__exact=row.person_id)

    @admin.display(description="Set aside", ordering="amount_paise")
    def rupees(self, row: DormantWallet) -> str:
        return amount(row.amount_paise)

    @admin.display(description="In the ledger")
    def journals(self, row: DormantWallet) -> SafeString | str:
        named = {"set aside": row.moved_journal_id, "given back": row.returned_journal_id}
        return beside(
            link_to("wallet_journal_changelist", text, id__exact=journal_id)
            for text, journal_id in named.items()
            if journal_id is not None
        )

    @admin.action(description="Give the money back to the rider", permissions=["return"])
    def return_selected(
        self, request: HttpRequest, chosen: QuerySet[DormantWallet]
    ) -> HttpResponse | None:
        def act(dormant_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.return_dormant_money(
                dormant_id=dormant_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        def describe(row: DormantWallet) -> SafeString:
            return format_html("{} to {}", amount(row.amount_paise), self.rider(row))

        return act_on_chosen(
            self,
            request,
            chosen,
            action="return_selected",
            question="Give this money back? It goes into the rider's wallet at once.",
            act=act,
            describe=describe,
        )

"""Awards, their money and the pools it comes from."""

from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.gamification import selectors, services
from apps.gamification.models import Award, Projection, PromoPool, Reward
from apps.wallet import codes
from apps.wallet import selectors as ledger
from uma.kernel.desk import Answers, Needs, ReadOnlyAdmin, ReasonForm, act_on_chosen, link_to
from uma.kernel.desk_amounts import amount
from uma.kernel.money import PAISE_PER_RUPEE


class FundForm(ReasonForm):
    """The platform's own money that reached the bank: how much, by which bank reference, and why."""

    reads_back = True
    amount = forms.DecimalField(
        label="Amount in rupees", min_value=1, max_digits=8, decimal_places=2
    )
    reference = forms.CharField(label="Bank reference (UTR)", max_length=64)
    field_order = ["amount", "reference", "reason"]


@admin.register(PromoPool)
class PromoPoolAdmin(ReadOnlyAdmin[PromoPool]):
    few = True
    zone_path = "zone_code"
    list_display = ("program", "zone_code", "balance", "promised", "unpaid", "created_at")
    list_filter = ("zone_code",)
    ordering = ("program",)
    actions = ("fund_selected",)

    @admin.display(description="Holds")
    def balance(self, row: PromoPool) -> str:
        code = codes.promo_pool(row.program)
        return amount(ledger.balances_paise(codes=[code], unopened=True)[code])

    @admin.display(description="Of which promised")
    def promised(self, row: PromoPool) -> str:
        if not row.program.startswith("missions-"):
            return "—"
        return amount(selectors.promised_paise(zone_code=row.zone_code, now=timezone.now()))

    @admin.display(description="Rewards unpaid")
    def unpaid(self, row: PromoPool) -> SafeString | str:
        waiting = Reward.objects.filter(program=row.program, state=Reward.State.UNFUNDED).count()
        if not waiting:
            return "—"
        found = {"program": row.program, "state": "UNFUNDED"}
        return link_to("gamification_reward_changelist", str(waiting), **found)

    @admin.action(description="Fill: set money aside for rewards", permissions=["fund"])
    def fund_selected(
        self, request: HttpRequest, chosen: QuerySet[PromoPool]
    ) -> HttpResponse | None:
        def act(program: str, actor_id: UUID, answers: Answers) -> None:
            services.fund_pool(
                program=program,
                amount_paise=int(answers["amount"] * PAISE_PER_RUPEE),
                reference=answers["reference"],
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="fund_selected",
            question="How much of the platform's own money is set aside?",
            act=act,
            form_class=FundForm,
        )

    has_fund_permission = Needs("gamification.fund_promo_pool")


@admin.register(Award)
class AwardAdmin(ReadOnlyAdmin[Award]):
    zone_path = "zone_code"
    list_display = ("earned_at", "badge", "version", "zone_code", "rider_id", "revoked_at")
    list_filter = ("badge", "zone_code", "earned_at")
    search_fields = ("=id", "=rider_id")


@admin.register(Reward)
class RewardAdmin(ReadOnlyAdmin[Reward]):
    zone_path = "zone_code"
    list_display = ("changed_at", "state", "worth", "subject", "program", "rider_id", "payments")
    list_filter = ("state", "program", "changed_at")
    search_fields = ("=id", "=rider_id", "=subject")
    actions = ("pay_selected",)

    @admin.display(description="Amount", ordering="amount_paise")
    def worth(self, row: Reward) -> str:
        return amount(row.amount_paise)

    @admin.action(description="Pay what the pool was too empty for", permissions=["pay"])
    def pay_selected(self, request: HttpRequest, chosen: QuerySet[Reward]) -> HttpResponse | None:
        def act(reward_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.pay_again(
                reward_id=reward_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="pay_selected",
            question="Pay these rewards from their pools?",
            act=act,
        )

    has_pay_permission = Needs("gamification.pay_reward")


@admin.register(Projection)
class ProjectionAdmin(ReadOnlyAdmin[Projection]):
    trail_keys = ("rider_id",)
    list_display = ("rider_id", "due_at")
    search_fields = ("=rider_id",)
    ordering = ("due_at",)

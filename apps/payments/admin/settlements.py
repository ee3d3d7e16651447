"""What Razorpay settled, and what payers' banks took back, as operators see it."""

from uuid import UUID

from django.contrib import admin
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.payments import services
from apps.payments.admin.cells import day, two
from apps.payments.models import PaymentDispute, SettledLine, Settlement
from uma.kernel.desk import Answers, Needs, ReadOnlyAdmin, act_on_chosen, link_to
from uma.kernel.desk_amounts import amount


class SettledLineInline(admin.TabularInline[SettledLine, Settlement]):
    """The lines of a settlement as Razorpay reported them."""

    model = SettledLine
    fields = readonly_fields = (
        "entity_id", "kind", "gross", "fee", "net", "withheld", "state", "held_for",
    )  # fmt: skip
    ordering = ("kind", "entity_id")
    extra = 0
    can_delete = False

    @admin.display(description="Amount")
    def gross(self, line: SettledLine) -> str:
        return amount(line.amount_paise)

    @admin.display(description="Fee, with tax")
    def fee(self, line: SettledLine) -> str:
        return amount(line.fee_paise)

    @admin.display(description="To the bank")
    def net(self, line: SettledLine) -> str:
        return amount(line.credit_paise - line.debit_paise)

    @admin.display(description="Withheld for deductions")
    def withheld(self, line: SettledLine) -> str:
        return amount(line.withheld_paise) if line.withheld_paise else "—"


@admin.register(Settlement)
class SettlementAdmin(ReadOnlyAdmin[Settlement]):
    few = True
    list_display = ("settled", "named", "lines_", "net", "held")
    list_filter = ("settled_at",)
    search_fields = ("=settlement_id", "=utr", "=lines__entity_id")
    ordering = ("-settled_at",)
    readonly_fields = ("net", "held")
    inlines = (SettledLineInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Settlement]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                line_count=Count("lines"),
                held_count=Count("lines", filter=Q(lines__state="HELD")),
                net_paise=Sum("lines__credit_paise") - Sum("lines__debit_paise"),
            )
        )

    @admin.display(description="Settled", ordering="settled_at")
    def settled(self, settlement: Settlement) -> str:
        return day(settlement.settled_at)

    @admin.display(description="Settlement and UTR")
    def named(self, settlement: Settlement) -> SafeString:
        return two(settlement.pk, settlement.utr)

    # Below: columns that the query above adds.
    @admin.display(description="Lines", ordering="line_count")
    def lines_(self, settlement: Settlement) -> SafeString:
        count = vars(settlement)["line_count"]
        return link_to(
            "payments_settledline_changelist", count, settlement__settlement_id=settlement.pk
        )

    @admin.display(description="To the bank", ordering="net_paise")
    def net(self, settlement: Settlement) -> str:
        return amount(vars(settlement)["net_paise"])

    @admin.display(description="Held", ordering="held_count")
    def held(self, settlement: Settlement) -> str:
        return f"⚠ {found}" if (found := vars(settlement)["held_count"]) else "—"


@admin.register(SettledLine)
class SettledLineAdmin(ReadOnlyAdmin[SettledLine]):
    list_display = ("settled", "named", "gross", "net", "standing", "journal")
    list_filter = ("state", "held_for", "kind", "settlement__settled_at")
    list_select_related = ("settlement",)
    search_fields = ("=entity_id", "=payment_id", "=settlement__settlement_id", "=settlement__utr")
    actions = ("accept_fee",)

    has_accept_permission = Needs("payments.decide_recon_exception")

    @admin.display(description="Settled", ordering="settlement__settled_at")
    def settled(self, line: SettledLine) -> str:
        return day(line.settlement.settled_at)

    @admin.display(description="What", ordering="entity_id")
    def named(self, line: SettledLine) -> SafeString:
        return two(line.entity_id, line.get_kind_display())

    @admin.display(description="Amount and fee", ordering="amount_paise")
    def gross(self, line: SettledLine) -> SafeString:
        fee = f"fee {amount(line.fee_paise)}" if line.fee_paise else ""
        return two(amount(line.amount_paise), fee)

    @admin.display(description="To the bank")
    def net(self, line: SettledLine) -> str:
        return amount(line.credit_paise - line.debit_paise)

    @admin.display(description="State", ordering="state")
    def standing(self, line: SettledLine) -> SafeString:
        return two(line.get_state_display(), line.held_for.replace("_", " "))

    @admin.display(description="In the ledger")
    def journal(self, line: SettledLine) -> SafeString | str:
        if line.journal_id is None:
            return "—"
        return link_to("wallet_journal_changelist", "its posting", id__exact=line.journal_id)

    @admin.action(description="Post with the fee that was taken", permissions=["accept"])
    def accept_fee(
        self, request: HttpRequest, chosen: QuerySet[SettledLine]
    ) -> HttpResponse | None:
        def act(line_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.accept_settled_fee(
                line_id=line_id, actor_id=actor_id, reason=answers["reason"], now=timezone.now()
            )

        def describe(line: SettledLine) -> str:
            return (
                f"{line.entity_id}: {amount(line.amount_paise)}, a fee of {amount(line.fee_paise)}"
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="accept_fee",
            question="Post these payments with the fee that Razorpay took, though it told another?",
            act=act,
            describe=describe,
        )


@admin.register(PaymentDispute)
class PaymentDisputeAdmin(ReadOnlyAdmin[PaymentDispute]):
    few = True
    zone_path = "payment__top_up__merchant__zone_id"
    list_display = ("heard", "named", "rupees", "standing", "from_wallet", "answer_by", "returned")
    list_filter = ("status", "phase", "first_heard_at")
    list_select_related = ("payment__top_up__merchant",)
    search_fields = ("=dispute_id", "=payment__payment_id", "=payment__top_up__merchant__id")
    ordering = ("-first_heard_at",)

    @admin.display(description="Heard of", ordering="first_heard_at")
    def heard(self, dispute: PaymentDispute) -> str:
        return day(dispute.first_heard_at)

    @admin.display(description="Merchant")
    def named(self, dispute: PaymentDispute) -> SafeString:
        return two(dispute.payment.top_up.merchant, dispute.pk)

    @admin.display(description="Status", ordering="status")
    def standing(self, dispute: PaymentDispute) -> SafeString:
        return two(dispute.get_status_display(), dispute.phase.replace("_", " "))

    @admin.display(description="Answer by", ordering="respond_by")
    def answer_by(self, dispute: PaymentDispute) -> str:
        return day(dispute.respond_by)

    @admin.display(description="Amount", ordering="amount_paise")
    def rupees(self, dispute: PaymentDispute) -> str:
        return amount(dispute.amount_paise)

    @admin.display(description="From the wallet")
    def from_wallet(self, dispute: PaymentDispute) -> SafeString | str:
        if dispute.journal_id is None:
            return "—"
        owed = f"{amount(dispute.debt_paise)} became debt" if dispute.debt_paise else ""
        return two(amount(dispute.wallet_paise), owed)

    @admin.display(description="Given back", boolean=True)
    def returned(self, dispute: PaymentDispute) -> bool:
        return dispute.returned_journal_id is not None

"""Money that comes in, as operators see it, and Razorpay's events, never by their text."""

from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.payments import services
from apps.payments.models import GatewayEvent, Payment, TopUp
from uma.kernel.desk import Answers, Needs, ReadOnlyAdmin, act_on_chosen, link_to
from uma.kernel.desk_amounts import amount


@admin.register(TopUp)
class TopUpAdmin(ReadOnlyAdmin[TopUp]):
    zone_path = "merchant__zone_id"
    list_display = ("created_at", "merchant", "rupees", "state", "order_id", "status_changed_at")
    list_filter = ("state", "created_at")
    list_select_related = ("merchant",)
    search_fields = ("=id", "=order_id", "=merchant__id")
    exclude = ("request_key", "request_fingerprint")

    @admin.display(description="Amount")
    def rupees(self, top_up: TopUp) -> str:
        return amount(top_up.amount_paise)


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin[Payment]):
    zone_path = "top_up__merchant__zone_id"
    list_display = ("credited_at", "payment_id", "merchant", "rupees", "fee", "method", "journal")
    list_filter = ("method", "credited_at")
    list_select_related = ("top_up__merchant",)
    search_fields = ("=payment_id", "=top_up__order_id")
    ordering = ("-top_up_id",)

    @admin.display(description="Merchant")
    def merchant(self, payment: Payment) -> str:
        return str(payment.top_up.merchant)

    @admin.display(description="Amount")
    def rupees(self, payment: Payment) -> str:
        return amount(payment.amount_paise)

    @admin.display(description="Razorpay's fee, with tax")
    def fee(self, payment: Payment) -> str:
        return amount(payment.fee_paise)

    @admin.display(description="In the ledger")
    def journal(self, payment: Payment) -> SafeString:
        return link_to("wallet_journal_changelist", "its posting", id__exact=payment.journal_id)


@admin.register(GatewayEvent)
class GatewayEventAdmin(ReadOnlyAdmin[GatewayEvent]):
    list_display = (
        "received_at", "source", "name", "state", "attempts", "last_error", "next_attempt_at",
        "handled_at",
    )  # fmt: skip
    list_filter = ("state", "source", "name")
    search_fields = ("=id", "=event_id")
    ordering = ("-received_at",)
    # It repeats people's numbers and addresses.
    exclude = ("body",)
    actions = ("replay_selected",)

    has_replay_permission = Needs("payments.replay_gateway_event")

    @admin.action(description="Have it handled again", permissions=["replay"])
    def replay_selected(
        self, request: HttpRequest, chosen: QuerySet[GatewayEvent]
    ) -> HttpResponse | None:
        def act(event_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.replay_event(
                event_id=event_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="replay_selected",
            question="Have these events handled again? What they did is not done twice.",
            act=act,
        )

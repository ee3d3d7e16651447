"""The network as operators see it: journeys by whose zone they lie in, messages by their verdict."""

from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.ondc import services
from apps.ondc.models import (
    Circuit,
    Dispatch,
    InboundMessage,
    Issue,
    IssueAct,
    Offer,
    OutboundMessage,
    Participant,
    Question,
    Quote,
    RideOrder,
    SearchAnswer,
    Station,
    Ticket,
    TicketTrip,
    Transaction,
)
from apps.ondc.timeline import Said, signed_text, timeline
from uma.kernel.desk import Answers, Needs, ReadOnlyAdmin, act_on_chosen, confirm, file_answer
from uma.kernel.desk_amounts import amount
from uma.kernel.errors import DomainError


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin[Transaction]):
    zone_path = "zone_code"
    list_display = (
        "id", "opened_at", "domain", "city", "rider", "booking", "vehicle_category", "closes_at",
        "asked_count",
    )  # fmt: skip
    list_filter = ("domain", "city", "opened_at")
    list_select_related = ("rider", "booking")
    search_fields = ("=id", "=rider__id", "=booking__ref")
    # Where somebody lives and goes.
    exclude = ("pickup", "drop", "via")
    readonly_fields = ("messages",)
    actions = ("take_log",)

    has_log_permission = Needs("ondc.take_journey_log")

    @admin.action(description="Take the log out, without the people in it", permissions=["log"])
    def take_log(self, request: HttpRequest, chosen: QuerySet[Transaction]) -> HttpResponse | None:
        if chosen.count() != 1:
            self.message_user(request, "Take the log of one journey at a time.", messages.ERROR)
            return None
        found = confirm(
            self, request, chosen, action="take_log", question="Take the log of this journey out?"
        )
        if found is None or isinstance(found, HttpResponse):
            return found
        journey_id = chosen.get().pk
        try:
            packed = services.take_journey_log(
                transaction_id=journey_id,
                actor_id=found.actor_id,
                reason=found.answers["reason"],
                now=timezone.now(),
            )
        except DomainError as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
            return None
        return file_answer(packed, name=f"ondc-{journey_id}.zip", content_type="application/zip")

    @admin.display(description="Every message")
    def messages(self, journey: Transaction) -> SafeString:
        return format_html_join(
            "",
            '<details class="evidence"><summary>{} {} <strong>{}</strong> · {}{}'
            ' <span class="party">{}</span></summary><dl>{}</dl></details>',
            (
                (
                    f"{said.at:%H:%M:%S.%f}"[:-3],
                    "→" if said.is_ours else "←",
                    said.action,
                    said.verdict,
                    "" if said.evidence.is_good else f" · signature {said.evidence.verdict}",
                    said.party,
                    _facts(said),
                )
                for said in timeline(transaction_id=journey.pk)
            ),
        )


def _facts(said: Said) -> SafeString:
    """Return what proves a message, and what came of it, as a list of terms."""
    proof = said.evidence
    page = reverse(f"admin:ondc_{said.model}_change", args=[said.id])
    facts = (
        ("Message", format_html('<a href="{}">{}</a>', page, said.message_id)),
        ("Answer", said.answer),
        ("Key", proof.key_id),
        ("Digest (BLAKE-512)", proof.digest),
        ("Signing string", format_html("<pre>{}</pre>", proof.signed) if proof.signed else ""),
        ("Signature", proof.signature),
        ("The signature", proof.verdict),
        ("Notes", "; ".join(said.notes)),
    )
    return format_html_join("", "<dt>{}</dt><dd>{}</dd>", (one for one in facts if one[1]))


@admin.register(Question)
class QuestionAdmin(ReadOnlyAdmin[Question]):
    zone_path = "transaction__zone_code"
    list_display = ("asked_at", "action", "bpp_id", "message_id", "transaction", "answered_at")
    list_filter = ("action", "asked_at")
    search_fields = ("=message_id", "=transaction__id")


@admin.register(SearchAnswer)
class SearchAnswerAdmin(ReadOnlyAdmin[SearchAnswer]):
    zone_path = "transaction__zone_code"
    list_display = ("answered_at", "name", "bpp_id", "transaction", "is_late", "error_code")
    list_filter = ("is_late", "answered_at")
    search_fields = ("=transaction__id",)


@admin.register(Offer)
class OfferAdmin(ReadOnlyAdmin[Offer]):
    zone_path = "transaction__zone_code"
    list_display = (
        "offered_at", "provider_name", "item_name", "vehicle_category", "price", "bpp_id",
        "transaction", "valid_until",
    )  # fmt: skip
    list_filter = ("vehicle_category", "offered_at")
    search_fields = ("=transaction__id",)

    @admin.display(description="Price")
    def price(self, offer: Offer) -> str:
        return amount(offer.price_paise)


@admin.register(RideOrder)
class RideOrderAdmin(ReadOnlyAdmin[RideOrder]):
    zone_path = "transaction__zone_code"
    list_display = (
        "created_at", "number", "bpp_id", "stage", "ride_state", "status", "fare", "transaction",
        "error_code", "changed_at",
    )  # fmt: skip
    list_filter = ("stage", "ride_state", "created_at")
    search_fields = ("=id", "=number", "=transaction__id")
    # Who drives, where, and what lets a rider in.
    exclude = ("driver_name", "driver_phone", "driver_place", "start_code")

    @admin.display(description="Fare")
    def fare(self, order: RideOrder) -> str:
        return amount(order.fare_paise)


@admin.register(Quote)
class QuoteAdmin(ReadOnlyAdmin[Quote]):
    zone_path = "order__transaction__zone_code"
    list_display = ("told_at", "action", "price", "adds_up", "order", "valid_until")
    list_filter = ("action", "adds_up", "told_at")
    list_select_related = ("order",)
    search_fields = ("=order__id", "=order__number")

    @admin.display(description="Price")
    def price(self, quote: Quote) -> str:
        return amount(quote.price_paise)


@admin.register(InboundMessage)
class InboundMessageAdmin(ReadOnlyAdmin[InboundMessage]):
    list_display = (
        "received_at", "action", "sender", "verdict", "outcome", "attempts", "message_id",
        "transaction_text", "next_attempt_at",
    )  # fmt: skip
    list_filter = ("state", "action", "received_at")
    search_fields = ("=id", "=message_id", "=transaction__id", "=sender")
    ordering = ("-received_at",)
    # It repeats people's names, numbers and places.
    exclude = ("raw",)
    readonly_fields = ("what_was_signed",)

    @admin.display(description="What was signed")
    def what_was_signed(self, message: InboundMessage) -> SafeString:
        return format_html("<pre>{}</pre>", signed_text(message))

    actions = ("replay_selected",)

    has_replay_permission = Needs("ondc.replay_inbound_message")

    @admin.display(description="State", ordering="state")
    def verdict(self, message: InboundMessage) -> SafeString | str:
        """Show what somebody has to look at so that nobody overlooks it."""
        if message.state != InboundMessage.State.PARKED:
            return message.state
        return format_html('<strong class="errornote">{}</strong>', message.state)

    @admin.action(description="Have it handled again", permissions=["replay"])
    def replay_selected(
        self, request: HttpRequest, chosen: QuerySet[InboundMessage]
    ) -> HttpResponse | None:
        def act(message_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.replay_inbound(
                message_id=message_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="replay_selected",
            question="Have these callbacks handled again? What they did is not done twice.",
            act=act,
        )


@admin.register(Participant)
class ParticipantAdmin(ReadOnlyAdmin[Participant]):
    few = True
    list_display = (
        "subscriber_id", "unique_key_id", "kind", "status", "domains", "valid_until", "fetched_at",
    )  # fmt: skip
    list_filter = ("kind", "status")
    search_fields = ("=subscriber_id", "=unique_key_id")
    ordering = ("subscriber_id", "unique_key_id")


@admin.register(OutboundMessage)
class OutboundMessageAdmin(ReadOnlyAdmin[OutboundMessage]):
    zone_path = "question__transaction__zone_code"
    list_display = (
        "said_at", "action", "party", "state", "attempts", "http_status", "error_code", "order",
        "settled_at",
    )  # fmt: skip
    list_filter = ("state", "action", "said_at")
    search_fields = ("=id", "=question__message_id", "=question__transaction__id")
    # It names the rider and where they go.
    exclude = ("body",)


@admin.register(Circuit)
class CircuitAdmin(ReadOnlyAdmin[Circuit]):
    few = True
    list_display = ("party", "failures", "open_until")
    search_fields = ("=party",)
    ordering = ("party",)


@admin.register(Dispatch)
class DispatchAdmin(ReadOnlyAdmin[Dispatch]):
    list_display = (
        "made_at", "kind", "party", "state", "attempts", "http_status", "error_code", "settled_at",
    )  # fmt: skip
    list_filter = ("kind", "state", "made_at")
    search_fields = ("=id", "=inbound__id", "=outbound__id")
    ordering = ("-made_at",)


@admin.register(Issue)
class IssueAdmin(ReadOnlyAdmin[Issue]):
    few = True
    zone_path = "order__transaction__zone_code"
    list_display = (
        "created_at", "code", "status", "level", "overdue", "order", "version", "rating",
        "resolve_by", "changed_at",
    )  # fmt: skip
    list_filter = ("status", "level", "code", "created_at")
    list_select_related = ("order",)
    search_fields = ("=id", "=order__id", "=order__number", "=order__transaction__id")
    ordering = ("-created_at",)
    # A rider's words, and the seller's people.
    exclude = ("long_text", "sellers_part")

    @admin.display(description="Overdue", boolean=True)
    def overdue(self, issue: Issue) -> bool:
        """Say whether the seller had its time: whoever is responsible rings it up."""
        open_still = issue.status in {Issue.Status.OPEN, Issue.Status.PROCESSING}
        return open_still and issue.resolve_by <= timezone.now()


@admin.register(IssueAct)
class IssueActAdmin(ReadOnlyAdmin[IssueAct]):
    few = True
    zone_path = "issue__order__transaction__zone_code"
    list_display = ("at", "by", "code", "resolution", "refund", "issue")
    list_filter = ("by", "code", "at")
    list_select_related = ("issue",)
    search_fields = ("=issue__id",)
    ordering = ("-at",)
    exclude = ("text", "told")

    @admin.display(description="Refund")
    def refund(self, act: IssueAct) -> str:
        return amount(act.refund_paise)


@admin.register(Station)
class StationAdmin(ReadOnlyAdmin[Station]):
    few = True
    zone_path = "zone_code"
    list_display = ("name", "line", "mode", "seller_name", "code", "version", "told_at")
    list_filter = ("mode", "city", "told_at")
    search_fields = ("=id", "name", "=code", "=bpp_id")
    ordering = ("-told_at", "name")


@admin.register(TicketTrip)
class TicketTripAdmin(ReadOnlyAdmin[TicketTrip]):
    zone_path = "transaction__zone_code"
    list_display = ("transaction", "mode", "count", "bpp_id", "settlement_window")
    list_filter = ("mode",)
    search_fields = ("=id", "=transaction__id")
    # Where somebody goes.
    exclude = ("from_code", "from_name", "to_code", "to_name")


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin[Ticket]):
    zone_path = "order__transaction__zone_code"
    list_display = ("told_at", "order", "number", "kind", "status", "valid_until")
    list_filter = ("status", "kind")
    search_fields = ("=id", "=number", "=order__id", "=order__number")
    # Whoever knows it travels by it.
    exclude = ("token",)

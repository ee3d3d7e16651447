"""What operators see of messages, phones and webhooks: lists to read, and one action."""

from typing import TypeVar
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.notifications import replaying, services
from apps.notifications.models import (
    Device,
    InboxMessage,
    Preference,
    WebhookDelivery,
    WebhookEndpoint,
)
from uma.kernel.desk import Answers, Needs, ReadOnlyAdmin, act_on_chosen, permitted
from uma.kernel.errors import DomainError

M = TypeVar("M", bound=Model)


class ReadOnly(ReadOnlyAdmin[M]):
    """Nothing here is added, changed or deleted by hand."""

    actions_selection_counter = True
    list_per_page = 50


@admin.register(InboxMessage)
class InboxMessageAdmin(ReadOnly[InboxMessage]):
    zone_path = "person__zone_code"
    list_display = (
        "created_at", "person", "kind", "title", "push_state", "attempts", "next_attempt_at",
        "pushed_at", "last_error", "read_at",
    )  # fmt: skip
    list_filter = ("push_state", "last_error", "kind", "created_at")
    list_select_related = ("person",)
    search_fields = ("=id", "=dedupe_key", "=person__username")
    actions = ("push_again",)

    @admin.action(description="Push again", permissions=["push_again"])
    def push_again(self, request: HttpRequest, chosen: QuerySet[InboxMessage]) -> None:
        chosen = permitted(self, request, chosen, action="push_again")
        for message_id in chosen.order_by("pk").values_list("pk", flat=True):
            try:
                services.push_again(
                    message_id=message_id,
                    actor_id=request.user.pk,
                    reason="pushed again from the console",
                    now=timezone.now(),
                )
            except DomainError as refusal:
                self.message_user(request, f"{message_id}: {refusal.detail}", messages.ERROR)
            else:
                self.message_user(request, f"{message_id}: due again", messages.SUCCESS)

    has_push_again_permission = Needs("notifications.push_again")


@admin.register(Device)
class DeviceAdmin(ReadOnly[Device]):
    zone_path = "person__zone_code"
    # The addresses themselves stay out of sight: whoever has one may be impersonated to FCM.
    list_display = ("person", "platform", "last_seen_at", "revoked_at", "revoked_reason")
    list_filter = ("platform", "revoked_reason", "last_seen_at")
    list_select_related = ("person",)
    search_fields = ("=id", "=person__username")
    fields = ("person", "platform", "last_seen_at", "revoked_at", "revoked_reason")


@admin.register(Preference)
class PreferenceAdmin(ReadOnly[Preference]):
    zone_path = "person__zone_code"
    list_display = ("person", "muted", "night_begins", "night_ends", "changed_at")
    list_filter = ("changed_at",)
    list_select_related = ("person",)
    search_fields = ("=person__username",)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnly[WebhookEndpoint]):
    few = True
    list_display = ("merchant_id", "url", "events", "created_at", "disabled_at")
    list_filter = ("disabled_at", "created_at")
    search_fields = ("=id", "=merchant_id", "url")
    ordering = ("-created_at",)
    fields = ("merchant_id", "url", "events", "created_at", "disabled_at")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly[WebhookDelivery]):
    list_display = (
        "created_at", "type", "event_id", "endpoint", "state", "attempts", "next_attempt_at",
        "delivered_at", "last_error",
    )  # fmt: skip
    list_filter = ("state", "type", "last_error", "created_at")
    list_select_related = ("endpoint",)
    search_fields = ("=id", "=event_id", "=endpoint__merchant_id")
    actions = page_acts = ("replay_selected",)

    has_replay_permission = Needs("notifications.replay_webhook_delivery")

    @admin.action(description="Send it again", permissions=["replay"])
    def replay_selected(
        self, request: HttpRequest, chosen: QuerySet[WebhookDelivery]
    ) -> HttpResponse | None:
        def act(delivery_id: UUID, actor_id: UUID, answers: Answers) -> None:
            replaying.replay(
                delivery_id=delivery_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="replay_selected",
            question="Send these events again? Each keeps its id, by which its system knows it.",
            act=act,
        )

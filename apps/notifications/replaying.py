"""An operator who has an event sent to a merchant's system once more."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.notifications import services
from apps.notifications.errors import DeliveryInProgress
from apps.notifications.models import WebhookDelivery


@transaction.atomic
def replay(*, delivery_id: UUID, actor_id: UUID, reason: str, now: datetime) -> None:
    """
    Owe an endpoint an event once more, under its own id, so that who took it can tell.

    Raises:
        EndpointOver, DeliveryInProgress
    """
    found = WebhookDelivery.objects.get(pk=delivery_id)
    if not services.replay_delivery(
        endpoint_id=found.endpoint_id, delivery_id=delivery_id, now=now
    ):
        raise DeliveryInProgress
    accounts.record(
        action="webhook-delivery.replayed",
        object_type="webhook_delivery",
        object_id=str(delivery_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"state": found.state, "last_error": found.last_error},
        after={"state": WebhookDelivery.State.PENDING.value},
    )

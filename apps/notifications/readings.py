"""How late pushes and webhooks are."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Min

from apps.notifications.models import InboxMessage, WebhookDelivery
from uma.kernel.readings import age_s, reading


@reading("uma_delivery_late_seconds", "How late the next attempt of a delivery is.", "kind")
def late_s(now: datetime) -> Mapping[tuple[str, ...], float]:
    """Return how long the push and the webhook that are due first have been due."""
    due = {
        "push": InboxMessage.objects.filter(push_state="PENDING"),
        "webhook": WebhookDelivery.objects.filter(state="PENDING"),
    }
    return {
        (kind,): age_s(rows.aggregate(at=Min("next_attempt_at"))["at"], now)
        for kind, rows in due.items()
    }

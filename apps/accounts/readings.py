"""Signs that somebody takes what is not theirs: copied tokens, and many looks at phone numbers."""

from datetime import datetime, timedelta

from django.db.models import Count, Max

from apps.accounts.models import AuditEvent
from apps.accounts.services import REVEALED
from uma.kernel.readings import reading


@reading("uma_phone_looks_recent", "Phone numbers that one operator looked at in the last hour.")
def looks(now: datetime) -> float:
    """Return the number of the operator who looked at the most."""
    looked = AuditEvent.objects.filter(at__gt=now - timedelta(hours=1), action=REVEALED)
    each = looked.values("actor_id").annotate(count=Count("pk")).order_by()
    return float(each.aggregate(most=Max("count"))["most"] or 0)

"""How many visits were settled, and whose follow-up waits."""

from datetime import datetime, timedelta

from django.db.models import Min

from apps.handshake.models import Handshake
from uma.kernel.ids import first_id_of
from uma.kernel.readings import age_s, reading


@reading("uma_handshakes_recent", "Visits settled within the last five minutes.")
def settled(now: datetime) -> float:
    return float(Handshake.objects.filter(pk__gte=first_id_of(now - timedelta(minutes=5))).count())


@reading("uma_handshake_follow_up_seconds", "Age of the oldest visit whose follow-up waits.")
def follow_up_s(now: datetime) -> float:
    waiting = Handshake.objects.filter(announced_at__isnull=True)
    return age_s(waiting.aggregate(at=Min("created_at"))["at"], now)

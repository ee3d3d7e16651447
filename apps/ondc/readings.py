"""Whether the network answers: what was asked of whom, and what waits here or there."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Count, Min

from apps.ondc.models import Dispatch, InboundMessage, OutboundMessage
from uma.kernel.ids import first_id_of
from uma.kernel.readings import age_s, reading

RECENT = timedelta(minutes=10)


@reading(
    "uma_ondc_requests_recent",
    "Requests of the last ten minutes, by whom they went to, action and what became of them.",
    "party",
    "action",
    "state",
)
def requests(now: datetime) -> Mapping[tuple[str, ...], float]:
    asked = OutboundMessage.objects.filter(pk__gte=first_id_of(now - RECENT))
    rows = asked.values_list("party", "action", "state").annotate(Count("pk")).order_by()
    return {(party, action, state): float(count) for party, action, state, count in rows}


@reading("uma_ondc_waiting_seconds", "How long the oldest message waits, by where.", "where")
def waiting_s(now: datetime) -> Mapping[tuple[str, ...], float]:
    """Return how late the oldest callback to handle, request to send and report to send is."""
    due = {
        "callback": InboundMessage.objects.filter(state="WAITING"),
        "request": OutboundMessage.objects.filter(state="WAITING"),
        "report": Dispatch.objects.filter(state="WAITING"),
    }
    return {
        (where,): age_s(rows.aggregate(at=Min("next_attempt_at"))["at"], now)
        for where, rows in due.items()
    }


@reading("uma_ondc_parked", "Callbacks that nobody could make sense of and nobody looked at.")
def parked(now: datetime) -> float:  # noqa: ARG001 - every reading is asked as of a time
    return float(InboundMessage.objects.filter(state="PARKED").count())

"""Whether the network answers: what was asked of whom, and what waits here or there."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import connection
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


@reading(
    "uma_ondc_answer_seconds",
    "How long an answer took at the most, of 95 in 100 of the last ten minutes, by who answered what.",
    "party",
    "action",
)
def answers_s(now: datetime) -> Mapping[tuple[str, ...], float]:
    first = first_id_of(now - RECENT)
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, [first, first])
        return {(party, action): float(s) for party, action, s in cursor.fetchall()}


# Every seller answers a search, each in its own time; all else is asked of one.
_ANSWERS = """
    SELECT party, action, percentile_cont(0.95) WITHIN GROUP (ORDER BY took)
      FROM (SELECT bpp_id AS party, action, extract(epoch FROM answered_at - asked_at) AS took
              FROM ondc_question
             WHERE id >= %s AND bpp_id <> '' AND answered_at IS NOT NULL
            UNION ALL
            SELECT a.bpp_id, 'search', extract(epoch FROM a.answered_at - t.opened_at)
              FROM ondc_searchanswer a JOIN ondc_transaction t ON t.id = a.transaction_id
             WHERE a.id >= %s) AS answers
     GROUP BY 1, 2
"""


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

"""What an acknowledgement costs: statements counted, not seconds."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.ondc.models import InboundMessage, Question
from tests.ondc.network import Journey, Json, catalogue, clock, post, verdict

pytestmark = pytest.mark.django_db


def search_body(journey: Journey) -> Json:
    return journey.body("on_search", catalogue("100"), question=journey.search)


def statements_of(journey: Journey, body: Json) -> int:
    """Send a callback and count what goes to the database before the ACK."""
    with CaptureQueriesContext(connection) as captured:
        assert verdict(post(journey.seller, body)) == "ACK"
    return len(captured)


def test_an_answer_to_a_search_costs_one_statement_before_it_is_acknowledged(
    journey: Journey,
) -> None:
    first, body = search_body(journey), search_body(journey) | {"more": 1}
    assert verdict(post(journey.seller, first)) == "ACK"

    # The search and the key are known by heart; what was told is kept by the one insert.
    assert statements_of(journey, body) == 1
    assert statements_of(journey, body) == 2
    assert InboundMessage.objects.count() == 2
    asked = journey.chosen()
    assert (
        statements_of(journey, journey.body("on_select", journey.told(id=""), question=asked)) == 2
    )


def test_what_a_callback_strays_in_is_kept_with_it_in_the_one_statement(journey: Journey) -> None:
    asked = journey.chosen()
    Question.objects.filter(pk=asked.pk).update(
        asked_at=clock() - timedelta(minutes=2), until=clock() - timedelta(minutes=1)
    )
    body = journey.body("on_select", journey.told(id=""), question=asked)
    body["context"]["transaction_id"] = str(uuid4())

    assert statements_of(journey, body) == 2

    row = InboundMessage.objects.get(action="on_select")
    assert row.deviations == ["transaction_id is not the question's", "later than its ttl"]

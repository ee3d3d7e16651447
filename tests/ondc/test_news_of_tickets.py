"""News of tickets come in any order: what counts is when the order changed, not when a message says it was sent."""

from datetime import timedelta

import pytest

from apps.ondc.models import InboundMessage, Ticket
from tests.ondc.network import Journey, clock, stamp
from tests.ondc.ticketing import buy, to

pytestmark = pytest.mark.django_db


@pytest.fixture
def bought(journey: Journey) -> Journey:
    return buy(journey)


def test_a_ticket_is_used_though_its_message_bears_the_time_of_an_older_question(
    bought: Journey,
) -> None:
    # Recorded of a seller: each of its messages bears the time of the request that it goes back to.
    news = to("B", "T1", ticket="CLAIMED", status="COMPLETED", updated_at=stamp(clock()))

    asked_at = stamp(clock() - timedelta(minutes=1))
    assert bought.say("on_status", news, timestamp=asked_at) == "ACK"

    assert bought.now().stage == "COMPLETED"
    assert Ticket.objects.get().status == "CLAIMED"


def test_what_a_ticket_was_is_not_told_over_what_it_is(bought: Journey) -> None:
    before = stamp(clock())
    newer = to("B", "T2", updated_at=stamp(clock() + timedelta(seconds=1)))
    assert bought.say("on_status", newer) == "ACK"

    late = clock() + timedelta(seconds=2)
    older = to("B", "T1", updated_at=before)
    assert bought.say("on_status", older, timestamp=stamp(late)) == "ACK"

    assert Ticket.objects.get().token == "T2"
    last = InboundMessage.objects.filter(action="on_status").latest("received_at")
    assert last.state == "IGNORED"

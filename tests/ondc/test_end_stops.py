"""A seller may tell of another end stop of tickets that were bought; none is asked for (decisions/0045)."""

import pytest

from apps.ondc import selectors
from apps.ondc.models import InboundMessage, Ticket
from apps.ondc.timeline import timeline
from tests.ondc.network import Journey, quote
from tests.ondc.ticketing import FARE_PAISE, buy, to

pytestmark = pytest.mark.django_db


@pytest.fixture
def bought(journey: Journey) -> Journey:
    return buy(journey)


def test_another_end_stop_is_kept_with_its_code_and_costs_the_rider_nothing(
    bought: Journey,
) -> None:
    dearer = quote(("BASE_FARE", "120.50"), total="120.50")

    assert bought.say("on_update", to("C", "T2", status="UPDATED", quote=dearer)) == "ACK"

    told = InboundMessage.objects.get(action="on_update")
    assert (told.state, '"code":"C"' in told.raw) == ("DONE", True)
    assert "on_update" in [
        said.action for said in timeline(transaction_id=bought.now().transaction_id)
    ]
    (seen,) = selectors.ticket_orders_of(rider_id=bought.now().transaction.rider_id)
    assert [ticket.token for ticket in seen.tickets] == ["T2"], "the new code is what a gate reads"
    assert (seen.view.order.stage, seen.view.order.fare_paise) == ("ACTIVE", FARE_PAISE)
    assert seen.paid is not None
    assert (seen.paid.state, seen.paid.amount_paise) == ("DUE", FARE_PAISE)
    assert seen.trip.to_code == "B", "what was paid for"


def test_another_end_stop_that_is_only_proposed_changes_no_ticket(bought: Journey) -> None:
    assert bought.say("on_update", to("C", "T2", status="SOFT_UPDATE")) == "ACK"

    assert Ticket.objects.get().token == "T1"
    assert bought.now().stage == "ACTIVE"

"""Nobody waits for the slowest: the first offers are there while others still hold their answer back."""

from typing import Any

import pytest
from django.test import Client

from apps.ondc.models import Transaction
from tests.factories import bearer
from tests.ondc.network import Journey, Registry, clock, make_search, sellers

pytestmark = pytest.mark.django_db


def _seen(journey: Journey) -> Any:  # Any: JSON
    rider = journey.search.transaction.rider_id
    answer = Client().get(
        f"/api/ondc/searches/{journey.search.transaction_id}",
        headers=bearer(rider, "rider", now=clock()),
    )
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_three_of_five_have_answered_and_are_shown_while_two_hold_back(registry: Registry) -> None:
    search = make_search()
    Transaction.objects.update(asked_count=5)
    journeys = [Journey(seller, search) for seller in sellers(5)]
    registry.rows.extend(journey.seller for journey in journeys)

    for number, journey in enumerate(journeys[:3], start=1):
        journey.offered(f"10{number}")
        seen = _seen(journey)
        assert (seen["answered"], seen["asked"]) == (number, 5)
        assert len(seen["offers"]) == number, "shown with the next look, whoever is still silent"

    seen = _seen(journeys[0])
    assert seen["status"] == "open"
    shown = {offer["bppId"] for offer in seen["offers"]}
    assert shown == {journey.seller.id for journey in journeys[:3]}

    # They answer in the end, and come beside what was there.
    for journey in journeys[3:]:
        journey.offered("99")
    seen = _seen(journeys[0])
    assert (seen["answered"], len(seen["offers"])) == (5, 5)

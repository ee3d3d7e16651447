"""Answers to searches acted on together: as one by one, with as many statements as one."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.ondc import services, tasks
from apps.ondc.models import InboundMessage, Offer, SearchAnswer, Transaction
from tests.ondc.network import (
    Journey,
    Participant,
    Registry,
    catalogue,
    clock,
    make_search,
    post,
    sellers,
    verdict,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def answers(registry: Registry) -> Callable[..., list[UUID]]:
    """Let so many sellers answer one fresh search; return their messages."""

    def told(count: int) -> list[UUID]:
        search = make_search()
        chosen = list(sellers(count))
        registry.rows.extend(
            one for one in chosen if one.id not in {row.id for row in registry.rows}
        )
        known = {row.id: row for row in registry.rows}
        for number, one in enumerate(chosen):
            journey = Journey(known[one.id], search)
            body = journey.body("on_search", catalogue(f"{100 + number}", "200"), question=search)
            assert verdict(post(known[one.id], body)) == "ACK"
        rows = InboundMessage.objects.filter(transaction=search.transaction_id)
        return list(rows.order_by("pk").values_list("pk", flat=True))

    return told


def facts() -> list[Any]:
    return [
        sorted(SearchAnswer.objects.values_list("bpp_id", "name", "is_late", "error_code")),
        sorted(Offer.objects.values_list("bpp_id", "item_id", "price_paise", "provider_name")),
        sorted(InboundMessage.objects.values_list("sender", "state", "outcome", "attempts")),
    ]


def statements_for(ids: list[UUID]) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert services.process_answers(message_ids=ids, now=clock()) == []
    return len(captured)


def test_twenty_answers_cost_as_many_statements_as_two(answers: Callable[..., list[UUID]]) -> None:
    few, many = answers(2), answers(20)

    assert statements_for(few) == statements_for(many)
    assert Offer.objects.count() == 2 * (2 + 20)
    assert set(InboundMessage.objects.values_list("state", flat=True)) == {"DONE"}


def test_together_they_come_to_the_same_as_one_by_one(answers: Callable[..., list[UUID]]) -> None:
    ids = answers(4)
    Transaction.objects.update(closes_at=InboundMessage.objects.get(pk=ids[2]).received_at)
    for one in ids:
        services.process_inbound(message_id=one, now=clock())
    alone = facts()
    assert [row[1] for row in alone[2]] == ["DONE", "DONE", "DONE", "IGNORED"]
    InboundMessage.objects.update(state="WAITING", handled_at=None, attempts=0)
    SearchAnswer.objects.all().delete()
    Offer.objects.all().delete()

    tasks.process_inbound(ids=[str(one) for one in ids])

    assert facts() == alone


def test_told_twice_in_one_batch_an_offer_is_told_anew(seller: Participant) -> None:
    journey = Journey(seller, make_search())
    for price in ("100", "90"):
        body = journey.body("on_search", catalogue(price), question=journey.search)
        assert verdict(post(seller, body)) == "ACK"

    statements_for(list(InboundMessage.objects.values_list("pk", flat=True)))

    assert Offer.objects.get().price_paise == 90_00
    assert SearchAnswer.objects.count() == 1


def test_one_that_is_odd_is_parked_alone(
    answers: Callable[..., list[UUID]],
) -> None:
    ids = answers(3)
    odd = InboundMessage.objects.get(pk=ids[1])
    odd.raw = "no JSON"
    odd.save()

    tasks.process_inbound(ids=[str(one) for one in ids])

    states = InboundMessage.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["DONE", "PARKED", "DONE"]
    assert Offer.objects.count() == 4


def test_other_callbacks_and_those_that_are_held_are_left(
    answers: Callable[..., list[UUID]], journey: Journey
) -> None:
    asked = journey.chosen()
    body = journey.body("on_select", journey.told(id=""), question=asked)
    assert verdict(post(journey.seller, body)) == "ACK"
    ids = answers(2)
    other = InboundMessage.objects.get(action="on_select")

    left = services.process_answers(message_ids=[*ids, other.pk], now=clock())

    assert left == [other.pk]
    other.refresh_from_db()
    assert (other.state, other.attempts) == ("WAITING", 0)

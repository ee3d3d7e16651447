"""What the database refuses about journeys, offers, orders and messages, whoever writes."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from apps.ondc.models import (
    InboundMessage,
    Offer,
    Participant,
    Question,
    Quote,
    RideOrder,
    SearchAnswer,
    Transaction,
)
from tests.ondc.network import Journey, clock, make_search

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("ondc_ride_order_ride_state_known", {"ride_state": "FLYING"}),
        ("ondc_ride_order_stage_known", {"stage": "SOMEHOW", "ride_state": ""}),
        ("ondc_ride_order_proposal_whole", {"proposal": "CANCEL"}),
        ("ondc_ride_order_proposal_whole", {"proposal_paise": 1}),
        ("ondc_ride_order_rides_when_confirmed", {"stage": "READY"}),
        ("ondc_ride_order_parties_frozen", {"bpp_id": "else.example"}),
        ("ondc_ride_order_parties_frozen", {"number": "O2"}),
    ],
)
def test_an_order_that_cannot_be_true_is_refused(
    journey: Journey, constraint: str, changes: dict[str, object]
) -> None:
    journey.reach("ACTIVE")

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        RideOrder.objects.update(**changes)


def _delete(model: type[Model]) -> None:
    """Delete every row as SQL does, without Django's own look at what points to them."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {model._meta.db_table}")


def test_what_is_over_is_over_and_nothing_of_it_goes(journey: Journey) -> None:
    journey.reach("ACTIVE")
    assert journey.say("on_status", journey.told("ENDED")) == "ACK"

    acts: dict[str, Callable[[], object]] = {
        "ondc_ride_order_over_is_over": partial(
            RideOrder.objects.update, ride_state="RIDE_STARTED"
        ),
        "ondc_ride_order_never_deleted": partial(_delete, RideOrder),
        "ondc_quote_stays": partial(Quote.objects.update, price_paise=1),
    }
    for constraint, attempt in acts.items():
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            attempt()


@pytest.mark.parametrize(
    ("constraint", "model", "changes"),
    [
        ("ondc_transaction_times_in_order", Transaction, {"closes_at": "2020-01-01T00:00Z"}),
        ("ondc_transaction_city_code", Transaction, {"city": "Bengaluru"}),
        ("ondc_question_times_in_order", Question, {"until": "2020-01-01T00:00Z"}),
        ("ondc_question_asks_somebody", Question, {"action": "select"}),
        ("ondc_inbound_handled_at", InboundMessage, {"handled_at": None}),
        ("ondc_inbound_handled_at", InboundMessage, {"state": "SOMEHOW"}),
        ("ondc_participant_kind_known", Participant, {"kind": "X"}),
        ("ondc_participant_valid_in_order", Participant, {"valid_until": "2020-01-01T00:00Z"}),
    ],
)
def test_a_row_that_cannot_be_true_is_refused(
    journey: Journey, constraint: str, model: type, changes: dict[str, object]
) -> None:
    journey.offered()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model._default_manager.update(**changes)  # type: ignore[attr-defined]  # of several models


def test_a_question_is_never_named_like_its_journey_and_never_twice(journey: Journey) -> None:
    asked = journey.search
    for constraint, message_id in [
        ("ondc_question_not_its_journey", asked.transaction_id),
        ("ondc_question_message_once", asked.message_id),
    ]:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Question.objects.create(
                transaction=asked.transaction,
                action="search",
                message_id=message_id,
                asked_at=asked.asked_at,
                until=asked.until,
            )


def again(row: Model, **changes: Any) -> None:
    """Insert a row a second time under another id."""
    row.pk = uuid4()
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(force_insert=True)


@pytest.mark.parametrize(
    ("constraint", "model", "changes"),
    [
        ("ondc_inbound_once", InboundMessage, {"raw": "{}"}),
        ("ondc_offer_once", Offer, {"price_paise": 1}),
        ("ondc_offer_price_not_negative", Offer, {"key": "other", "price_paise": -1}),
        ("ondc_search_answer_once", SearchAnswer, {"is_late": True}),
        ("ondc_participant_key_once", Participant, {"status": "EXPIRED"}),
    ],
)
def test_what_is_told_once_is_one_row(
    journey: Journey, constraint: str, model: type[Model], changes: dict[str, Any]
) -> None:
    journey.offered()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        again(model._default_manager.get(), **changes)


def test_a_seller_has_one_order_in_a_journey_and_one_of_a_number(journey: Journey) -> None:
    order = journey.reach("ACTIVE")

    with pytest.raises(IntegrityError, match="ondc_ride_order_once_a_seller"), transaction.atomic():
        again(order, number="", created_at=clock())
    other = journey.now()
    other.transaction = make_search().transaction
    with pytest.raises(IntegrityError, match="ondc_ride_order_number_once"), transaction.atomic():
        again(other)

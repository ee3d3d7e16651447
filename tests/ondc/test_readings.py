"""What Prometheus is told of how long sellers take."""

from datetime import timedelta

import pytest

from apps.ondc import readings
from apps.ondc.models import Question, SearchAnswer
from tests.ondc.network import Journey, clock

pytestmark = pytest.mark.django_db


def test_how_long_answers_took_is_told_by_seller_and_action(journey: Journey) -> None:
    journey.reach("QUOTED")
    seller = journey.seller.id
    (asked,) = Question.objects.filter(action="select")
    Question.objects.filter(pk=asked.pk).update(answered_at=asked.asked_at + timedelta(seconds=3))
    opened = asked.transaction.opened_at
    SearchAnswer.objects.filter(transaction=asked.transaction).delete()
    SearchAnswer.objects.create(
        transaction=asked.transaction, bpp_id=seller, answered_at=opened + timedelta(seconds=7)
    )

    took = readings.answers_s(clock())

    assert took == {(seller, "select"): 3, (seller, "search"): 7}
    assert readings.answers_s(clock() + 2 * readings.RECENT) == {}

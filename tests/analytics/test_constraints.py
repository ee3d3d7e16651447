"""Counted rows that cannot be true are refused by the database itself."""

import pytest
from django.db import IntegrityError, transaction

from apps.analytics.models import Cohort, Hour
from tests.analytics.making import day
from tests.factories import NOON, make_merchant
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db


def test_an_hour_that_cannot_be_true_is_refused() -> None:
    facts = {
        "merchant": make_merchant(),
        "day": day(NOON),
        "campaign_id": new_id(),
        "outlet_id": new_id(),
    }
    Hour.objects.create(**facts, hour=23)

    for wrong in ({"hour": 24}, {"hour": 22, "expired": -1}):
        with pytest.raises(IntegrityError, match="analytics_hour_in_range"), transaction.atomic():
            Hour.objects.create(**facts, **wrong)
    with pytest.raises(IntegrityError, match="analytics_hour_once"), transaction.atomic():
        Hour.objects.create(**facts, hour=23)


def test_a_cohort_that_cannot_be_true_is_refused() -> None:
    facts = {"merchant": make_merchant(), "day": day(NOON)}
    Cohort.objects.create(**facts, within_days=30, size=2, returned=2)

    for wrong in ({"size": 0, "returned": 0}, {"size": 2, "returned": 3}):
        with pytest.raises(IntegrityError, match="analytics_cohort_in_range"), transaction.atomic():
            Cohort.objects.create(**facts, within_days=60, **wrong)
    unpaid = {"within_days": 60, "size": 3, "returned": 1, "organic": 2}
    with pytest.raises(IntegrityError, match="cohort_organic_in_range"), transaction.atomic():
        Cohort.objects.create(**facts, **unpaid)
    with pytest.raises(IntegrityError, match="analytics_cohort_once"), transaction.atomic():
        Cohort.objects.create(**facts, within_days=30, size=5, returned=0)

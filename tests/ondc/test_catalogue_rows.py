"""Questions about catalogues and their answers as rows: what the desk may do, what goes, what is refused."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.ondc import services
from apps.ondc.errors import CatalogueUnderway
from apps.ondc.models import CatalogueAnswer, CatalogueRefresh
from apps.ondc.voice import voice
from tests.factories import NOON
from tests.ondc.network import Journey, Participant, act, catalogue, clock, post
from tests.ondc.telling import answered, asked, shop, tells

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def test_the_desk_asks_again_once_what_was_asked_before_is_in(seller: Participant) -> None:
    refresh = asked()
    again = partial(
        services.refresh_now, refresh_id=refresh.pk, actor_id=uuid4(), reason="a new mall",
        voice=voice(), now=clock(),
    )  # fmt: skip

    with pytest.raises(CatalogueUnderway):
        again()
    CatalogueRefresh.objects.update(closed_at=clock())
    fresh = CatalogueRefresh.objects.get(pk=again())

    assert (fresh.kind, fresh.state, fresh.asked_by is not None) == ("FULL", "WAITING", True)
    assert seller.id


def test_questions_of_long_ago_are_forgotten(seller: Participant) -> None:
    refresh = asked(now=clock() - timedelta(days=31))
    answered(refresh, now=clock())
    young = CatalogueRefresh.objects.exclude(pk=refresh.pk).count()

    assert services.forget_refreshes(now=clock()) == 1

    assert CatalogueRefresh.objects.count() == young
    assert seller.id


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("ondc_refresh_message_not_its_own", {"message_id": "id"}),
        ("ondc_refresh_span_of_changes", {"kind": "CHANGES"}),
        ("ondc_refresh_sale_known", {"sale": "TAXI"}),
        ("ondc_refresh_times_in_order", {"until": NOON - HOUR}),
        ("ondc_refresh_settled_at", {"state": "WAITING"}),
        ("ondc_refresh_said_is_said", {"body": "{}"}),
    ],
)
def test_a_question_that_cannot_be_true_is_refused(
    seller: Participant, constraint: str, changes: dict[str, Any]
) -> None:
    refresh = asked(now=NOON)
    assert seller.id
    told = {name: refresh.pk if value == "id" else value for name, value in changes.items()}
    row: dict[str, Any] = {
        "zone_code": "BLR", "city": "std:080", "sale": "RETAIL", "kind": "FULL", "domain": "x",
        "body": "{}", "digest": "d", "url": "u", "said_at": NOON, "until": NOON + MINUTE,
        "next_attempt_at": NOON, "state": "TAKEN", "settled_at": NOON,
    }  # fmt: skip
    own = uuid4()
    writes: Callable[[], object] = partial(
        CatalogueRefresh.objects.create,
        **row | {"id": own} | told | ({"message_id": own} if "message_id" in told else {}),
    )
    if constraint.endswith("said_is_said"):
        writes = partial(CatalogueRefresh.objects.filter(pk=refresh.pk).update, **told)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        writes()


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("ondc_catalogue_answer_imported_at", {"state": "DONE"}),
        ("ondc_catalogue_answer_counts", {"changed_count": 1}),
    ],
)
def test_an_answer_that_cannot_be_true_is_refused(
    seller: Participant, constraint: str, changes: dict[str, Any]
) -> None:
    tells(seller, asked(), shop())

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        CatalogueAnswer.objects.update(**changes)


def test_a_question_and_a_message_are_there_once(seller: Participant) -> None:
    refresh = asked()
    row = {
        name: getattr(refresh, name)
        for name in (
            "zone_code", "city", "sale", "kind", "domain", "body", "digest", "url", "said_at", "until",
            "next_attempt_at", "state", "settled_at",
        )
    }  # fmt: skip

    with pytest.raises(IntegrityError, match="ondc_refresh_one_at_a_time"), transaction.atomic():
        CatalogueRefresh.objects.create(**row)
    closed = {"message_id": refresh.message_id, "closed_at": refresh.said_at}
    with pytest.raises(IntegrityError, match="ondc_refresh_message_once"), transaction.atomic():
        CatalogueRefresh.objects.create(**row | closed)
    assert seller.id


def test_a_riders_search_is_no_catalogue(seller: Participant, journey: Journey) -> None:
    answer = journey.body("on_search", catalogue("100"), question=journey.search)

    post(seller, answer)
    act()

    assert not CatalogueAnswer.objects.exists()

"""Two requests of one person at the same moment."""

import pytest

from apps.accounts.models import User
from apps.exports import services
from apps.exports.errors import TooManyExports
from apps.exports.models import Export
from tests.accounts.making import make_operator
from tests.concurrency.meeting import at_once, paused
from tests.exports.making import ask
from tests.factories import NOON

pytestmark = pytest.mark.django_db(transaction=True)


def asking(person: User) -> object:
    try:
        return ask(person)
    except TooManyExports:
        return "refused"


@pytest.fixture
def nearly() -> User:
    """Somebody who may ask for one more."""
    analyst = make_operator("analyst", "MNP")
    for _ in range(services.MOST_OPEN - 1):
        ask(analyst)
    return analyst


def test_of_many_requests_at_once_the_last_free_place_goes_to_one(
    nearly: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Export.objects, "create", paused(Export.objects.create))

    outcomes = at_once(*[lambda: asking(nearly)] * 3)

    assert sum("refused" in str(outcome) for outcome in outcomes) == 2
    assert Export.objects.count() == services.MOST_OPEN


def test_without_the_queue_each_of_them_counts_before_the_others_are_there(
    nearly: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "_queue_up", lambda person_id: person_id)
    monkeypatch.setattr(Export.objects, "create", paused(Export.objects.create))

    at_once(*[lambda: asking(nearly)] * 2)

    assert Export.objects.count() == services.MOST_OPEN + 1, "the race is real"


def test_two_workers_at_one_export_take_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    export = ask(make_operator("analyst", "MNP"))
    monkeypatch.setattr(Export, "save", paused(Export.save))

    taken = at_once(*[lambda: services.claim(export_id=export.pk, now=NOON) is not None] * 2)

    assert sorted(map(str, taken)) == ["False", "True"]

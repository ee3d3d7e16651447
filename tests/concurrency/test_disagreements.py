"""A disagreement that several operators decide at once is decided by one of them."""

from collections.abc import Callable
from uuid import UUID

import pytest

from apps.accounts import services as accounts
from apps.accounts.selectors import trail
from apps.ondc import services
from apps.ondc.models import Disagreement
from apps.ondc.services import deciding
from tests.concurrency.meeting import at_once, paused
from tests.factories import NOON
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def unknown() -> Disagreement:
    """An order that we do not know: no settlement stands before it, whose lock would do as well."""
    return Disagreement.objects.create(
        kind="UNKNOWN_ORDER", party="bpp.example.in", number="O1", opened_at=NOON
    )


def closing(found: Disagreement) -> Callable[[], str]:
    def job() -> str:
        done = services.decide_disagreement(
            disagreement_id=found.pk, decision="CLOSE", actor_id=new_id(), reason="a test", now=NOON
        )
        return done.decision

    return job


def unlocked(disagreement_id: UUID) -> Disagreement | None:
    return Disagreement.objects.filter(pk=disagreement_id, decided_at__isnull=True).first()


def test_of_three_operators_one_decides(
    unknown: Disagreement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "record", paused(accounts.record))

    outcomes = at_once(*[closing(unknown)] * 3)

    assert sorted(map(str, outcomes)) == ["CLOSE", "DisagreementNotOpen", "DisagreementNotOpen"]
    assert len(trail(object_ids=[str(unknown.pk)])) == 1


def test_without_the_lock_the_database_refuses_the_second_decision(
    unknown: Disagreement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "_lock_open", unlocked)
    monkeypatch.setattr(Disagreement, "save", paused(Disagreement.save))

    outcomes = at_once(*[closing(unknown)] * 2)

    assert sorted(map(str, outcomes)) == ["CLOSE", "IntegrityError"]
    assert len(trail(object_ids=[str(unknown.pk)])) == 1

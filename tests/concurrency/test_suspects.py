"""Cases of suspected fraud that are raised and decided at the same moment: no watch outlives its case."""

from datetime import timedelta
from uuid import UUID

import pytest

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.analytics import assessing, casework
from apps.analytics.models import RiskCase
from apps.handshake.models import Handshake
from apps.rides import services as rides
from apps.rides.models import Watch
from tests.analytics.suspecting import OPERATOR, use_device
from tests.concurrency.meeting import at_once, beside, paused_after
from tests.factories import NOON, Shop, make_rider, make_shop
from tests.handshake.visiting import visit

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOON + timedelta(days=1)


@pytest.fixture
def without_the_riders_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let both go on as if nobody queued on the rider."""
    monkeypatch.setattr(accounts, "lock_person", lambda **_: True)


@pytest.fixture
def rider() -> User:
    return make_rider()


def suspicious(shop: Shop, rider: User, *, hours: int = 0) -> Handshake:
    """Settle a visit of somebody who shares a device with the shop."""
    use_device(shop.merchant.brand, rider.pk, shop.owner_id)
    return visit(shop, rider, now=NOON + timedelta(hours=hours))


def assess(done: Handshake) -> None:
    assessing.assess(handshake_ids=[done.pk], now=LATER)


def clear(case_id: UUID) -> None:
    casework.decide_case(
        case_id=case_id, fraud=False, actor_id=OPERATOR, reason="family", now=LATER
    )


def watched() -> bool:
    return Watch.objects.filter(ended_at=None).exists()


def clear_while_it_is_raised(rider: User, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Clear a case that another visit of the pair has just been counted to, before the watch is written."""
    shop = make_shop()
    assess(suspicious(shop, rider))
    case = RiskCase.objects.get()
    again = visit(shop, rider, now=NOON + timedelta(hours=5))
    return beside(
        lambda: assess(again),
        lambda: clear(case.pk),
        at=(rides, "watch"),
        monkeypatch=monkeypatch,
    )


def test_a_case_that_is_cleared_while_it_is_raised_leaves_no_watch(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clear_while_it_is_raised(rider, monkeypatch) == [None, None]

    assert RiskCase.objects.get().state == RiskCase.State.CLEARED
    assert not watched()


@pytest.mark.usefixtures("without_the_riders_lock")
def test_without_the_riders_lock_a_watch_would_outlive_its_case(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the operator ends the watch first, and then it begins."""
    assert clear_while_it_is_raised(rider, monkeypatch) == [None, None]

    assert not RiskCase.objects.filter(state=RiskCase.State.OPEN).exists()
    assert watched()


def clear_both_at_once(rider: User, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    for number, brand in enumerate(("One", "Two")):
        assess(suspicious(make_shop(brand), rider, hours=6 * number))
    first, second = RiskCase.objects.order_by("opened_at", "pk").values_list("pk", flat=True)
    with monkeypatch.context() as patched:
        # Both have looked whether the other is open before one of them commits.
        patched.setattr(casework, "_watch_no_longer", paused_after(casework._watch_no_longer))
        return at_once(lambda: clear(first), lambda: clear(second))


def test_two_cases_of_a_rider_that_are_cleared_at_once_leave_no_watch(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clear_both_at_once(rider, monkeypatch) == [None, None]

    assert not watched()


@pytest.mark.usefixtures("without_the_riders_lock")
def test_without_the_riders_lock_each_would_leave_the_watch_to_the_other(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: each finds the other's case open, and nobody is left who would end the watch."""
    assert clear_both_at_once(rider, monkeypatch) == [None, None]

    assert not RiskCase.objects.filter(state=RiskCase.State.OPEN).exists()
    assert watched()

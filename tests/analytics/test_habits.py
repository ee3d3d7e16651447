"""Signs that many visits make together, from rows: at the limit nothing is said, with one row more it is."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.analytics import assessing, tables
from apps.analytics.models import RiskSignal
from apps.handshake.models import Handshake
from tests.analytics.suspecting import OPERATOR
from tests.factories import MANIPAL, NOON, Shop, make_rider, make_shop
from tests.handshake.visiting import visit

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LATER = NOON + timedelta(hours=3)


def found(last: Handshake, rule: str) -> dict[str, int] | None:
    """Look at a visit and return the facts of the rule, if it spoke."""
    assessing.assess(handshake_ids=[last.pk], now=timezone.now())
    return (
        RiskSignal.objects.filter(handshake_id=last.pk, rule=rule)
        .values_list("facts", flat=True)
        .first()
    )


def usual(name: str, number: int) -> None:
    """Let fewer rows do: what is a sign from many on is one from a few on."""
    tables.set_threshold(
        zone_code="MNP", name=name, number=number, actor_id=OPERATOR, reason="a test", now=NOON
    )


def rich(name: str = "Corner") -> Shop:
    return make_shop(name, funds_paise=20_000_00, seats=50)


@pytest.fixture
def rider() -> User:
    return make_rider()


@pytest.mark.parametrize(("visits", "says"), [(6, None), (7, {"visits": 7})])
def test_seven_visits_of_a_rider_within_an_hour(
    rider: User, visits: int, says: dict[str, int] | None
) -> None:
    first = visit(rich(), rider, now=LATER - 60 * MINUTE)
    last = [
        visit(rich(f"Shop {n}"), rider, now=LATER - n * MINUTE) for n in reversed(range(visits))
    ]

    assert found(last[-1], "rider_velocity") == says
    # The one of an hour before is of another hour.
    assert found(first, "rider_velocity") is None


@pytest.mark.parametrize(("scans", "says"), [(2, None), (3, {"visits": 3})])
def test_more_scans_of_one_person_within_an_hour_than_hands_can_do(
    scans: int, says: dict[str, int] | None
) -> None:
    shop, busy = rich(), rich("Next door")
    usual("scanner_hour", 2)
    visit(shop, now=LATER - 60 * MINUTE)
    # Somebody else's scans are not this person's.
    visit(busy, now=LATER - 2 * MINUTE)

    last = [visit(shop, now=LATER - n * MINUTE) for n in reversed(range(scans))]

    assert found(last[-1], "scanner_velocity") == says


@pytest.mark.parametrize(("elsewhere", "says"), [(6, None), (5, {"percent": 28, "visits": 2})])
def test_more_than_a_quarter_of_a_riders_cashback_from_one_shop(
    rider: User, elsewhere: int, says: dict[str, int] | None
) -> None:
    here, there = rich(), rich("Next door")
    usual("pair_share_least", 2)
    visit(here, rider, now=NOON)
    for number in range(elsewhere):
        visit(there, rider, now=NOON + (number + 1) * DAY)

    last = visit(here, rider, now=NOON + 10 * DAY)

    assert found(last, "pair_share") == says


def test_a_quarter_of_too_few_visits_says_nothing(rider: User) -> None:
    shop = rich()
    usual("pair_share_least", 2)

    assert found(visit(shop, rider, now=NOON), "pair_share") is None
    assert found(visit(shop, rider, now=NOON + DAY), "pair_share") == {"percent": 100, "visits": 2}


@pytest.mark.parametrize(
    ("others", "hidden", "says"),
    [
        (3, 3, {"blind": 3, "pair": 3, "rest": 0}),
        # One scan of the pair less, and one less of everybody else to compare with.
        (3, 2, None),
        (2, 3, None),
    ],
)
def test_a_scanner_who_hides_where_it_is_for_one_rider_alone(
    rider: User, others: int, hidden: int, says: dict[str, int] | None
) -> None:
    shop = rich()
    usual("staff_least", 3)
    for number in range(others):
        visit(shop, now=NOON + number * MINUTE, location=MANIPAL)

    last = [visit(shop, rider, now=NOON + (n + 1) * DAY) for n in range(hidden)]

    assert found(last[-1], "staff") == says


def test_a_shop_that_never_says_where_it_scans_hides_nothing(rider: User) -> None:
    shop = rich()
    usual("staff_least", 3)
    for number in range(3):
        visit(shop, now=NOON + number * MINUTE, location=None if number else MANIPAL)

    last = [visit(shop, rider, now=NOON + (n + 1) * DAY) for n in range(3)]

    assert found(last[-1], "staff") is None

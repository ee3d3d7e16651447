"""An experiment from its riders to its dashboard: both groups counted, once a day, by an even draw."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.analytics import selectors
from apps.analytics.experiments import Measured, count_experiments
from apps.analytics.models import Experiment
from apps.campaigns import selectors as campaigns
from apps.handshake import check_ins
from apps.merchants.models import Staff
from apps.merchants.selectors import StaffScope
from tests.analytics.making import day, take_back, visit
from tests.factories import NOON, Shop, make_outlet, make_rider, make_shop, make_staff
from tests.rides.calling import Api

pytestmark = pytest.mark.django_db
MONTH = NOON + timedelta(days=31)


def riders_of(shop: Shop, *, shown: int, held: int) -> tuple[list[User], list[User]]:
    """Return so many riders of each group, made until there are enough; the rest of them leave."""
    (holdout,) = campaigns.holdouts(merchant_id=shop.merchant.pk)
    groups: tuple[list[User], list[User]] = [], []
    while len(groups[0]) < shown or len(groups[1]) < held:
        rider = make_rider()
        group, most = (groups[1], held) if holdout.holds_out(rider.pk) else (groups[0], shown)
        if len(group) < most:
            group.append(rider)
    counted = [one.pk for one in (*groups[0], *groups[1])]
    User.objects.exclude(pk__in=counted).update(zone_code="XXX")
    return groups


def check_in(shop: Shop, rider: User, *, days: int) -> None:
    check_ins.check_in(
        person_id=rider.pk,
        staff=StaffScope(shop.merchant.pk, "OWNER", (), shop.owner_id),
        outlet_id=None,
        bill_paise=None,
        now=NOON + timedelta(days=days),
    )


def tried() -> tuple[Shop, Measured]:
    """Return a month's experiment: of ten who see the deal nine come, of ten who do not eight."""
    shop = make_shop(holdout_bps=50_00)
    shown, held = riders_of(shop, shown=10, held=10)
    for number, rider in enumerate(shown[:7]):
        visit(shop, rider=rider, at=NOON + timedelta(days=number), bill_paise=500_00)
    for rider in (*shown[7:9], *held[:8]):
        check_in(shop, rider, days=3)
    check_in(shop, shown[0], days=9)
    # What was taken back was no visit.
    take_back(visit(shop, rider=shown[9], at=NOON), at=NOON + timedelta(days=1))
    # Neither is what happened before or after.
    assert count_experiments(now=MONTH, limit=10) == 1
    return shop, measured(shop)


def measured(shop: Shop) -> Measured:
    (one,) = selectors.experiments(merchant_id=shop.merchant.pk, now=MONTH)
    return one


def test_both_groups_are_counted_by_deals_and_check_ins() -> None:
    shop, one = tried()

    row = one.row
    assert (row.since, row.until) == (day(NOON), day(MONTH))
    shown = (row.shown_riders, row.shown_visitors, row.shown_visits, row.shown_check_ins)
    held = (row.held_riders, row.held_visitors, row.held_visits, row.held_check_ins)
    assert (*shown, row.shown_first_visits) == (10, 9, 10, 3, 9)
    assert (*held, row.held_first_visits) == (10, 8, 8, 8, 8)
    assert row.visits_lift == pytest.approx(0.2)
    assert one.more_visits is not None
    assert one.more_visits.estimate == pytest.approx(2.0)
    assert one.spend_paise == 7 * 220_00
    # Twenty people are too few to be sure of it.
    assert one.state == "nothing"
    assert one.icac_paise is one.iroas is None
    assert shop.campaign.pk == row.pk


def test_an_experiment_is_counted_once_a_day_and_the_same_each_time() -> None:
    shop, before = tried()

    assert count_experiments(now=MONTH + timedelta(hours=1), limit=10) == 0
    Experiment.objects.update(until=day(NOON))
    assert count_experiments(now=MONTH, limit=10) == 1

    assert Experiment.objects.values().get() == {
        field.attname: getattr(before.row, field.attname)
        for field in Experiment._meta.concrete_fields
    }
    assert measured(shop) == before


def test_before_thirty_days_are_over_nothing_is_told() -> None:
    shop = make_shop(holdout_bps=50_00)
    shown, held = riders_of(shop, shown=8, held=8)
    for rider in (*shown[:6], *held[:6]):
        check_in(shop, rider, days=2)

    count_experiments(now=NOON + timedelta(days=29), limit=10)

    one = measured(shop)
    assert one.row.held_visits == 6
    assert (one.row.visits_lift, one.more_visits, one.state) == (None, None, "too_early")
    count_experiments(now=NOON + timedelta(days=31), limit=10)
    assert measured(shop).state == "nothing"


def test_of_a_group_that_nobody_checks_in_nothing_is_told() -> None:
    """Else every visit by a deal would pass for one that the deal brought."""
    shop = make_shop(holdout_bps=50_00)
    shown, _ = riders_of(shop, shown=8, held=8)
    for rider in shown:
        visit(shop, rider=rider, at=NOON + timedelta(days=1))

    count_experiments(now=MONTH, limit=10)

    assert measured(shop).state == "too_few"
    assert measured(shop).row.visits_lift is None


def test_what_a_sure_lift_makes_of_the_money() -> None:
    row = Experiment(
        since=day(NOON), until=day(MONTH), shown_riders=1_000,
        visits_lift=0.2, visits_low=0.1, visits_high=0.3,
        first_lift=0.1, first_low=0.05, first_high=0.15,
    )  # fmt: skip

    one = Measured(row, spend_paise=40_000_00, bill_paise=500_00.0)

    assert one.state == "more"
    assert one.more_visits is not None
    assert (one.more_visits.low, one.more_visits.estimate) == pytest.approx((100, 200))
    # 40,000 for a hundred customers; 200 visits of 500 for 40,000.
    assert one.icac_paise == 400_00
    assert one.iroas == pytest.approx(2.5)
    assert Measured(row, spend_paise=40_000_00, bill_paise=None).iroas is None


def test_the_api_tells_the_whole_business_and_no_post_at_an_outlet() -> None:
    shop, one = tried()
    elsewhere = make_outlet(shop.merchant)
    manager = make_staff(shop.merchant, Staff.Role.MANAGER, outlet_ids=(elsewhere.pk,))

    (told,) = Api(shop.owner_id, "merchant").get("/analytics").json()["experiments"]

    assert UUID(told["campaignId"]) == shop.campaign.pk
    assert (told["holdout"], told["state"], told["spend"]) == (50, "nothing", 1540)
    assert told["heldOut"] == {
        "riders": 10, "visitors": 8, "visits": 8, "checkIns": 8, "firstVisits": 8,
    }  # fmt: skip
    assert told["lift"]["estimate"] == pytest.approx(one.row.visits_lift)
    assert told["incrementalVisits"]["estimate"] == pytest.approx(2.0)
    assert Api(manager, "merchant").get("/analytics").json()["experiments"] == []


@pytest.mark.parametrize(
    ("row", "constraint"),
    [
        ({"held_visitors": 11}, "analytics_experiment_in_range"),
        ({"shown_check_ins": 99}, "analytics_experiment_in_range"),
        ({"visits_low": 9.0}, "analytics_experiment_within_its_interval"),
    ],
)
def test_an_experiment_that_cannot_be_true_is_refused(
    row: dict[str, object], constraint: str
) -> None:
    tried()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Experiment.objects.update(**row)

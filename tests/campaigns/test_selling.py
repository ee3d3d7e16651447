"""What a booking takes, and each reason why it may not."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from apps.campaigns import errors, selectors, services
from apps.campaigns.guards import ALL
from apps.campaigns.lifecycle import SuspendedFor
from apps.campaigns.models import Allotment, Campaign
from apps.merchants import services as merchants
from tests.campaigns.making import MAX_COST_PAISE, make_campaign, take
from tests.campaigns.plans import explained
from tests.merchants.making import MANIPAL, NOON, make_merchant, make_outlet
from uma.kernel.errors import DomainError
from uma.kernel.geo import Point
from uma.kernel.zones import Window

pytestmark = pytest.mark.django_db
MIDNIGHT = datetime.fromisoformat("2026-03-02T18:30:00+00:00")
TOMORROW = NOON + timedelta(days=1)


def sold(campaign: Campaign) -> list[tuple[str, int, int]]:
    rows = Allotment.objects.filter(campaign=campaign, seats_taken__gt=0).order_by("scope")
    return [(row.scope, row.seats_taken, row.committed_paise) for row in rows]


def record_visit(merchant_id: UUID, rider_id: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT merchants_record_first_visit(%s, %s, %s, %s)",
            [merchant_id, rider_id, uuid4(), NOON],
        )
        (is_new,) = cursor.fetchone()
    return bool(is_new)


def refused(campaign: Campaign, rider_id: UUID, **how: Any) -> DomainError:
    """Return the refusal, after making sure that it wrote nothing and that all reasons name it."""
    before = sold(campaign)
    with pytest.raises(errors.Ineligible) as refusal:
        take(campaign, rider_id, **how)
    assert sold(campaign) == before
    reasons = selectors.ineligible(
        campaign_id=campaign.pk,
        outlet_id=how.get("outlet_id"),
        rider_id=rider_id,
        place=how.get("at"),
        now=how.get("now", NOON),
    )
    assert reasons[0].code == refusal.value.code
    return refusal.value


def test_a_seat_is_taken_from_every_cap_at_the_most_it_can_cost() -> None:
    campaign, rider = make_campaign(), uuid4()

    offer = take(campaign, rider)

    outlet = offer.outlet_id
    assert offer.max_cost_paise == MAX_COST_PAISE
    assert sold(campaign) == [
        ("all", 1, MAX_COST_PAISE),
        ("day:2026-03-02", 1, MAX_COST_PAISE),
        (f"outlet:{outlet}:2026-03-02", 1, MAX_COST_PAISE),
        (f"rider:{rider}", 1, MAX_COST_PAISE),
        (f"rider:{rider}:2026-03-02", 1, MAX_COST_PAISE),
    ]
    assert list(offer.scopes) == [scope for scope, _, _ in sold(campaign)]


def test_the_offer_carries_the_terms_of_the_revision_that_is_sold() -> None:
    campaign = make_campaign(static_qr=True, booking_ttl_minutes=90)

    offer = take(campaign, uuid4())

    assert (offer.revision, offer.title, offer.discount_bps) == (1, campaign.title, 1000)
    assert (offer.cap_paise, offer.cpt_fee_paise, offer.cpa_fee_paise) == (150_00, 20_00, 50_00)
    assert (offer.basis, offer.gst_bps, offer.inter_state) == ("flat", 1800, False)
    assert (offer.static_qr, offer.booking_ttl_minutes) == (True, 90)
    assert (offer.merchant_name, offer.zone_code, offer.timezone) == (
        "Corner Café", "MNP", "Asia/Kolkata",
    )  # fmt: skip


def test_a_merchant_of_another_state_is_taxed_between_states() -> None:
    merchant = make_merchant(state_code="32", funds_paise=1_000_00)
    make_outlet(merchant)

    assert take(make_campaign(merchant), uuid4()).inter_state


def test_a_deal_without_cpa_offers_no_fee_for_new_customers() -> None:
    offer = take(make_campaign(cpa_enabled=False), uuid4())

    assert (offer.cpa_fee_paise, offer.max_cost_paise) == (0, 150_00 + 20_00 + 3_60)


def test_what_is_given_back_can_be_sold_again() -> None:
    campaign = make_campaign(seats=1)
    offer = take(campaign, uuid4())
    refused(campaign, uuid4())

    with transaction.atomic():
        services.give_back(
            campaign_id=campaign.pk,
            scopes=offer.scopes,
            amount_paise=offer.max_cost_paise,
            seats=1,
        )

    assert sold(campaign) == []
    take(campaign, uuid4())


def test_nothing_is_given_back_to_an_allotment_that_does_not_exist() -> None:
    campaign = make_campaign()

    with pytest.raises(Exception, match="allotments to give back to"), transaction.atomic():
        services.give_back(
            campaign_id=campaign.pk, scopes=["all", "day:1999-01-01"], amount_paise=0, seats=0
        )


def test_a_visit_that_cost_less_leaves_the_rest_of_its_budget_to_others() -> None:
    campaign = make_campaign(budget_paise=2 * MAX_COST_PAISE - 1)
    offer = take(campaign, uuid4())
    assert isinstance(refused(campaign, uuid4()), errors.BudgetExhausted)

    with transaction.atomic():
        services.give_back(campaign_id=campaign.pk, scopes=offer.scopes, amount_paise=1, seats=0)

    take(campaign, uuid4())
    assert Allotment.objects.get(campaign=campaign, scope=ALL).seats_taken == 2


def test_of_several_outlets_the_nearest_open_one_is_meant() -> None:
    merchant = make_merchant()
    near = make_outlet(merchant, "Near")
    far = make_outlet(merchant, "Far", at=Point(latitude=13.40, longitude=74.79))
    campaign = make_campaign(merchant, outlet_ids=(far.pk, near.pk))

    assert take(campaign, uuid4(), at=MANIPAL).outlet_id == near.pk
    assert take(campaign, uuid4(), outlet_id=far.pk).outlet_id == far.pk
    merchants.set_outlet_status(
        outlet_id=near.pk, status="PAUSED", actor_id=None, reason="repairs", now=NOON
    )
    assert take(campaign, uuid4(), at=MANIPAL).outlet_id == far.pk


def test_an_outlet_that_the_deal_is_not_listed_at_does_not_sell_it() -> None:
    campaign = make_campaign()
    elsewhere = make_outlet(campaign.merchant, "Elsewhere")

    with pytest.raises(errors.UnknownCampaign):
        take(campaign, uuid4(), outlet_id=elsewhere.pk)


def test_a_paused_zone_sells_nothing_until_it_is_resumed() -> None:
    campaign = make_campaign()
    merchants.pause_zone(code="MNP", actor_id=None, reason="flood", now=NOON)

    refusal = refused(campaign, uuid4())

    assert (refusal.code, refusal.status) == ("zone_paused", 503)
    merchants.resume_zone(code="MNP", actor_id=None, reason="dry again", now=NOON)
    take(campaign, uuid4())


def _pause(campaign: Campaign) -> None:
    services.pause(
        campaign_id=campaign.pk, merchant_id=campaign.merchant_id, actor_id=None, now=NOON
    )


def _suspend_merchant(campaign: Campaign) -> None:
    merchants.suspend(merchant_id=campaign.merchant_id, actor_id=None, reason="odd", now=NOON)


def _end(campaign: Campaign) -> None:
    services.end(campaign_id=campaign.pk, merchant_id=None, actor_id=None, now=NOON)


def _suspend(campaign: Campaign) -> None:
    services.suspend(
        campaign_id=campaign.pk,
        kind=SuspendedFor.OTHER,
        actor_id=None,
        reason="odd",
        now=NOON,
    )


@pytest.mark.parametrize("stop", [_pause, _suspend_merchant, _end, _suspend])
def test_what_is_not_on_offer_is_not_sold(stop: Callable[[Campaign], None]) -> None:
    campaign = make_campaign()
    stop(campaign)

    assert refused(campaign, uuid4()).code == "campaign_not_active"


def test_of_a_draft_a_rider_learns_nothing() -> None:
    with pytest.raises(errors.UnknownCampaign):
        take(make_campaign(submit=False), uuid4())


def test_a_deal_is_sold_from_its_start_to_its_end_whatever_its_label() -> None:
    starts, ends = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    campaign = make_campaign(starts_at=starts, ends_at=ends)

    early = refused(campaign, uuid4(), now=starts - timedelta(microseconds=1))
    assert (early.code, early.extra["until"]) == ("campaign_not_active", starts)
    take(campaign, uuid4(), now=starts)
    take(campaign, uuid4(), now=ends - timedelta(microseconds=1))
    assert refused(campaign, uuid4(), now=ends).code == "campaign_not_active"


def test_outside_its_hours_a_deal_says_when_it_opens_next() -> None:
    # Monday to Tuesday over midnight, on the zone's clock.
    campaign = make_campaign(windows=(Window(0, time(22), time(2)),))
    opens = datetime.fromisoformat("2026-03-02T16:30:00+00:00")

    refusal = refused(campaign, uuid4())

    assert refusal.code == "outside_window"
    assert refusal.extra["until"] == refusal.extra["next_open_at"] == opens
    take(campaign, uuid4(), now=opens)
    take(campaign, uuid4(), now=opens + timedelta(hours=4, microseconds=-1))
    assert refused(campaign, uuid4(), now=opens + timedelta(hours=4)).code == "outside_window"


def test_a_deal_for_new_customers_is_not_sold_to_those_who_came_before() -> None:
    campaign, rider = make_campaign(audience="new_only"), uuid4()
    take(campaign, rider)

    record_visit(campaign.merchant_id, rider)

    assert refused(campaign, rider).code == "audience_new_only"


def test_a_deal_for_returning_customers_is_not_sold_to_strangers() -> None:
    campaign, rider = make_campaign(audience="returning_only"), uuid4()
    assert refused(campaign, rider).code == "audience_returning_only"

    record_visit(campaign.merchant_id, rider)

    take(campaign, rider)


def test_a_geofenced_deal_is_sold_within_the_outlets_radius_only() -> None:
    campaign = make_campaign(geofence_policy="rider_location")
    away = Point(latitude=MANIPAL.latitude + 0.0020, longitude=MANIPAL.longitude)

    assert refused(campaign, uuid4()).extra["distance_m"] is None
    refusal = refused(campaign, uuid4(), at=away)
    assert (refusal.code, refusal.extra["distance_m"]) == ("outside_geofence", 222)
    take(campaign, uuid4(), at=MANIPAL)


def test_a_closed_outlet_sells_nothing() -> None:
    campaign = make_campaign()
    outlet = campaign.deals.get().outlet
    merchants.set_outlet_status(
        outlet_id=outlet.pk, status="PAUSED", actor_id=None, reason="repairs", now=NOON
    )

    assert refused(campaign, uuid4()).code == "outlet_closed"


@pytest.mark.parametrize(
    ("caps", "code", "until"),
    [
        ({"budget_paise": MAX_COST_PAISE * 2 - 1}, "budget_exhausted", None),
        ({"daily_budget_paise": MAX_COST_PAISE * 2 - 1}, "daily_budget_exhausted", MIDNIGHT),
        ({"seats": 1}, "seats_exhausted", None),
        ({"daily_seats": 1}, "daily_seats_exhausted", MIDNIGHT),
        ({"per_outlet_daily": 1}, "outlet_daily_cap_reached", MIDNIGHT),
    ],
)
def test_a_cap_of_one_sells_one(caps: dict[str, Any], code: str, until: datetime | None) -> None:
    campaign = make_campaign(**caps)
    take(campaign, uuid4())

    refusal = refused(campaign, uuid4())

    assert (refusal.code, refusal.status, refusal.extra["until"]) == (code, 409, until)
    if until is None:
        assert refused(campaign, uuid4(), now=TOMORROW).code == code
    else:
        take(campaign, uuid4(), now=until)


@pytest.mark.parametrize(
    ("caps", "code", "until"),
    [
        ({"per_rider": 1}, "rider_cap_reached", None),
        ({"per_rider_per_day": 1}, "rider_daily_cap_reached", MIDNIGHT),
    ],
)
def test_a_riders_cap_binds_that_rider_alone(
    caps: dict[str, Any], code: str, until: datetime | None
) -> None:
    campaign, rider = make_campaign(**caps), uuid4()
    take(campaign, rider)

    refusal = refused(campaign, rider)

    assert (refusal.code, refusal.extra["until"]) == (code, until)
    take(campaign, uuid4())
    if until is not None:
        take(campaign, rider, now=until)


def test_a_cap_that_is_set_later_knows_what_was_sold_before() -> None:
    campaign, rider = make_campaign(), uuid4()
    take(campaign, rider)

    services.change(
        campaign_id=campaign.pk,
        merchant_id=campaign.merchant_id,
        changes={"per_rider": 1},
        actor_id=None,
        now=NOON,
    )

    assert refused(campaign, rider).code == "rider_cap_reached"


def test_the_first_guard_that_fails_is_the_answer_and_all_are_named() -> None:
    campaign = make_campaign(seats=1, windows=(Window(0, time(22), time(2)),))
    merchants.pause_zone(code="MNP", actor_id=None, reason="flood", now=NOON)

    assert refused(campaign, uuid4()).code == "zone_paused"

    reasons = selectors.ineligible(
        campaign_id=campaign.pk, outlet_id=None, rider_id=uuid4(), place=None, now=NOON
    )
    assert [reason.code for reason in reasons] == ["zone_paused", "outside_window"]


def test_a_booking_looks_up_its_own_caps_however_many_riders_came_before() -> None:
    campaign = make_campaign(seats=20)
    # The session keeps the plan that suits a table of a few rows.
    for _ in range(8):
        take(campaign, uuid4())
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO campaigns_allotment (campaign_id, scope, seats_taken, committed_paise,
                      spent_paise, visits)
               SELECT %s, 'rider:' || n, 1, 1, 0, 0 FROM generate_series(1, 3000) n""",
            [campaign.pk],
        )

    with explained() as plans:
        offer = take(campaign, uuid4())
        with transaction.atomic():
            services.give_back(
                campaign_id=campaign.pk,
                scopes=offer.scopes,
                amount_paise=offer.max_cost_paise,
                seats=1,
            )

    plan = "\n".join(plans)
    assert plan.count("campaigns_allotment_once_per_scope") >= 4
    assert "Seq Scan on campaigns_allotment" not in plan
    # By campaign alone it would read a row for each rider.
    assert "scope" in plan
    assert "Index Cond: (campaign_id = $1)" not in plan

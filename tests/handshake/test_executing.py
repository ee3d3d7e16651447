"""What a scan settles, to the paisa, as the worked entries of product rule 2.6 have it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.campaigns import services as campaigns
from apps.campaigns.errors import SeatsExhausted
from apps.campaigns.lifecycle import SuspendedFor
from apps.handshake import identify, services
from apps.handshake.models import Handshake
from apps.merchants import services as merchants
from apps.merchants.models import FirstVisit, Staff
from apps.rides import qr
from tests.factories import (
    FUNDS_PAISE,
    MANIPAL,
    MAX_COST_PAISE,
    NOON,
    Shop,
    code_of,
    keyring,
    make_booking,
    make_rider,
    make_shop,
    make_staff,
    make_zone,
)
from tests.handshake.visiting import (
    CAP_PAISE,
    FARE_PAISE,
    everything,
    execute,
    preview,
    purses,
    scan_of,
    tell_fare,
    visit,
)
from uma.kernel.geo import Point

pytestmark = pytest.mark.django_db
LEFT = FUNDS_PAISE - MAX_COST_PAISE
NEW_CUSTOMER_FEES = {"cpt": 20_00, "cpa": 50_00, "gst_cgst": 6_30, "gst_sgst": 6_30}
# About 330 and 270 metres north of the outlet.
FAR = Point(MANIPAL.latitude + 0.0030, MANIPAL.longitude)
NEAR = Point(MANIPAL.latitude + 0.0024, MANIPAL.longitude)


def purses_of(handshake: Handshake) -> dict[str, int]:
    return purses(handshake.merchant_id, handshake.rider_id)


def test_a_new_customers_fare_below_the_cap_is_paid_and_the_rest_released() -> None:
    handshake = visit(make_shop(basis="actual_capped"), fare_paise=FARE_PAISE)

    assert purses_of(handshake) == NEW_CUSTOMER_FEES | {
        "wallet": LEFT,
        "rider": 132_00,
        "released": 18_00,
    }
    assert handshake.is_new_customer
    assert not handshake.review
    assert (handshake.reimbursement_paise, handshake.merchant_debit_paise) == (132_00, 214_60)
    assert (handshake.cpt_fee_paise, handshake.cpa_fee_paise) == (20_00, 50_00)
    assert (handshake.gst_paise, handshake.released_paise) == (12_60, 18_00)


def test_a_returning_customer_costs_the_flat_sum_and_the_visit_fee() -> None:
    handshake = visit(make_shop(cpa_enabled=False))

    assert purses_of(handshake) == {
        "wallet": FUNDS_PAISE - 173_60,
        "rider": 150_00,
        "cpt": 20_00,
        "gst_cgst": 1_80,
        "gst_sgst": 1_80,
    }


def test_the_acquisition_fee_is_paid_for_the_first_visit_alone() -> None:
    shop, rider = make_shop(), make_rider()
    visit(shop, rider)

    second = visit(shop, rider, now=NOON + timedelta(hours=1))

    assert not second.is_new_customer
    assert (second.cpa_fee_paise, second.gst_paise, second.released_paise) == (0, 3_60, 59_00)
    assert purses_of(second) == {
        "wallet": FUNDS_PAISE - 2 * MAX_COST_PAISE,
        "released": 59_00,
        "rider": 2 * CAP_PAISE,
        "cpt": 40_00,
        "cpa": 50_00,
        "gst_cgst": 8_10,
        "gst_sgst": 8_10,
    }
    assert FirstVisit.objects.count() == 1


def test_a_customer_known_next_door_is_new_here() -> None:
    rider = make_rider()
    visit(make_shop("Next door"), rider)

    assert visit(make_shop(), rider).is_new_customer


def test_tax_between_states_is_one_integrated_tax() -> None:
    make_zone("MNP", platform_state_code="27")

    handshake = visit(make_shop(basis="actual_capped"), fare_paise=FARE_PAISE)

    assert purses_of(handshake) == {
        "wallet": LEFT,
        "rider": 132_00,
        "cpt": 20_00,
        "cpa": 50_00,
        "gst_igst": 12_60,
        "released": 18_00,
    }


def test_a_scan_from_afar_is_settled_and_its_cashback_waits() -> None:
    handshake = visit(make_shop(basis="actual_capped"), fare_paise=FARE_PAISE, location=FAR)

    assert handshake.review
    assert handshake.scan_distance_m is not None
    assert handshake.scan_distance_m > 300
    assert purses_of(handshake) == NEW_CUSTOMER_FEES | {
        "wallet": LEFT,
        "parked": 132_00,
        "released": 18_00,
    }


def test_a_scan_from_the_street_in_front_is_paid_at_once() -> None:
    handshake = visit(make_shop(), location=NEAR)

    assert not handshake.review
    assert purses_of(handshake)["rider"] == CAP_PAISE


@pytest.mark.parametrize(
    ("terms", "fare_paise", "paid_paise"),
    [
        ({"basis": "actual_capped"}, 0, 0),
        ({"basis": "actual_capped"}, 150_01, 150_00),
        ({"basis": "flat"}, 20_00, 150_00),
        ({"basis": "deductible", "deductible_paise": 40_00}, 132_00, 92_00),
        ({"basis": "deductible", "deductible_paise": 40_00}, 39_00, 0),
        ({"basis": "deductible", "deductible_paise": 40_00}, 900_00, 150_00),
    ],
)
def test_the_deals_shape_decides_what_of_the_fare_comes_back(
    terms: dict[str, Any], fare_paise: int, paid_paise: int
) -> None:
    handshake = visit(make_shop(**terms), fare_paise=fare_paise)

    assert handshake.reimbursement_paise == paid_paise
    assert purses_of(handshake).get("rider", 0) == paid_paise
    assert purses_of(handshake).get("released", 0) == CAP_PAISE - paid_paise


def test_while_the_fare_is_unknown_the_cap_is_parked() -> None:
    handshake = visit(make_shop(basis="actual_capped"))

    assert handshake.review
    assert purses_of(handshake)["parked"] == CAP_PAISE
    assert "rider" not in purses_of(handshake)


def test_a_visit_is_priced_as_it_was_sold() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    campaigns.change(
        campaign_id=shop.campaign.pk,
        merchant_id=shop.merchant.pk,
        changes={"discount_bps": 500, "cap_paise": 50_00, "cpa_enabled": False},
        actor_id=None,
        now=NOON,
    )

    handshake = execute(booking, shop.owner_id).handshake

    assert (handshake.discount_bps, handshake.reimbursement_paise) == (1000, CAP_PAISE)
    assert handshake.cpa_fee_paise == 50_00


def test_a_printed_code_settles_whenever_it_is_shown() -> None:
    shop = make_shop(static_qr=True)
    booking = make_booking(shop)
    assert booking.static_id is not None

    executed = execute(
        booking,
        shop.owner_id,
        text=qr.static_text(booking.static_id),
        now=NOON + timedelta(hours=3),
    )

    assert executed.handshake.booking_id == booking.pk
    assert purses_of(executed.handshake)["rider"] == CAP_PAISE


def test_six_spoken_digits_settle_like_a_scan() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    key = qr.booking_key(keys=keyring(), kid=booking.qr_kid, ref=booking.ref)

    code = identify.by_spoken_code(
        code=qr.spoken_code(key=key, step=qr.step_at(NOON)),
        actor_id=shop.owner_id,
        outlet_id=None,
        keys=keyring(),
        now=NOON,
    )
    executed = services.execute(
        ref=code.ref, scan=scan_of(shop.owner_id), freshness=code.freshness, key=None, now=NOON
    )

    assert executed.handshake.booking_id == booking.pk
    assert purses_of(executed.handshake)["rider"] == CAP_PAISE


@pytest.mark.parametrize("role", [Staff.Role.OWNER, Staff.Role.MANAGER, Staff.Role.SCANNER])
def test_owners_managers_and_scanners_scan(role: str) -> None:
    shop = make_shop()
    booking = make_booking(shop)
    staff_id = make_staff(shop.merchant, role, outlet_ids=(shop.outlet.pk,))

    executed = execute(booking, staff_id, outlet_id=shop.outlet.pk)

    assert executed.handshake.actor_id == staff_id


def close_outlet(shop: Shop) -> None:
    merchants.set_outlet_status(
        outlet_id=shop.outlet.pk, status="CLOSED", actor_id=None, reason="rain", now=NOON
    )


def pause_zone(shop: Shop) -> None:
    merchants.pause_zone(code=shop.merchant.zone_id, actor_id=None, reason="flood", now=NOON)


def end_campaign(shop: Shop) -> None:
    campaigns.end(campaign_id=shop.campaign.pk, merchant_id=None, actor_id=None, now=NOON)


def suspend_campaign(shop: Shop) -> None:
    campaigns.suspend(
        campaign_id=shop.campaign.pk,
        kind=SuspendedFor.OTHER,
        actor_id=None,
        reason="two complaints",
        now=NOON,
    )


@pytest.mark.parametrize("happen", [close_outlet, pause_zone, end_campaign, suspend_campaign])
def test_a_booking_sold_in_good_faith_is_honoured(happen: Any) -> None:  # Any: one of the above
    shop = make_shop()
    booking = make_booking(shop)
    happen(shop)

    handshake = execute(booking, shop.owner_id).handshake

    assert purses_of(handshake)["rider"] == CAP_PAISE


def test_the_seat_and_what_the_visit_cost_stay_taken() -> None:
    shop = make_shop(seats=1)
    visit(shop)

    with pytest.raises(SeatsExhausted):
        make_booking(shop)

    assert shop.wallet_paise == LEFT


def test_another_scan_of_a_settled_booking_answers_the_first_result() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    first = execute(booking, shop.owner_id)
    after_first = everything(booking)

    again = execute(booking, make_staff(shop.merchant, Staff.Role.SCANNER))

    assert (first.repeated, again.repeated, again.replayed) == (False, True, False)
    assert again.handshake.pk == first.handshake.pk
    assert everything(booking) == after_first


def test_an_old_code_of_a_settled_booking_still_answers_the_first_result() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    first = execute(booking, shop.owner_id)

    again = execute(
        booking, shop.owner_id, text=code_of(booking, at=NOON), now=NOON + timedelta(days=2)
    )

    assert again.repeated
    assert again.handshake.pk == first.handshake.pk


def test_settling_takes_two_statements() -> None:
    shop = make_shop()
    bookings = [make_booking(shop, make_rider()) for _ in range(2)]
    execute(bookings[0], shop.owner_id)  # compiled and prepared on first use

    with CaptureQueriesContext(connection) as captured:
        execute(bookings[1], shop.owner_id)

    # The savepoint stands in for the transaction; a prepared statement shows no text.
    texts = [str(query["sql"]).split()[0] for query in captured]
    assert [texts[0], texts[-1]] == ["SAVEPOINT", "RELEASE"]
    assert len(texts[1:-1]) == 2


def test_the_answer_of_the_first_scan_is_the_row_of_the_second() -> None:
    shop = make_shop(basis="actual_capped")
    booking = make_booking(shop)
    tell_fare(booking, FARE_PAISE)

    told = execute(booking, shop.owner_id).handshake

    kept = Handshake.objects.get(pk=told.pk)
    for name in (
        "booking_id", "merchant_id", "outlet_id", "campaign_id", "rider_id", "actor_id",
        "zone_code", "is_new_customer", "review", "discount_bps", "reimbursement_paise",
        "cpt_fee_paise", "cpa_fee_paise", "gst_paise", "merchant_debit_paise", "released_paise",
        "created_at",
    ):  # fmt: skip
        assert getattr(told, name) == getattr(kept, name), name


def test_a_preview_prices_the_visit_and_changes_nothing() -> None:
    shop = make_shop(basis="actual_capped")
    booking = make_booking(shop)
    tell_fare(booking, FARE_PAISE)
    before = everything(booking)

    seen = preview(booking, shop.owner_id)

    assert everything(booking) == before
    assert (seen.failures, seen.is_new, seen.review) == ([], True, False)
    assert seen.settlement.merchant_debit_paise == 214_60
    handshake = execute(booking, shop.owner_id).handshake
    assert handshake.merchant_debit_paise == seen.settlement.merchant_debit_paise

"""A contested visit: the cashback is parked until a person decides; and the look at a remote scan."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from apps.accounts.models import AuditEvent
from apps.campaigns.models import Allotment
from apps.handshake import disputes, reversals, services
from apps.handshake.errors import DisputeTooLate, NotDisputable, UnknownHandshake
from apps.handshake.models import Dispute, Handshake
from apps.merchants import services as merchants
from apps.rides.models import Booking
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.services import Leg
from tests.factories import FUNDS_PAISE, MAX_COST_PAISE, NOON, Shop, make_rider, make_shop
from tests.handshake.visiting import CAP_PAISE, FARE_PAISE, purses, tell_fare, visit
from uma.kernel.geo import Point

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)
FORTNIGHT = timedelta(days=14)
FAR = Point(13.4, 74.8)
OPERATOR = UUID(int=42)


def worked_example(*, location: Point | None = None) -> Handshake:
    return visit(make_shop(basis="actual_capped"), fare_paise=FARE_PAISE, location=location)


def contest(handshake: Handshake, *, now: datetime = LATER) -> Dispute:
    return disputes.open_dispute(
        handshake=handshake,
        opened_by=handshake.rider_id,
        opened_as="rider",
        reason="never came",
        now=now,
    )


def decide(dispute: Dispute, *, for_merchant: bool) -> Dispute:
    return disputes.decide(
        dispute_id=dispute.pk,
        for_merchant=for_merchant,
        actor_id=OPERATOR,
        reason="camera",
        now=LATER,
    ).dispute


def approve(handshake: Handshake) -> None:
    disputes.approve_review(
        handshake_id=handshake.pk, actor_id=OPERATOR, reason="a large car park", now=LATER
    )


def reverse(handshake: Handshake, amount_paise: int | None = None) -> None:
    reversals.reverse(
        handshake_id=handshake.pk,
        merchant_id=handshake.merchant_id,
        actor_id=handshake.actor_id,
        amount_paise=amount_paise,
        reason="x",
        key=None,
        now=LATER,
    )


def purses_of(handshake: Handshake) -> dict[str, int]:
    return purses(handshake.merchant_id, handshake.rider_id)


def state_of(handshake: Handshake) -> str:
    return Booking.objects.get(pk=handshake.booking_id).state


def test_a_contested_cashback_is_parked() -> None:
    handshake = worked_example()
    before = purses_of(handshake)

    dispute = contest(handshake)

    expected = {name: paise for name, paise in before.items() if name != "rider"}
    assert purses_of(handshake) == expected | {"parked": 132_00}
    assert state_of(handshake) == "DISPUTED"
    assert (dispute.state, dispute.parked_paise, dispute.opened_as) == ("OPEN", 132_00, "rider")
    assert dispute.due_at == LATER + timedelta(hours=72)


def test_decided_for_the_rider_the_cashback_comes_back() -> None:
    handshake = worked_example()
    before = purses_of(handshake)

    dispute = decide(contest(handshake), for_merchant=False)

    assert purses_of(handshake) == before
    assert state_of(handshake) == "REDEEMED"
    assert (dispute.state, dispute.decided_by, dispute.decided_at) == (
        "FOR_RIDER",
        OPERATOR,
        LATER,
    )
    event = AuditEvent.objects.get(action="dispute.decided")
    assert (event.object_id, event.actor_id, event.reason) == (
        str(handshake.pk),
        OPERATOR,
        "camera",
    )


def test_decided_for_the_merchant_the_cashback_is_returned_and_the_fees_stay() -> None:
    handshake = worked_example()

    dispute = decide(contest(handshake), for_merchant=True)

    assert purses_of(handshake) == {
        "wallet": FUNDS_PAISE - MAX_COST_PAISE + 132_00,
        "released": 18_00,
        "cpt": 20_00,
        "cpa": 50_00,
        "gst_cgst": 6_30,
        "gst_sgst": 6_30,
    }
    assert state_of(handshake) == "REVERSED"
    assert dispute.state == "FOR_MERCHANT"
    handshake.refresh_from_db()
    assert handshake.reversed_paise == 132_00


def test_only_what_the_rider_still_has_is_parked() -> None:
    handshake = visit(make_shop(), make_rider())
    spend(handshake, 100_00)

    dispute = contest(handshake)

    assert dispute.parked_paise == 50_00
    assert "rider" not in purses_of(handshake)
    decide(dispute, for_merchant=True)
    assert purses_of(handshake)["wallet"] == FUNDS_PAISE - MAX_COST_PAISE + 50_00


def spend(handshake: Handshake, paise: int) -> None:
    """Take money out of the rider's reach for the rest of the test, as if it were spent."""
    pocket = codes.rider_wallet(handshake.rider_id)
    wallet.post(
        kind="dispute_open",
        reference=f"parked:{uuid4()}",
        legs=[Leg(pocket, codes.rider_parked(handshake.rider_id), paise)],
        zone_code=handshake.zone_code,
        event_at=NOON,
        actor_id=None,
    )


def test_what_was_returned_before_is_not_parked() -> None:
    handshake = worked_example()
    reverse(handshake, 32_00)
    handshake.refresh_from_db()

    assert contest(handshake).parked_paise == 100_00


def test_an_empty_pocket_can_be_contested_too() -> None:
    handshake = visit(make_shop())
    spend(handshake, CAP_PAISE)

    dispute = decide(contest(handshake), for_merchant=True)

    assert dispute.parked_paise == 0
    assert state_of(handshake) == "REVERSED"


@pytest.mark.parametrize("for_merchant", [True, False])
def test_what_waits_for_a_look_is_parked_already_and_the_decision_is_the_look(
    for_merchant: bool,  # noqa: FBT001
) -> None:
    handshake = worked_example(location=FAR)
    before = purses_of(handshake)

    dispute = contest(handshake)

    assert purses_of(handshake) == before
    assert dispute.parked_paise == 132_00
    decide(dispute, for_merchant=for_merchant)
    left = purses_of(handshake)
    assert "parked" not in left
    assert left.get("rider", 0) == (0 if for_merchant else 132_00)
    handshake.refresh_from_db()
    assert handshake.review_decided_at == LATER
    with pytest.raises(UnknownHandshake):
        approve(handshake)


def test_the_window_closes_to_the_instant_after_a_fortnight() -> None:
    handshake, other = visit(make_shop()), visit(make_shop("Next door"))
    before = purses_of(handshake)

    with pytest.raises(DisputeTooLate) as refused:
        contest(handshake, now=NOON + FORTNIGHT + timedelta(microseconds=1))

    assert refused.value.extra == {"until": NOON + FORTNIGHT}
    assert purses_of(handshake) == before
    assert state_of(handshake) == "REDEEMED"
    assert contest(other, now=NOON + FORTNIGHT).state == "OPEN"


def test_a_visit_is_contested_once() -> None:
    handshake = visit(make_shop())
    dispute = contest(handshake)

    with pytest.raises(NotDisputable):
        contest(handshake)
    decide(dispute, for_merchant=False)
    before = purses_of(handshake)
    with pytest.raises(NotDisputable):
        contest(handshake)

    assert purses_of(handshake) == before
    assert Dispute.objects.count() == 1


def test_a_visit_that_was_returned_is_not_contested() -> None:
    handshake = visit(make_shop())
    reverse(handshake)

    with pytest.raises(NotDisputable):
        contest(handshake)

    assert purses_of(handshake) == {"wallet": FUNDS_PAISE}


@pytest.mark.parametrize("for_merchant", [True, False])
def test_a_dispute_is_decided_once(for_merchant: bool) -> None:  # noqa: FBT001
    handshake = visit(make_shop())
    dispute = decide(contest(handshake), for_merchant=for_merchant)
    before = purses_of(handshake)

    with pytest.raises(UnknownHandshake):
        decide(dispute, for_merchant=not for_merchant)

    assert purses_of(handshake) == before
    dispute.refresh_from_db()
    assert dispute.state == ("FOR_MERCHANT" if for_merchant else "FOR_RIDER")


def test_a_frozen_merchant_still_gets_what_a_dispute_returns() -> None:
    handshake = visit(make_shop())
    dispute = contest(handshake)
    merchants.freeze_wallet(merchant_id=handshake.merchant_id, actor_id=None, reason="x", now=LATER)

    decide(dispute, for_merchant=True)

    assert purses_of(handshake)["wallet"] == FUNDS_PAISE - MAX_COST_PAISE + CAP_PAISE


def counted(shop: Shop) -> tuple[int, int]:
    row = Allotment.objects.get(campaign_id=shop.campaign.pk, scope="all")
    return row.visits, row.spent_paise


@pytest.mark.parametrize("announced", ["before", "after"])
@pytest.mark.parametrize(
    ("for_merchant", "expected"),
    [(True, (0, MAX_COST_PAISE - CAP_PAISE)), (False, (1, MAX_COST_PAISE))],
)
def test_a_visit_the_rider_lost_is_no_visit_whenever_it_was_announced(
    announced: str,
    for_merchant: bool,  # noqa: FBT001
    expected: tuple[int, int],
) -> None:
    shop = make_shop()
    handshake = visit(shop)
    if announced == "before":
        services.announce(handshake_id=handshake.pk, now=NOON)

    decide(contest(handshake), for_merchant=for_merchant)

    if announced == "after":
        services.announce(handshake_id=handshake.pk, now=LATER)
    assert counted(shop) == expected


def test_a_remote_scan_that_is_approved_is_paid_out() -> None:
    handshake = worked_example(location=FAR)

    approve(handshake)

    left = purses_of(handshake)
    assert (left["rider"], "parked" in left) == (132_00, False)
    handshake.refresh_from_db()
    assert handshake.review_decided_at == LATER
    event = AuditEvent.objects.get(action="handshake.review-approved")
    assert (event.object_id, event.actor_id) == (str(handshake.pk), OPERATOR)


def test_an_approval_pays_what_was_not_returned_meanwhile() -> None:
    handshake = worked_example(location=FAR)
    reverse(handshake, 32_00)

    approve(handshake)

    left = purses_of(handshake)
    assert (left["rider"], "parked" in left) == (100_00, False)
    assert left["wallet"] == FUNDS_PAISE - MAX_COST_PAISE + 32_00


def scanned_before_its_fare(fare_paise: int | None, *, deductible_paise: int = 0) -> Handshake:
    """Return a visit whose cap was parked because the fare came only after the scan."""
    basis = "deductible" if deductible_paise else "actual_capped"
    handshake = visit(make_shop(basis=basis, deductible_paise=deductible_paise))
    if fare_paise is not None:
        tell_fare(Booking.objects.get(pk=handshake.booking_id), fare_paise)
    return handshake


@pytest.mark.parametrize(
    ("fare_paise", "rider_paise"),
    [(FARE_PAISE, FARE_PAISE), (CAP_PAISE + 1, CAP_PAISE), (0, 0), (None, CAP_PAISE)],
)
@pytest.mark.parametrize("how", ["approved", "won in a dispute"])
def test_a_fare_told_after_the_scan_is_what_is_paid_out(
    how: str, fare_paise: int | None, rider_paise: int
) -> None:
    handshake = scanned_before_its_fare(fare_paise)

    if how == "approved":
        approve(handshake)
    else:
        decide(contest(handshake), for_merchant=False)

    left, unused_paise = purses_of(handshake), CAP_PAISE - rider_paise
    assert (left.get("rider", 0), "parked" in left, "debt" in left) == (rider_paise, False, False)
    assert left["wallet"] == FUNDS_PAISE - MAX_COST_PAISE + unused_paise
    handshake.refresh_from_db()
    assert (handshake.reversed_paise, handshake.review_decided_at) == (unused_paise, LATER)
    assert [r.merchant_credit_paise for r in handshake.reversals.all()] == (
        [unused_paise] if unused_paise else []
    )


def test_what_the_rider_pays_first_is_taken_off_a_fare_told_after_the_scan() -> None:
    handshake = scanned_before_its_fare(FARE_PAISE, deductible_paise=32_00)

    approve(handshake)

    assert purses_of(handshake)["rider"] == FARE_PAISE - 32_00


def test_a_part_returned_before_is_not_returned_again_by_a_smaller_fare() -> None:
    handshake = scanned_before_its_fare(FARE_PAISE)
    reverse(handshake, 32_00)

    approve(handshake)

    left = purses_of(handshake)
    assert (left["rider"], "parked" in left) == (CAP_PAISE - 32_00, False)
    assert left["wallet"] == FUNDS_PAISE - MAX_COST_PAISE + 32_00


def test_the_budget_counts_what_the_fare_was() -> None:
    shop = make_shop(basis="actual_capped")
    handshake = visit(shop)
    services.announce(handshake_id=handshake.pk, now=NOON)
    tell_fare(Booking.objects.get(pk=handshake.booking_id), FARE_PAISE)

    approve(handshake)

    assert counted(shop) == (1, MAX_COST_PAISE - (CAP_PAISE - FARE_PAISE))


def test_only_what_waits_is_approved_and_only_once() -> None:
    waiting, paid = worked_example(location=FAR), visit(make_shop("Next door"))
    approve(waiting)
    before = purses_of(waiting), purses_of(paid)

    for handshake in (waiting, paid):
        with pytest.raises(UnknownHandshake):
            approve(handshake)

    assert (purses_of(waiting), purses_of(paid)) == before


def test_a_remote_scan_that_was_returned_is_not_approved() -> None:
    handshake = worked_example(location=FAR)
    reverse(handshake)

    with pytest.raises(UnknownHandshake):
        approve(handshake)

    assert "rider" not in purses_of(handshake)
    assert "parked" not in purses_of(handshake)

"""Money returned: postings 5, 5b and 5c of product rule 2.6, and the windows of rule 2.11."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from apps.accounts.models import AuditEvent
from apps.campaigns.models import Allotment
from apps.handshake import disputes, reversals, services
from apps.handshake.errors import (
    NotReversible,
    ReversalTooLarge,
    ReversalTooLate,
    UnknownHandshake,
)
from apps.handshake.models import Handshake, Reversal
from apps.handshake.reversals import Reversed
from apps.merchants import services as merchants
from apps.merchants.models import FirstVisit, Zone
from apps.notifications import selectors as notifications
from apps.notifications.models import InboxMessage
from apps.rides.models import Booking
from apps.wallet import codes
from apps.wallet import invariants as ledger_checks
from apps.wallet import services as wallet
from apps.wallet.services import Leg
from tests.factories import (
    FUNDS_PAISE,
    MAX_COST_PAISE,
    NOON,
    Shop,
    make_rider,
    make_shop,
    request_key,
)
from tests.handshake.visiting import CAP_PAISE, FARE_PAISE, purses, visit
from uma.kernel.geo import Point
from uma.kernel.http.errors import IdempotencyKeyReused

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)
FAR = Point(13.4, 74.8)


def reverse(
    handshake: Handshake,
    *,
    amount_paise: int | None = None,
    merchant_id: UUID | None = None,
    **more: object,
) -> Reversed:
    usual = {"actor_id": handshake.actor_id, "reason": "wrong table", "key": None, "now": LATER}
    facts = usual | more
    return reversals.reverse(
        handshake_id=handshake.pk,
        merchant_id=merchant_id or handshake.merchant_id,
        amount_paise=amount_paise,
        **facts,  # type: ignore[arg-type]  # of several types
    )


def by_operator(handshake: Handshake, **facts: object) -> Reversed:
    told = {"amount_paise": None, "reason": "x", "key": None, "actor_id": uuid4()} | facts
    return reversals.reverse(handshake_id=handshake.pk, merchant_id=None, **told)  # type: ignore[arg-type]  # as above


def worked_example(shop: Shop | None = None) -> Handshake:
    return visit(shop or make_shop(basis="actual_capped"), fare_paise=FARE_PAISE)


def park_and_leave(handshake: Handshake, paise: int) -> None:
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


def test_a_full_reversal_returns_the_cashback_the_fees_and_their_tax() -> None:
    handshake = worked_example()

    done = reverse(handshake)

    assert purses(handshake.merchant_id, handshake.rider_id) == {
        "wallet": FUNDS_PAISE - 18_00,
        "released": 18_00,
    }
    reversal = done.reversal
    assert not done.replayed
    assert (reversal.full, reversal.merchant_credit_paise) == (True, 214_60)
    assert (reversal.reimbursement_paise, reversal.receivable_paise) == (132_00, 0)
    handshake.refresh_from_db()
    assert handshake.reversed_paise == 132_00
    assert Booking.objects.get().state == "REVERSED"
    event = AuditEvent.objects.get(action="handshake.reversed")
    assert (event.object_id, event.actor_id, event.reason) == (
        str(handshake.pk),
        handshake.actor_id,
        "wrong table",
    )
    assert event.after == {"full": True, "merchant_credit_paise": 214_60}


def test_a_part_returns_cashback_alone_and_the_visit_stands() -> None:
    handshake = worked_example()

    reversal = reverse(handshake, amount_paise=32_00).reversal

    assert (reversal.full, reversal.merchant_credit_paise) == (False, 32_00)
    assert purses(handshake.merchant_id, handshake.rider_id) == {
        "wallet": FUNDS_PAISE - MAX_COST_PAISE + 32_00,
        "released": 18_00,
        "rider": 100_00,
        "cpt": 20_00,
        "cpa": 50_00,
        "gst_cgst": 6_30,
        "gst_sgst": 6_30,
    }
    assert Booking.objects.get().state == "REDEEMED"
    assert FirstVisit.objects.count() == 1


def test_parts_never_sum_to_more_than_was_paid() -> None:
    handshake = worked_example()
    reverse(handshake, amount_paise=100_00)
    before = purses(handshake.merchant_id, handshake.rider_id)

    with pytest.raises(ReversalTooLarge) as refused:
        reverse(handshake, amount_paise=32_01)

    assert refused.value.extra == {"left_paise": 32_00}
    assert purses(handshake.merchant_id, handshake.rider_id) == before
    assert reverse(handshake).reversal.merchant_credit_paise == 114_60
    assert purses(handshake.merchant_id, handshake.rider_id) == {
        "wallet": FUNDS_PAISE - 18_00,
        "released": 18_00,
    }


def test_what_the_rider_spent_becomes_a_debt_and_the_merchant_is_made_whole() -> None:
    handshake = worked_example()
    park_and_leave(handshake, 82_00)

    reversal = reverse(handshake).reversal

    assert (reversal.merchant_credit_paise, reversal.receivable_paise) == (214_60, 82_00)
    assert purses(handshake.merchant_id, handshake.rider_id) == {
        "wallet": FUNDS_PAISE - 18_00,
        "released": 18_00,
        "parked": 82_00,
        "debt": 82_00,
    }


def custody_details() -> list[str]:
    return [found.detail for found in ledger_checks.find_custody_shortfall()]


def test_a_debt_is_a_shortfall_until_the_reserve_stands_in_for_it() -> None:
    """What a rider owes is no money: the merchant's comes from the platform's own (decisions/0016)."""
    handshake = worked_example()
    park_and_leave(handshake, 100_00)
    assert custody_details() == []

    reverse(handshake)

    (detail,) = custody_details()
    assert detail.endswith(" 10000 short, of which debts explain 10000")
    fund_reserve(zone_code=handshake.zone_code, amount_paise=99_99)
    assert len(custody_details()) == 1
    fund_reserve(zone_code=handshake.zone_code, amount_paise=1)
    assert custody_details() == []


def test_fees_that_were_earned_stand_in_for_a_debt_as_well() -> None:
    shop = make_shop(basis="actual_capped")
    handshake = worked_example(shop)
    visit(shop, fare_paise=FARE_PAISE)
    park_and_leave(handshake, 90_00)

    reverse(handshake)

    # The other visit paid 20 and 50, without its tax, which is the state's: 20 of the 90 are open.
    (detail,) = custody_details()
    assert detail.endswith("2000 short, of which debts explain 2000")


def fund_reserve(*, zone_code: str, amount_paise: int) -> None:
    merchants.fund_reserve(
        zone_code=zone_code,
        amount_paise=amount_paise,
        reference=str(uuid4()),
        actor_id=None,
        reason="a rider's debt",
        now=NOON,
    )


def test_what_is_parked_for_review_is_returned_from_there() -> None:
    shop, rider = make_shop(), make_rider()
    visit(make_shop("Elsewhere"), rider)
    handshake = visit(shop, rider, location=FAR)

    reverse(handshake)

    left = purses(shop.merchant.pk, rider.pk)
    assert left["wallet"] == FUNDS_PAISE
    assert left["rider"] == CAP_PAISE
    assert "parked" not in left
    assert "debt" not in left


def test_the_next_cashback_pays_the_debt() -> None:
    shop, rider = make_shop(), make_rider()
    handshake = visit(shop, rider)
    park_and_leave(handshake, 82_00)
    reversal = reverse(handshake).reversal
    assert reversal.receivable_paise == 82_00
    next_visit = visit(shop, rider, now=LATER + timedelta(minutes=5))
    assert purses(shop.merchant.pk, rider.pk)["rider"] == CAP_PAISE

    services.announce(handshake_id=next_visit.pk, now=LATER + timedelta(minutes=5))

    left = purses(shop.merchant.pk, rider.pk)
    assert left["rider"] == 68_00
    assert "debt" not in left


def test_a_cashback_smaller_than_the_debt_pays_what_it_can() -> None:
    shop, rider = make_shop(), make_rider()
    handshake = visit(shop, rider)
    park_and_leave(handshake, CAP_PAISE)
    reverse(handshake)
    small = make_shop("Small", cap_paise=40_00)
    next_visit = visit(small, rider, now=LATER)

    services.announce(handshake_id=next_visit.pk, now=LATER)

    left = purses(small.merchant.pk, rider.pk)
    assert left["debt"] == CAP_PAISE - 40_00
    assert "rider" not in left


@pytest.mark.parametrize(
    ("age", "operator"),
    [(timedelta(hours=24), False), (timedelta(days=90), True)],
)
def test_each_window_closes_to_the_instant(age: timedelta, operator: bool) -> None:  # noqa: FBT001
    handshake, other = visit(make_shop()), visit(make_shop("Next door"))
    act = by_operator if operator else reverse
    before = purses(handshake.merchant_id, handshake.rider_id)

    with pytest.raises(ReversalTooLate) as refused:
        act(handshake, now=NOON + age + timedelta(microseconds=1))

    assert refused.value.extra == {"until": NOON + age}
    assert purses(handshake.merchant_id, handshake.rider_id) == before
    assert act(other, now=NOON + age).reversal.full


def test_another_merchants_handshake_is_unknown() -> None:
    handshake, other = visit(make_shop()), make_shop("Next door")

    with pytest.raises(UnknownHandshake):
        reverse(handshake, merchant_id=other.merchant.pk)

    assert not Reversal.objects.exists()


def test_a_visit_is_returned_in_full_once() -> None:
    shop = make_shop()
    handshake = visit(shop)
    reverse(handshake)

    with pytest.raises(NotReversible):
        reverse(handshake)

    assert shop.wallet_paise == FUNDS_PAISE
    assert Reversal.objects.count() == 1


def test_a_contested_visit_waits_for_its_decision() -> None:
    handshake = visit(make_shop())
    disputes.open_dispute(
        handshake=handshake, opened_by=uuid4(), opened_as="rider", reason="x", now=LATER
    )

    with pytest.raises(NotReversible):
        reverse(handshake)

    assert not Reversal.objects.exists()


def test_a_visit_returned_in_full_never_was_so_the_next_is_the_first() -> None:
    shop, rider = make_shop(), make_rider()
    reverse(visit(shop, rider))
    assert not FirstVisit.objects.exists()

    again = visit(shop, rider, now=LATER)

    assert again.is_new_customer
    assert again.cpa_fee_paise == 50_00


def test_a_later_visit_returned_leaves_the_first_as_it_was() -> None:
    shop, rider = make_shop(), make_rider()
    first = visit(shop, rider)
    second = visit(shop, rider, now=LATER)

    reverse(second, now=LATER)

    assert FirstVisit.objects.get().booking_id == first.booking_id
    assert not visit(shop, rider, now=LATER + timedelta(hours=1)).is_new_customer


def test_one_request_again_is_answered_with_its_first_reversal() -> None:
    handshake, other = visit(make_shop()), visit(make_shop("Next door"))
    key, actor = request_key("k"), handshake.actor_id
    first = reverse(handshake, amount_paise=10_00, key=key)
    before = purses(handshake.merchant_id, handshake.rider_id)

    again = reverse(handshake, amount_paise=10_00, key=key)

    assert (again.replayed, again.reversal) == (True, first.reversal)
    with pytest.raises(IdempotencyKeyReused):
        reverse(handshake, amount_paise=20_00, key=request_key("k", body=b"two"))
    with pytest.raises(IdempotencyKeyReused):
        by_operator(other, actor_id=actor, key=request_key("k", body=b"three"), now=LATER)
    assert purses(handshake.merchant_id, handshake.rider_id) == before
    assert Reversal.objects.count() == 1


@pytest.mark.parametrize(
    ("clock", "due"),
    [
        ("Asia/Kolkata", NOON + timedelta(hours=20)),
        ("Europe/London", NOON + timedelta(hours=11, minutes=30)),
    ],
)
def test_bad_news_about_money_waits_for_the_morning_of_its_city(clock: str, due: datetime) -> None:
    shop = make_shop()
    Zone.objects.filter(pk=shop.merchant.zone_id).update(timezone=clock)
    handshake = visit(shop)
    half_past_eleven = NOON + timedelta(hours=11, minutes=30)

    reverse(handshake, now=half_past_eleven)

    told = InboxMessage.objects.get(person=handshake.rider_id, title__contains="went back")
    assert (told.timezone, told.next_attempt_at) == (clock, due)
    assert told.created_at == half_past_eleven


def test_whoever_mutes_withdrawals_is_still_told_what_went_back() -> None:
    handshake = visit(make_shop())
    no_withdrawals = notifications.Wishes(muted=frozenset({"payout"}))

    reverse(handshake)

    (told,) = InboxMessage.objects.filter(person=handshake.rider_id, kind__endswith="reversed")
    assert not no_withdrawals.mutes(told.kind)
    assert no_withdrawals.mutes("payout.reversed"), "control: what the bank sent back"


def test_a_frozen_wallet_is_still_made_whole() -> None:
    shop = make_shop()
    handshake = visit(shop)
    merchants.freeze_wallet(merchant_id=shop.merchant.pk, actor_id=None, reason="x", now=NOON)

    reverse(handshake)

    assert shop.wallet_paise == FUNDS_PAISE


@pytest.mark.parametrize("announced", ["before", "after"])
@pytest.mark.parametrize(
    ("amount_paise", "visits", "spent_paise"), [(None, 0, 0), (50_00, 1, MAX_COST_PAISE - 50_00)]
)
def test_the_campaigns_count_is_the_same_whenever_the_visit_was_announced(
    announced: str, amount_paise: int | None, visits: int, spent_paise: int
) -> None:
    shop = make_shop()
    handshake = visit(shop)
    steps: list[Callable[[], object]] = [
        lambda: services.announce(handshake_id=handshake.pk, now=LATER),
        lambda: reverse(handshake, amount_paise=amount_paise),
    ]

    for step in steps if announced == "before" else steps[::-1]:
        step()

    count = Allotment.objects.get(campaign_id=shop.campaign.pk, scope="all")
    assert (count.visits, count.spent_paise) == (visits, spent_paise)
    assert count.seats_taken == 1

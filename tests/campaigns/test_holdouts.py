"""Who is not shown a deal: drawn evenly, the same for ever, and kept from it everywhere."""

from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.campaigns import selectors, services
from apps.campaigns.errors import FieldLocked, HeldOut, TermsInvalid
from apps.campaigns.holdouts import is_held_out
from apps.campaigns.models import Campaign
from apps.campaigns.selectors import Search, Sort
from apps.merchants.errors import PlanLimitReached
from tests.campaigns.making import make_campaign, take
from tests.merchants.making import MANIPAL, NOON, make_merchant, make_outlet

PEOPLE = [UUID(int=number << 64 | number) for number in range(20_000)]
VECTORS = [11, 13, 18, 29, 36, 55, 113, 176, 184, 189]
SALT, OTHER_SALT = UUID(int=7), UUID(int=8)


def held_out(people: list[UUID], *, holdout_bps: int, salt: UUID = SALT) -> set[UUID]:
    return {one for one in people if is_held_out(person_id=one, holdout_bps=holdout_bps, salt=salt)}


@pytest.mark.parametrize("holdout_bps", [5_00, 10_00, 50_00])
def test_the_draw_holds_out_the_share_it_is_told_whoever_the_people_are(holdout_bps: int) -> None:
    expected = len(PEOPLE) * holdout_bps / 10_000

    found = held_out(PEOPLE, holdout_bps=holdout_bps)

    # Four standard deviations of a fair draw.
    spread = 4 * (expected * (1 - holdout_bps / 10_000)) ** 0.5
    assert abs(len(found) - expected) < spread
    # And early people as often as late ones: nothing hangs on when somebody came.
    early = sum(one in found for one in PEOPLE[:10_000])
    assert abs(early - expected / 2) < spread


def test_one_campaigns_draw_says_nothing_of_anothers() -> None:
    mine, other = (held_out(PEOPLE, holdout_bps=50_00, salt=salt) for salt in (SALT, OTHER_SALT))

    # Half of a half, within four standard deviations.
    assert abs(len(mine & other) - 5_000) < 4 * (20_000 * 3 / 16) ** 0.5


def test_a_larger_share_holds_out_the_same_people_and_more() -> None:
    groups = [held_out(PEOPLE, holdout_bps=bps) for bps in (5_00, 10_00, 20_00, 50_00)]

    assert all(less < more for less, more in pairwise(groups))
    assert not held_out(PEOPLE, holdout_bps=0)


def test_the_draw_is_the_same_for_ever() -> None:
    """Who was drawn once must be drawn again after a release: these were computed when it was written."""
    drawn = [one.int >> 64 for one in sorted(held_out(PEOPLE[:200], holdout_bps=5_00))]

    assert drawn == VECTORS


def split(campaign: Campaign) -> tuple[UUID, UUID]:
    """Return somebody to whom the campaign is shown, and somebody to whom it is not."""
    (holdout,) = selectors.holdouts(merchant_id=campaign.merchant_id)
    people = [uuid4() for _ in range(200)]
    shown = next(one for one in people if not holdout.holds_out(one))
    return shown, next(one for one in people if holdout.holds_out(one))


def listed(rider_id: UUID, sort: Sort, *, limit: int = 20) -> list[UUID]:
    """Return every deal that a rider finds, page by page."""
    found, after = [], None
    while True:
        page = selectors.discover(
            search=Search(near=MANIPAL, sort=sort, limit=limit, after=after),
            rider_id=rider_id,
            now=NOON,
        )
        found += [one.facts.campaign_id for one in page.deals]
        after = page.next_cursor
        if after is None:
            return found


@pytest.mark.django_db
def test_who_is_held_out_neither_finds_the_deal_nor_reads_nor_books_it() -> None:
    campaign = make_campaign(holdout_bps=50_00)
    shown, held = split(campaign)

    for sort in Sort:
        assert listed(shown, sort) == [campaign.pk]
        assert listed(held, sort) == []
    look: dict[str, Any] = {
        "campaign_id": campaign.pk,
        "place": MANIPAL,
        "now": NOON,
    }  # Any: by name
    assert selectors.one_deal(rider_id=shown, **look).bookable
    with pytest.raises(HeldOut):
        selectors.one_deal(rider_id=held, **look)
    assert take(campaign, shown).campaign_id == campaign.pk
    with pytest.raises(HeldOut) as refusal:
        take(campaign, held)
    assert (refusal.value.status, refusal.value.code) == (403, "held_out")
    reasons = selectors.ineligible(outlet_id=None, rider_id=held, **look)
    assert [one.code for one in reasons] == ["held_out"]


@pytest.mark.django_db
@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("limit", [2, 3])
def test_a_list_is_whole_for_who_is_held_out_of_much_of_it(sort: Sort, limit: int) -> None:
    campaigns = [make_campaign(holdout_bps=50_00) for _ in range(12)]
    rider = uuid4()
    open_to = {
        one.pk
        for one in campaigns
        if not is_held_out(person_id=rider, holdout_bps=50_00, salt=one.salt)
    }

    found = listed(rider, sort, limit=limit)

    assert len(found) == len(set(found))
    assert set(found) == open_to


@pytest.mark.django_db
def test_what_everybody_is_told_of_names_no_deal_that_is_kept_from_some() -> None:
    merchant = make_merchant(funds_paise=1_00_000_00)
    make_outlet(merchant)
    campaign, _ = make_campaign(merchant), make_campaign(merchant, holdout_bps=10_00)

    (only,) = selectors.offered(zone_code="MNP", now=NOON)

    assert only.campaign_id == campaign.pk


@pytest.mark.django_db
@pytest.mark.parametrize("share", [1, 4_99, 50_01, -1])
def test_a_holdout_is_a_twentieth_to_a_half(share: int) -> None:
    with pytest.raises(TermsInvalid) as refusal:
        make_campaign(holdout_bps=share)

    assert selectors.broken_of(refusal.value).keys() == {"holdout_bps"}


@pytest.mark.django_db
def test_the_groups_stay_while_the_campaign_is_live() -> None:
    campaign = make_campaign(holdout_bps=10_00)

    with pytest.raises(FieldLocked):
        services.change(
            campaign_id=campaign.pk,
            merchant_id=None,
            changes={"holdout_bps": 20_00},
            actor_id=None,
            now=NOON,
        )


@pytest.mark.django_db
def test_a_copy_draws_anew() -> None:
    campaign = make_campaign(holdout_bps=10_00)

    copy = services.clone(campaign_id=campaign.pk, merchant_id=None, actor_id=None, now=NOON)

    assert copy.holdout_bps == 10_00
    assert copy.salt not in {None, campaign.salt}


@pytest.mark.django_db
def test_how_many_experiments_run_at_once_is_the_plans() -> None:
    basic = make_merchant(funds_paise=1_00_000_00, plan="BASIC")
    make_outlet(basic)
    draft = make_campaign(basic, submit=False, holdout_bps=10_00)

    with pytest.raises(PlanLimitReached) as refusal:
        services.submit(campaign_id=draft.pk, merchant_id=basic.pk, actor_id=None, now=NOON)

    assert refusal.value.extra["feature"] == "experiments"
    # The campaign without an experiment has room.
    assert make_campaign(basic).state == "ACTIVE"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "row", [{"holdout_bps": 4_99}, {"holdout_bps": 50_01}, {"holdout_bps": 10_00, "salt": None}]
)
def test_a_holdout_that_cannot_be_true_is_refused(row: dict[str, object]) -> None:
    campaign = make_campaign(holdout_bps=10_00)

    with (
        pytest.raises(IntegrityError, match="campaigns_campaign_holdout_in_range"),
        transaction.atomic(),
    ):
        Campaign.objects.filter(pk=campaign.pk).update(**row)

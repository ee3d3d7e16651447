"""What a plan unlocks beyond outlets and keys: people on the staff, and how far back figures reach."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.merchants import selectors, services
from apps.merchants.errors import PlanLimitReached
from apps.merchants.models import Feature, Merchant, Staff
from tests.campaigns.calling import send
from tests.campaigns.shop import problem
from tests.factories import make_staff
from tests.merchants.making import NOON
from tests.merchants.planning import choose, make_merchant
from tests.merchants.test_invitations import INVITATIONS, boss, invite, reachable
from tests.rides.calling import Api

pytestmark = pytest.mark.django_db
BASIC_STAFF, BASIC_DAYS, PRO_DAYS = 10, 90, 730


def full(merchant: Merchant) -> None:
    """Fill the staff of a merchant on Basic up to one place."""
    for _ in range(BASIC_STAFF - 1 - selectors.staff_in_use(merchant_id=merchant.pk)):
        make_staff(merchant, Staff.Role.SCANNER)


def set_staff(most: int | None) -> None:
    services.set_plan_feature(
        plan="BASIC", feature="staff", most=most, actor_id=uuid4(), reason="a trial", now=NOON
    )


def test_the_eleventh_on_the_staff_needs_pro_and_whoever_is_invited_counts() -> None:
    merchant = make_merchant()
    owner = boss(merchant)
    full(merchant)
    body = {"phone": "+919876500001", "role": "scanner"}
    assert send(owner, "post", INVITATIONS, body).status_code == 201

    refused = send(owner, "post", INVITATIONS, body | {"phone": "+919876500002"})

    told = problem(refused, "plan_limit_reached", 403)
    facts = {name: told[name] for name in ("feature", "limit", "plan", "planNeeded")}
    assert facts == {"feature": "staff", "limit": 10, "plan": "basic", "planNeeded": "pro"}
    # The same offer again takes no second place.
    assert send(owner, "post", INVITATIONS, body).status_code == 201
    assert selectors.staff_in_use(merchant_id=merchant.pk) == BASIC_STAFF - 1


def test_an_offer_from_before_a_smaller_plan_is_not_taken_and_stands() -> None:
    merchant = make_merchant()
    phone = "+919876500003"
    invitation = invite(merchant, phone)
    guest = reachable(phone)
    set_staff(1)

    with pytest.raises(PlanLimitReached):
        services.accept_invitation(invitation_id=invitation.pk, user_id=guest, now=NOON)
    set_staff(2)

    staff = services.accept_invitation(invitation_id=invitation.pk, user_id=guest, now=NOON)
    assert staff.merchant_id == merchant.pk


def ask(merchant: Merchant, days: int) -> Any:  # Any: the test client's answer
    owner = make_staff(merchant)
    last = timezone.localdate()
    first = last - timedelta(days=days)
    return Api(owner, "merchant").get(f"/analytics?first={first}&last={first}")


def test_figures_reach_as_far_back_as_the_plan() -> None:
    merchant = make_merchant(funds_paise=2_000_00)
    assert ask(merchant, BASIC_DAYS - 2).status_code == 200

    told = problem(ask(merchant, BASIC_DAYS + 1), "plan_limit_reached", 403)

    assert (told["feature"], told["limit"], told["planNeeded"]) == ("analytics_days", 90, "pro")
    choose(merchant, now=timezone.now())
    assert ask(merchant, BASIC_DAYS + 1).status_code == 200
    beyond = problem(ask(merchant, PRO_DAYS + 1), "plan_limit_reached", 403)
    assert (beyond["plan"], beyond["planNeeded"]) == ("pro", "enterprise")


@pytest.mark.parametrize("feature", list(Feature))
def test_every_feature_of_a_plan_can_be_asked_for(feature: Feature) -> None:
    merchant = make_merchant()
    limit = selectors.plan_limit(merchant_id=merchant.pk, feature=feature)
    assert limit is not None

    services.require_room(merchant_id=merchant.pk, feature=feature, used=lambda: limit - 1)

    with pytest.raises(PlanLimitReached) as refused:
        services.require_room(merchant_id=merchant.pk, feature=feature, used=lambda: limit)
    assert refused.value.extra["plan_needed"] == "pro"

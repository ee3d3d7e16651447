"""What a plan unlocks, asked under the merchant's lock: of two who take the last, one gets it."""

from collections.abc import Callable
from uuid import UUID

from apps.merchants import selectors
from apps.merchants.errors import PlanLimitReached
from apps.merchants.models import Feature, Merchant
from apps.merchants.services import businesses


def require_room(*, merchant_id: UUID, feature: Feature, used: Callable[[], int]) -> Merchant:
    """
    Refuse one more of a feature than the merchant's plan unlocks; the merchant stays locked.

    `used` counts, under the lock, what there is already.

    Raises:
        UnknownMerchant, PlanLimitReached
    """
    merchant = businesses.lock(merchant_id)
    limit = selectors.limits_of(plan=merchant.plan)[feature]
    if limit is None:
        return merchant
    there = used()
    if there >= limit:
        raise PlanLimitReached(
            what=feature.label,
            feature=feature,
            limit=limit,
            plan=merchant.plan,
            needed=selectors.plan_with_room(feature=feature, used=there),
        )
    return merchant

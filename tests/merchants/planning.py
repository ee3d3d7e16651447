"""What tests of plans ask for again and again."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from apps.merchants import services
from apps.merchants.models import Merchant, Subscription, SubscriptionCharge
from apps.merchants.services import Chosen
from apps.wallet import codes
from apps.wallet import selectors as ledger
from tests.merchants import making
from tests.merchants.making import NOON
from uma.kernel.http.idempotency import IdempotencyKey

# Product entry 10: a month of Pro with GST.
PRO_PAISE = 1_178_82


def make_merchant(brand: str = "Corner Café", **facts: Any) -> Merchant:  # Any: as below
    """Return an active merchant on Basic."""
    known: dict[str, Any] = {"plan": "BASIC"} | facts  # Any: facts of many types
    return making.make_merchant(brand, **known)


def buyer(months: int = 1, **facts: Any) -> Merchant:  # Any: facts of many types
    """Return an active merchant with money for so many months of Pro and not a paisa more."""
    return make_merchant(funds_paise=PRO_PAISE * months, **facts)


def choose(
    merchant: Merchant,
    plan: str = "PRO",
    *,
    key: IdempotencyKey | None = None,
    actor_id: UUID | None = None,
    now: datetime = NOON,
) -> Chosen:
    return services.choose_plan(
        merchant_id=merchant.pk, plan=plan, actor_id=actor_id or uuid4(), key=key, now=now
    )


def charge_of(chosen: Chosen) -> SubscriptionCharge:
    assert chosen.charge is not None
    return chosen.charge


def agree(merchant: Merchant, price_paise: int = 5_000_00, *, now: datetime = NOON) -> None:
    services.agree_price(
        merchant_id=merchant.pk,
        price_paise=price_paise,
        effective_from=now,
        actor_id=uuid4(),
        reason="as agreed",
        now=now,
    )


def renew(now: datetime) -> int:
    return services.renew_due(now=now, limit=2)


def subscription_of(merchant: Merchant) -> Subscription:
    return Subscription.objects.get(merchant=merchant)


def plan_of(merchant: Merchant) -> str:
    return str(Merchant.objects.values_list("plan", flat=True).get(pk=merchant.pk))


def purse(merchant: Merchant) -> int:
    return ledger.balance_paise(code=codes.merchant_wallet(merchant.pk))


def income(name: str, zone: str = "MNP") -> int:
    return ledger.balance_paise(code=codes.zone_account(zone, name))

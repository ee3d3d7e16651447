"""What an owner does about the plan: choose, cancel, take it back; each under the merchant's lock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.merchants import selectors
from apps.merchants.errors import (
    AlreadyOnPlan,
    MerchantNotActive,
    NoSubscription,
    PlanNotOffered,
    UndoOver,
)
from apps.merchants.models import (
    Merchant,
    Subscription,
    SubscriptionCharge,
    SubscriptionRefund,
)
from apps.merchants.pricing import share
from apps.merchants.selectors import LADDER, Price
from apps.merchants.services import businesses, paying, renewals
from apps.merchants.services.paying import Month
from uma.kernel.http.errors import IdempotencyKeyReused
from uma.kernel.http.idempotency import IdempotencyKey
from uma.kernel.zones import months_after

# A first month that was a mistake goes back in full within a day, once a year.
UNDO_WITHIN = timedelta(days=1)
UNDO_AGAIN_AFTER = timedelta(days=365)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a choice led to: the plan that was chosen, and the month that was paid for it, if any."""

    plan: str
    charge: SubscriptionCharge | None
    replayed: bool


@transaction.atomic(durable=True)
def choose_plan(
    *,
    merchant_id: UUID,
    plan: str,
    actor_id: UUID,
    key: IdempotencyKey | None,
    now: datetime,
) -> Chosen:
    """
    Put the merchant on a plan: a larger one is paid for now, a smaller one begins at the month's end.

    Choosing what runs takes back a cancellation, and pays a month that could not be paid. The unused
    days of a smaller plan go back.

    Raises:
        UnknownMerchant, MerchantNotActive, PlanNotOffered, AlreadyOnPlan,
        InsufficientFunds, WalletFrozen, IdempotencyKeyReused
    """
    merchant = businesses.lock(merchant_id)
    # Under the lock: a twin of this request has answered, or has not begun.
    if earlier := _answered(actor_id, key):
        return earlier
    if merchant.status != Merchant.Status.ACTIVE:
        raise MerchantNotActive
    running = _running(merchant, now=now)
    charge: SubscriptionCharge | None = None
    if running is None:
        if plan == Merchant.Plan.BASIC:
            raise AlreadyOnPlan
        charge = _begin(merchant, plan, actor_id=actor_id, key=key, now=now)
    elif plan == running.plan:
        charge = _keep(running, merchant, actor_id=actor_id, key=key, now=now)
    elif LADDER.index(plan) < LADDER.index(running.plan):
        _become_at_the_end(running, plan, actor_id=actor_id, now=now)
    else:
        charge = _upgrade(running, merchant, plan, actor_id=actor_id, key=key, now=now)
    return Chosen(plan, charge, replayed=False)


@transaction.atomic
def cancel_plan(*, merchant_id: UUID, actor_id: UUID, now: datetime) -> Subscription:
    """
    Let the plan end with the month that is paid; until then nothing changes. Twice is once.

    Raises:
        UnknownMerchant, NoSubscription
    """
    running = _running(businesses.lock(merchant_id), now=now)
    if running is None:
        raise NoSubscription
    if running.renews:
        _become_at_the_end(running, Merchant.Plan.BASIC, actor_id=actor_id, now=now)
    return running


@transaction.atomic(durable=True)
def undo_plan(*, merchant_id: UUID, actor_id: UUID, now: datetime) -> SubscriptionRefund:
    """
    Return a first month in full within a day of its purchase, once a year; the merchant is on Basic.

    Raises:
        UnknownMerchant, NoSubscription, UndoOver
    """
    merchant = businesses.lock(merchant_id)
    running = selectors.live_subscription(merchant_id=merchant_id)
    if running is None:
        raise NoSubscription
    charges = list(running.charges.all())
    if len(charges) != 1 or now - charges[0].charged_at > UNDO_WITHIN:
        raise UndoOver("Only a first month goes back, within a day of its purchase.")
    undone = Subscription.objects.filter(merchant=merchant, ending=Subscription.Ending.UNDONE)
    if undone.filter(ended_at__gt=now - UNDO_AGAIN_AFTER).exists():
        raise UndoOver("A plan was undone within the last year.")
    back = paying.refund(
        charges[0],
        paying.left_paise(charges[0]),
        why=SubscriptionRefund.Why.UNDONE,
        merchant=merchant,
        actor_id=actor_id,
        reason="",
        now=now,
    )
    renewals.end_locked(
        running, merchant, ending=Subscription.Ending.UNDONE, actor_id=actor_id, reason="", now=now
    )
    return back


def _running(merchant: Merchant, *, now: datetime) -> Subscription | None:
    """Return what runs now: a month that is over is renewed or ended first, whatever the job does."""
    found = selectors.live_subscription(merchant_id=merchant.pk)
    if found is None or found.period_end > now or found.state == Subscription.State.GRACE:
        return found
    renewals.renew_locked(found, merchant, now=now)
    return selectors.live_subscription(merchant_id=merchant.pk)


def _price(plan: str, merchant: Merchant, *, at: datetime) -> Price:
    found = selectors.price_of(plan=plan, merchant_id=merchant.pk, at=at)
    if found is None:
        raise PlanNotOffered
    return found


def _begin(
    merchant: Merchant, plan: str, *, actor_id: UUID, key: IdempotencyKey | None, now: datetime
) -> SubscriptionCharge:
    month = _first_month(merchant, plan, now=now)
    started = Subscription.objects.create(
        merchant=merchant,
        plan=plan,
        renews_as=plan,
        anchor_at=now,
        period_start=month.starts_at,
        period_end=month.ends_at,
        started_at=now,
    )
    charge = paying.charge(started, month, merchant=merchant, actor_id=actor_id, key=key, now=now)
    renewals.put_on(merchant, plan)
    renewals.trace(
        started, "chosen", actor_id=actor_id, now=now, before={"plan": Merchant.Plan.BASIC}
    )
    return charge


def _first_month(merchant: Merchant, plan: str, *, now: datetime) -> Month:
    timezone = selectors.zone(code=merchant.zone_id).timezone
    return Month(
        plan=plan,
        starts_at=now,
        ends_at=months_after(now, 1, timezone),
        price=_price(plan, merchant, at=now),
    )


def _keep(
    running: Subscription,
    merchant: Merchant,
    *,
    actor_id: UUID,
    key: IdempotencyKey | None,
    now: datetime,
) -> SubscriptionCharge | None:
    """Pay what is owed, or take a cancellation back."""
    if running.state == Subscription.State.GRACE:
        running.renews_as = running.plan
        return renewals.pay_next(running, merchant, actor_id=actor_id, key=key, now=now)
    if running.renews_as == running.plan:
        raise AlreadyOnPlan
    _become_at_the_end(running, running.plan, actor_id=actor_id, now=now)
    return None


def _become_at_the_end(running: Subscription, plan: str, *, actor_id: UUID, now: datetime) -> None:
    before = running.renews_as
    running.renews_as = plan
    running.save(update_fields=["renews_as"])
    renewals.trace(
        running,
        "renewal-set",
        actor_id=actor_id,
        now=now,
        before={"renews_as": before},
    )


def _upgrade(
    running: Subscription,
    merchant: Merchant,
    plan: str,
    *,
    actor_id: UUID,
    key: IdempotencyKey | None,
    now: datetime,
) -> SubscriptionCharge:
    before = {"plan": running.plan}
    month = _first_month(merchant, plan, now=now)
    if running.state == Subscription.State.ACTIVE:
        _return_unused(running, merchant, actor_id=actor_id, now=now)
    charge = paying.charge(running, month, merchant=merchant, actor_id=actor_id, key=key, now=now)
    running.plan = running.renews_as = plan
    running.state, running.grace_until = Subscription.State.ACTIVE, None
    running.anchor_at, running.months = now, 1
    running.period_start, running.period_end = month.starts_at, month.ends_at
    running.save()
    renewals.put_on(merchant, plan)
    renewals.trace(running, "chosen", actor_id=actor_id, now=now, before=before)
    return charge


def _return_unused(
    running: Subscription, merchant: Merchant, *, actor_id: UUID, now: datetime
) -> None:
    """Return the whole days of the running month that lie ahead."""
    charge = running.charges.get(plan=running.plan, period_start=running.period_start)
    days = round((charge.period_end - charge.period_start) / _DAY)
    unused = min((charge.period_end - now) // _DAY, days)
    base_paise = min(share(charge.price_paise, part=unused, whole=days), paying.left_paise(charge))
    if base_paise:
        paying.refund(
            charge,
            base_paise,
            why=SubscriptionRefund.Why.UPGRADED,
            merchant=merchant,
            actor_id=actor_id,
            reason="",
            now=now,
        )


def _answered(actor_id: UUID, key: IdempotencyKey | None) -> Chosen | None:
    if key is None:
        return None
    found = SubscriptionCharge.objects.filter(charged_by=actor_id, request_key=key.key).first()
    if found is None:
        return None
    if bytes(found.request_fingerprint or b"") != key.fingerprint:
        raise IdempotencyKeyReused
    return Chosen(found.plan, found, replayed=True)

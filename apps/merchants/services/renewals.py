"""What the end of a paid month does: the next one is charged, waited for, or the plan ends."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts import services as accounts
from apps.merchants import selectors
from apps.merchants.models import Merchant, Subscription, SubscriptionCharge
from apps.merchants.services import businesses, paying
from apps.merchants.services.paying import Month
from apps.notifications import services as notifications
from apps.notifications.services import Say
from apps.wallet.errors import InsufficientFunds, WalletFrozen
from uma.kernel.http.idempotency import IdempotencyKey
from uma.kernel.money import written
from uma.kernel.zones import days_after, months_after

GRACE_DAYS = 7
# The owners are told again when less than so many days of the grace are left.
REMINDED_AT = (1, 3)
State, Ending = Subscription.State, Subscription.Ending


def renew_due(*, now: datetime, limit: int) -> int:
    """
    Renew, wait for, or end every subscription whose month is over; return how many changed.

    Each in its own transaction, under its merchant's lock. A second run finds nothing due.
    """
    changed, after = 0, None
    while True:
        batch = selectors.due_subscription_ids(now=now, limit=limit, after=after)
        changed += sum(renew(subscription_id=pk, now=now) for pk in batch)
        if len(batch) < limit:
            return changed
        after = batch[-1]


@transaction.atomic(durable=True)
def renew(*, subscription_id: UUID, now: datetime) -> bool:
    """Do what is due about one subscription; say whether anything changed."""
    found = Subscription.objects.filter(pk=subscription_id).first()
    if found is None:
        return False
    merchant = businesses.lock(found.merchant_id)
    # Read again under the lock: the owner may have cancelled, upgraded or paid meanwhile.
    found.refresh_from_db()
    if found.state == State.ENDED or found.period_end > now:
        return False
    return renew_locked(found, merchant, now=now)


def renew_locked(subscription: Subscription, merchant: Merchant, *, now: datetime) -> bool:
    """Do what `renew` does to a subscription that is due, whose merchant the caller has locked."""
    if merchant.status == Merchant.Status.CLOSED:
        return _end_by_itself(subscription, merchant, Ending.NOT_ACTIVE, now=now)
    if not subscription.renews:
        return _end_by_itself(subscription, merchant, Ending.CANCELLED, now=now)
    try:
        if merchant.status == Merchant.Status.ACTIVE:
            pay_next(subscription, merchant, actor_id=None, key=None, now=now)
            return True
    except (InsufficientFunds, WalletFrozen):
        pass
    return _wait_or_end(subscription, merchant, now=now)


def pay_next(
    subscription: Subscription,
    merchant: Merchant,
    *,
    actor_id: UUID | None,
    key: IdempotencyKey | None,
    now: datetime,
) -> SubscriptionCharge:
    """
    Charge the month that follows the paid one, and begin it where the paid one ended.

    Raises:
        InsufficientFunds, WalletFrozen
    """
    timezone = selectors.zone(code=merchant.zone_id).timezone
    plan, due_at = subscription.renews_as, subscription.period_end
    price = selectors.price_of(plan=plan, merchant_id=merchant.pk, at=due_at)
    assert price is not None, "what was sold once has a price from then on"
    month = Month(
        plan=plan,
        starts_at=due_at,
        ends_at=months_after(subscription.anchor_at, subscription.months + 1, timezone),
        price=price,
    )
    charge = paying.charge(
        subscription, month, merchant=merchant, actor_id=actor_id, key=key, now=now
    )
    before = {"plan": subscription.plan, "state": subscription.state}
    subscription.plan, subscription.state = plan, State.ACTIVE
    subscription.grace_until = None
    subscription.months += 1
    subscription.period_start, subscription.period_end = month.starts_at, month.ends_at
    subscription.save()
    put_on(merchant, plan)
    trace(subscription, "renewed", actor_id=actor_id, now=now, before=before)
    _tell(
        subscription,
        merchant,
        "renewed",
        say=lambda: (
            _("%(plan)s goes on for a month") % {"plan": plan.title()},
            _("%(amount)s was taken from your wallet.") % {"amount": written(charge.total_paise)},
        ),
        now=now,
    )
    return charge


def end_locked(
    subscription: Subscription,
    merchant: Merchant,
    *,
    ending: str,
    actor_id: UUID | None,
    reason: str,
    now: datetime,
) -> None:
    """End a subscription whose merchant the caller has locked: Basic from now on, nothing deleted."""
    before = {"plan": subscription.plan, "state": subscription.state}
    subscription.state, subscription.ended_at, subscription.ending = State.ENDED, now, ending
    subscription.grace_until = None
    subscription.save()
    put_on(merchant, Merchant.Plan.BASIC)
    trace(subscription, "ended", actor_id=actor_id, now=now, before=before, reason=reason)
    _tell(
        subscription,
        merchant,
        "ended",
        say=lambda: (
            _("%(plan)s has ended") % {"plan": subscription.get_plan_display()},
            _("You are on Basic. Nothing was deleted; campaigns beyond its limit are paused."),
        ),
        now=now,
    )


def put_on(merchant: Merchant, plan: str) -> None:
    """Write the plan of a locked merchant: what every limit is read by."""
    merchant.plan = plan
    merchant.version += 1
    merchant.save(update_fields=["plan", "version"])


def trace(
    subscription: Subscription,
    act: str,
    *,
    actor_id: UUID | None,
    now: datetime,
    before: Mapping[str, object],
    reason: str = "",
) -> None:
    """Leave on the merchant's trail what became of its plan."""
    accounts.record(
        action=f"plan.{act}",
        object_type="merchant",
        object_id=str(subscription.merchant_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before=before,
        after={
            "plan": subscription.plan,
            "state": subscription.state,
            "renews_as": subscription.renews_as,
            "until": subscription.period_end.isoformat(),
        },
    )


def _end_by_itself(
    subscription: Subscription, merchant: Merchant, ending: str, *, now: datetime
) -> bool:
    end_locked(subscription, merchant, ending=ending, actor_id=None, reason="", now=now)
    return True


def _wait_or_end(subscription: Subscription, merchant: Merchant, *, now: datetime) -> bool:
    if subscription.state == State.ACTIVE:
        _begin_grace(subscription, merchant, now=now)
        return True
    assert subscription.grace_until is not None
    if subscription.grace_until <= now:
        return _end_by_itself(subscription, merchant, Ending.UNPAID, now=now)
    _remind(subscription, merchant, subscription.grace_until, now=now)
    return False


def _begin_grace(subscription: Subscription, merchant: Merchant, *, now: datetime) -> None:
    timezone = selectors.zone(code=merchant.zone_id).timezone
    before = {"plan": subscription.plan, "state": subscription.state}
    # From the first try: a job that was down for a week does not take the week away.
    subscription.state = State.GRACE
    subscription.grace_until = days_after(now, GRACE_DAYS, timezone)
    subscription.save()
    trace(subscription, "grace", actor_id=None, now=now, before=before)
    _tell(
        subscription,
        merchant,
        "grace",
        say=lambda: (
            _("%(plan)s could not be renewed") % {"plan": subscription.get_plan_display()},
            _("Add money within %(days)s days: until then everything stays as it is.")
            % {"days": GRACE_DAYS},
        ),
        now=now,
    )


def _remind(
    subscription: Subscription, merchant: Merchant, until: datetime, *, now: datetime
) -> None:
    left = (until - now).days
    for days in REMINDED_AT:
        # Each mark once: of a job that runs every hour all but the first find the message there.
        if left < days:
            _tell(
                subscription,
                merchant,
                f"grace-{days}",
                say=lambda: (
                    ngettext("%(plan)s ends in a day", "%(plan)s ends in %(days)s days", left + 1)
                    % {"plan": subscription.get_plan_display(), "days": left + 1},
                    _("The month is not paid. Add money to your wallet to keep the plan."),
                ),
                now=now,
            )
            return


def _tell(
    subscription: Subscription,
    merchant: Merchant,
    what: str,
    *,
    say: Say,
    now: datetime,
) -> None:
    """Tell the owners once; the key names the month that it is about."""
    timezone = selectors.zone(code=merchant.zone_id).timezone
    for person_id in selectors.owner_ids(merchant_id=merchant.pk):
        notifications.notify(
            person_id=person_id,
            kind="merchant.plan",
            say=say,
            data={"merchantId": str(merchant.pk), "plan": subscription.plan.lower()},
            dedupe_key=f"plan:{what}:{subscription.pk}:{subscription.period_end:%Y%m%d}:{person_id}",
            timezone=timezone,
            now=now,
        )

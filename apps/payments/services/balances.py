"""
When a merchant's balance falls below its threshold: one alert for each crossing, and an order if wished.

A crossing is seen from above: whoever was below when the rule began is told at the next one. Without a
mandate at the bank nothing can be debited, so "automatic" is an open order and a message (decisions/0036).
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import services as accounts
from apps.merchants import selectors as merchants
from apps.merchants.models import Merchant
from apps.notifications import services as notifications
from apps.payments.errors import BalanceRuleNotAllowed, GatewayUnavailable
from apps.payments.gateway import Gateway
from apps.payments.models import AutoTopUp, BalanceRule, TopUp
from apps.payments.selectors.balances import ordered_this_month_paise
from apps.payments.services.top_ups import FIRST_LOOK, LEAST_PAISE, MOST_PAISE, order_top_up
from apps.wallet import codes
from apps.wallet import selectors as ledger
from uma.kernel.ids import new_id
from uma.kernel.money import rupees, written
from uma.kernel.zones import month_began

MOST_THRESHOLD_PAISE = 10_00_000_00
MOST_MONTH_PAISE = 1_00_00_000_00


def watch_balances(*, now: datetime, limit: int) -> int:
    """
    Look at every merchant that may sell and act on thresholds that were crossed; return on how many.

    Safe to repeat, and two at once act once: the rule's row decides.
    """
    acted, after = 0, None
    while True:
        batch = merchants.active_merchants(after=after, limit=limit)
        acted += _watch(batch, now=now)
        if len(batch) < limit:
            return acted
        after = batch[-1].pk


def _watch(batch: list[Merchant], *, now: datetime) -> int:
    purses = ledger.purses(codes=[codes.merchant_wallet(row.pk) for row in batch])
    balances = {
        row.pk: purses[code].balance_paise
        for row in batch
        if (code := codes.merchant_wallet(row.pk)) in purses
    }
    rules = BalanceRule.objects.in_bulk([row.pk for row in batch])
    new = [
        BalanceRule(merchant=row, below_since=now if _is_below(BalanceRule(), paise) else None)
        for row in batch
        if row.pk not in rules and (paise := balances.get(row.pk)) is not None
    ]
    BalanceRule.objects.bulk_create(new, ignore_conflicts=True)
    crossed = [
        row
        for row in batch
        if row.pk in rules and row.pk in balances and _crosses(rules[row.pk], balances[row.pk])
    ]
    return sum(_cross(row, now=now) for row in crossed)


def _is_below(rule: BalanceRule, balance_paise: int) -> bool:
    return balance_paise < rule.alert_below_paise


def _wants_top_up(rule: BalanceRule, balance_paise: int) -> bool:
    return rule.auto_on and balance_paise < rule.auto_below_paise


def _crosses(rule: BalanceRule, balance_paise: int) -> bool:
    return _is_below(rule, balance_paise) != (rule.below_since is not None) or _wants_top_up(
        rule, balance_paise
    ) != (rule.auto_below_since is not None)


@transaction.atomic(durable=True)
def _cross(merchant: Merchant, *, now: datetime) -> bool:
    """Act on a crossing under the rule's lock; false when somebody else did or it is over."""
    rule = _lock_rule(merchant.pk)
    balance_paise = ledger.balance_paise(code=codes.merchant_wallet(merchant.pk))
    if not _crosses(rule, balance_paise):
        return False
    if _is_below(rule, balance_paise) and rule.below_since is None:
        rule.below_since, rule.crossings = now, rule.crossings + 1
        _alert(merchant, rule, balance_paise, now=now)
    elif not _is_below(rule, balance_paise):
        rule.below_since = None
    if _wants_top_up(rule, balance_paise) and rule.auto_below_since is None:
        rule.auto_below_since = now
        rule.save(update_fields=["auto_below_since"])
        _order(merchant, rule, now=now)
    elif not _wants_top_up(rule, balance_paise):
        rule.auto_below_since = None
    rule.save(update_fields=["below_since", "crossings", "auto_below_since"])
    return True


def _lock_rule(merchant_id: UUID) -> BalanceRule:
    """Return the rule, locked: two watchers that see one crossing queue, the second sees none."""
    return BalanceRule.objects.select_for_update(no_key=True).get(pk=merchant_id)


def _alert(merchant: Merchant, rule: BalanceRule, balance_paise: int, *, now: datetime) -> None:
    left, threshold = rupees(balance_paise), rupees(rule.alert_below_paise)
    for person_id in merchants.manager_ids(merchant_id=merchant.pk):
        notifications.notify(
            person_id=person_id,
            kind="money.low_balance",
            say=lambda: (
                _("%(amount)s left in your wallet") % {"amount": written(balance_paise)},
                _(
                    "Offers pause when it cannot pay for a visit. You asked to know below %(amount)s."
                )
                % {"amount": written(rule.alert_below_paise)},
            ),
            data={"merchantId": str(merchant.pk), "balance": left},
            dedupe_key=f"low_balance:{merchant.pk}:{rule.crossings}:{person_id}",
            now=now,
            timezone=merchant.zone.timezone,
        )
    notifications.queue_webhook(
        merchant_id=merchant.pk,
        event_id=new_id(),
        type="wallet.low_balance",
        payload={"balance": left, "threshold": threshold, "at": now.isoformat()},
        now=now,
    )


def _order(merchant: Merchant, rule: BalanceRule, *, now: datetime) -> None:
    """Record the wish for an automatic top-up, unless it would go beyond the month's cap."""
    since = month_began(now, merchant.zone.timezone)
    ordered_paise = ordered_this_month_paise(merchant_id=merchant.pk, since=since)
    amount = rupees(rule.auto_amount_paise)
    fits = ordered_paise + rule.auto_amount_paise <= rule.auto_monthly_cap_paise
    if fits:
        top_up = TopUp.objects.create(
            merchant=merchant,
            amount_paise=rule.auto_amount_paise,
            requested_by=rule.set_by or merchant.pk,
            created_at=now,
            status_changed_at=now,
            next_look_at=now + FIRST_LOOK,
        )
        AutoTopUp.objects.create(top_up=top_up, rule=rule, below_since=now)
    for owner_id in merchants.owner_ids(merchant_id=merchant.pk):
        notifications.notify(
            person_id=owner_id,
            kind="money.auto_top_up",
            say=lambda: (
                (
                    _("A top-up of %(amount)s waits for you")
                    % {"amount": written(rule.auto_amount_paise)},
                    _(
                        "Your balance is low. The order is in your wallet: pay it there within a day."
                    ),
                )
                if fits
                else (
                    _("Your automatic top-up has reached its monthly limit"),
                    _(
                        "Your balance is low. Add money yourself, or raise the limit in your wallet."
                    ),
                )
            ),
            data={"merchantId": str(merchant.pk), "amount": amount, "ordered": fits},
            dedupe_key=f"auto_top_up:{merchant.pk}:{now.isoformat()}:{owner_id}",
            now=now,
            timezone=merchant.zone.timezone,
        )


def order_automatic(*, gateway: Gateway, now: datetime, limit: int) -> int:
    """
    Ask Razorpay for the orders of automatic top-ups; return how many were ordered.

    Those it does not answer for are asked for again by the next run. Must not be inside a transaction.
    """
    waiting = AutoTopUp.objects.filter(top_up__state=TopUp.State.CREATED)
    ordered = 0
    for top_up_id in list(waiting.order_by("pk").values_list("pk", flat=True)[:limit]):
        try:
            order_top_up(top_up_id=top_up_id, gateway=gateway, now=now)
        except GatewayUnavailable:
            continue
        ordered += 1
    return ordered


@transaction.atomic(durable=True)
def set_balance_rule(
    *,
    merchant_id: UUID,
    alert_below_paise: int,
    auto_on: bool,
    auto_below_paise: int,
    auto_amount_paise: int,
    auto_monthly_cap_paise: int,
    actor_id: UUID,
    now: datetime,
) -> BalanceRule:
    """
    Set when a merchant is told of a low balance, and whether money is added then.

    Raises:
        UnknownMerchant, BalanceRuleNotAllowed
    """
    merchants.merchant(merchant_id=merchant_id)
    if not LEAST_PAISE <= auto_amount_paise <= MOST_PAISE:
        raise BalanceRuleNotAllowed("A top-up is between ₹100 and ₹5,00,000.")
    if not auto_amount_paise <= auto_monthly_cap_paise <= MOST_MONTH_PAISE:
        raise BalanceRuleNotAllowed("The month's limit is at least one top-up.")
    if (
        alert_below_paise > MOST_THRESHOLD_PAISE
        or not 1 <= auto_below_paise <= MOST_THRESHOLD_PAISE
    ):
        raise BalanceRuleNotAllowed("A threshold is at most ₹10,00,000.")
    BalanceRule.objects.bulk_create([BalanceRule(pk=merchant_id)], ignore_conflicts=True)
    rule = _lock_rule(merchant_id)
    before = _facts(rule)
    rule.alert_below_paise, rule.auto_on = alert_below_paise, auto_on
    rule.auto_below_paise, rule.auto_amount_paise = auto_below_paise, auto_amount_paise
    rule.auto_monthly_cap_paise = auto_monthly_cap_paise
    rule.set_by, rule.set_at = actor_id, now
    # Who sets a threshold sees the balance: being below it already is no crossing.
    balance_paise = ledger.balance_paise(code=codes.merchant_wallet(merchant_id))
    rule.below_since = now if _is_below(rule, balance_paise) else None
    rule.save()
    accounts.record(
        action="merchant.balance-rule-set",
        object_type="merchant",
        object_id=str(merchant_id),
        actor_id=actor_id,
        at=now,
        before=before,
        after=_facts(rule),
    )
    return rule


def _facts(rule: BalanceRule) -> dict[str, object]:
    return {
        "alert_below": rupees(rule.alert_below_paise),
        "auto": rule.auto_on,
        "auto_below": rupees(rule.auto_below_paise),
        "auto_amount": rupees(rule.auto_amount_paise),
        "auto_monthly_cap": rupees(rule.auto_monthly_cap_paise),
    }

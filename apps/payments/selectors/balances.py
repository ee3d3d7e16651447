"""Reads about balance rules."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Sum

from apps.merchants import selectors as merchants
from apps.payments.models import AutoTopUp, BalanceRule, TopUp
from uma.kernel.zones import month_began


@dataclass(frozen=True, slots=True)
class RuleView:
    """A merchant's rule, and how much it has ordered in the zone's month so far."""

    rule: BalanceRule
    ordered_paise: int


def balance_rule(*, merchant_id: UUID, now: datetime) -> RuleView:
    """
    Return the merchant's rule, or the one that holds while it has set none.

    Raises:
        UnknownMerchant
    """
    merchant = merchants.merchant(merchant_id=merchant_id)
    rule = BalanceRule.objects.filter(pk=merchant_id).first() or BalanceRule(pk=merchant_id)
    since = month_began(now, merchant.zone.timezone)
    return RuleView(rule, ordered_this_month_paise(merchant_id=merchant_id, since=since))


def ordered_this_month_paise(*, merchant_id: UUID, since: datetime) -> int:
    """Return what automatic top-ups since an instant have added or may still add, in paise."""
    orders = AutoTopUp.objects.filter(rule_id=merchant_id, top_up__created_at__gte=since)
    alive = orders.exclude(top_up__state=TopUp.State.EXPIRED)
    found: int | None = alive.aggregate(total=Sum("top_up__amount_paise"))["total"]
    return found or 0


def waiting_top_ups(*, merchant_id: UUID) -> list[TopUp]:
    """Return the automatic top-ups that wait for somebody to pay them, the newest first."""
    unpaid = [TopUp.State.CREATED, TopUp.State.OPEN]
    rows = TopUp.objects.filter(auto__rule_id=merchant_id, state__in=unpaid)
    return list(rows.order_by("-pk"))

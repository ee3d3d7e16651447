"""What is sold beside visits agrees with the ledger, and what does not is named."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from apps.campaigns.models import Boost
from apps.handshake import invariants
from apps.merchants import services as merchants
from apps.merchants.models import Merchant, Subscription, SubscriptionCharge, SubscriptionRefund
from tests.campaigns.boosting import boost, boostable, stop
from tests.merchants.making import NOON
from tests.merchants.planning import buyer, charge_of, choose

pytestmark = [pytest.mark.django_db, pytest.mark.spoils_the_books]

# What the tests below tamper with.
PROVED = {
    "paid months and the ledger",
    "returned months and the ledger",
    "boosts and the ledger",
    "returned boosts and the ledger",
    "plans and subscriptions",
}


def named() -> set[tuple[str, str]]:
    return {(found.check, found.row) for found in invariants.find_violations()}


def tamper(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_what_was_sold_and_returned_is_what_was_posted_and_a_difference_is_named() -> None:
    merchant = buyer()
    merchants.refund_charge(
        charge_id=charge_of(choose(merchant)).pk, amount_paise=1_00, actor_id=uuid4(), reason="x",
        now=NOON,
    )  # fmt: skip
    campaign = boostable()
    boost(campaign)
    stop(campaign, now=NOON + timedelta(days=3))
    assert named() == set()

    month, week = SubscriptionCharge.objects.get(), Boost.objects.get()
    tamper("UPDATE merchants_subscriptioncharge SET price_paise = price_paise + 1")
    tamper("UPDATE merchants_subscriptionrefund SET amount_paise = amount_paise + 1")
    tamper("UPDATE campaigns_boost SET refund_paise = refund_paise - 1")
    Merchant.objects.filter(pk=merchant.pk).update(plan="BASIC")

    assert named() == {
        ("paid months and the ledger", str(month.pk)),
        ("returned months and the ledger", str(SubscriptionRefund.objects.get().pk)),
        ("returned boosts and the ledger", str(week.pk)),
        ("plans and subscriptions", str(Subscription.objects.get().pk)),
    }


def test_money_that_moved_without_a_row_is_named() -> None:
    boost(boostable())
    journal = Boost.objects.get().journal_id

    tamper("DELETE FROM campaigns_boostslot")
    tamper("DELETE FROM campaigns_boost")

    assert named() == {("boosts and the ledger", str(journal))}

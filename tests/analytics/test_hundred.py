"""What a hundred generated merchants are told they spent is what the ledger took from them, to the paisa."""

from datetime import timedelta
from random import Random

import pytest

from apps.analytics import selectors
from apps.analytics.selectors import Counts, Period
from apps.wallet import codes
from tests.analytics.making import CLOCK, count, day, no_show, take_back, visit
from tests.factories import FUNDS_PAISE, NOON, Shop, balance, make_rider, make_shop

MERCHANTS = 100
DAYS = 5


def live(shop: Shop, chance: Random) -> None:
    """Let a few things happen at a shop, some of which are taken back in whole or in part."""
    regular = make_rider() if chance.random() < 0.5 else None
    for _ in range(chance.randrange(3)):
        at = NOON + timedelta(days=chance.randrange(DAYS), minutes=chance.randrange(500))
        if chance.random() < 0.2:
            no_show(shop, at=at)
            continue
        bill = chance.choice([None, chance.randrange(1, 90_000)])
        done = visit(shop, at=at, bill_paise=bill, rider=regular)
        regular = None
        if chance.random() < 0.3:
            part = chance.choice([None, chance.randrange(1, 10_000)])
            take_back(done, at=at + timedelta(hours=chance.randrange(1, 60)), amount_paise=part)


@pytest.mark.django_db
def test_dashboards_are_the_ledgers_and_their_rows_sum_to_them() -> None:
    chance, now = Random(7), NOON + timedelta(days=DAYS + 5)  # noqa: S311 - the same each time
    shops = [make_shop(f"Shop {number}") for number in range(MERCHANTS)]
    for shop in shops:
        live(shop, chance)
    # Some days are counted and others are summed live.
    count(now=NOON + timedelta(days=3))
    spent = 0

    for shop in shops:
        merchant_id = shop.merchant.pk
        period = Period(day(NOON), day(now))
        found = selectors.figures(merchant_id=merchant_id, period=period, now=now).total
        left = sum(
            balance(code(merchant_id))
            for code in (codes.merchant_wallet, codes.merchant_held, codes.merchant_released)
        )
        assert found.spend_paise + found.gst_paise == FUNDS_PAISE - left
        spent += FUNDS_PAISE - left
        for by in ("day", "campaign_id", "outlet_id"):
            rows = selectors.split(
                merchant_id=merchant_id, period=period, by=by, timezone=CLOCK, now=now
            )
            assert sum(rows.values(), Counts()) == found

    assert spent > 0

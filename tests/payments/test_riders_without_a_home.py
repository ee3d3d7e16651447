"""Riders who signed in by phone alone have no home zone: their money is booked where it was earned."""

from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction

from apps.accounts.models import User
from apps.payments import selectors, services
from apps.payments.gateway import Gateway
from apps.payments.models import DormantWallet, Payout
from apps.payments.reports import FloatLine
from apps.wallet import codes
from apps.wallet.models import Journal
from tests.factories import NOON, balance, make_rider
from tests.payments.dormant import NOTICE, away
from tests.payments.paying_out import AMOUNT_PAISE, HAS_PAISE, Payee, give, looked, make_payee
from tests.payments.test_payout_books import behind_the_guards, found
from tests.payments.validating import COST_PAISE, COST_TAX_PAISE, added, asked
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db
MENDS: list[str] = import_module("apps.payments.migrations.0014_zones_of_payouts").MENDS


def homeless(rider: User) -> User:
    User.objects.filter(pk=rider.pk).update(zone_code="")
    rider.refresh_from_db()
    return rider


def rider_of(payee: Payee) -> User:
    assert payee.rider is not None
    return homeless(payee.rider)


def migrate(*statements: str) -> None:
    """Run what alters tables, which no work that waits for the commit may stand ahead of."""
    with connection.cursor() as cursor:
        # What waits is done now; from here on it is as in a migration's own transaction.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for sql in statements:
            cursor.execute(sql)
        # A posting's transfers come after its journal.
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def as_it_was(row: Payout | DormantWallet) -> None:
    """Leave a row, and the posting that set its money aside, as they were written before the mending."""
    table = row._meta.db_table
    name = "payout" if isinstance(row, Payout) else "dormant"
    migrate(f"ALTER TABLE {table} DROP CONSTRAINT payments_{name}_has_a_zone")
    behind_the_guards(f"UPDATE {table} SET zone_code = '' WHERE id = %s", row.pk)
    if isinstance(row, Payout):
        behind_the_guards(
            "UPDATE wallet_journal SET zone_code = '' WHERE id = %s", row.held_journal_id
        )


def test_a_payout_of_no_zone_is_mended_and_goes_its_way(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    payee, settled = make_payee(), make_payee(zone="BLR")
    rider_of(payee)
    payout, other = payee.ask(), settled.ask()
    as_it_was(payout)

    migrate(*MENDS)

    payout.refresh_from_db()
    other.refresh_from_db()
    assert (payout.zone_code, other.zone_code) == ("MNP", "BLR")
    with pytest.raises(IntegrityError, match="payments_payout_terms_frozen"), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).update(zone_code="BLR")
    cloud.order("payouts", begins="processed", ends="", seconds=0)
    services.submit_next(gateway=account, now=NOON)
    assert looked(payout, account) == "PROCESSED"
    assert payee.purse == HAS_PAISE - AMOUNT_PAISE
    assert found() == []


def test_a_dormant_wallet_of_no_zone_is_mended_and_set_aside() -> None:
    make_payee()
    rider = homeless(away(has_paise=90_00, now=NOON))
    services.tend_dormant_wallet(person_id=rider.pk, now=NOON - NOTICE)
    row = DormantWallet.objects.get(person=rider)
    as_it_was(row)

    migrate(*MENDS)

    assert services.tend_dormant_wallet(person_id=rider.pk, now=NOON)
    assert balance(codes.zone_account("MNP", "unclaimed")) == 90_00
    with (
        pytest.raises(IntegrityError, match="payments_dormant_told_stays"),
        transaction.atomic(),
    ):
        DormantWallet.objects.filter(person=rider).update(zone_code="BLR")


def test_what_is_over_the_limit_is_set_apart_where_the_money_was_earned() -> None:
    payee = make_payee()
    assert payee.rider is not None
    give(payee.rider, 10_000_00)
    rider = rider_of(payee)
    held = payee.ask(now=NOON).held_journal_id
    behind_the_guards("UPDATE wallet_journal SET zone_code = '' WHERE id = %s", held)

    assert selectors.money_zone(person_id=rider.pk) == "MNP"
    assert services.keep_within_limits(person_id=rider.pk, now=NOON) > 0
    assert Journal.objects.get(kind="cap_hold").zone_code == "MNP"


def test_what_a_bank_was_asked_before_the_first_money_is_booked_once_it_came(
    account: Gateway,
) -> None:
    make_payee()
    rider = make_rider("asha")
    mine = added(homeless(rider))
    question = asked(mine, account)
    fav = question.razorpay_id or ""
    line = FloatLine("txn_1", "", "", COST_PAISE, 0, NOON, fav, COST_TAX_PAISE)

    assert services.book_costs(lines=[line], now=NOON) == 0
    rider.zone_code = "MNP"
    give(rider, 1_00, now=NOON)
    assert [services.book_costs(lines=[line], now=NOON) for _ in range(2)] == [1, 0]
    assert found() == []

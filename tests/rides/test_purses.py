"""Who has just signed in has no purses: they read as empty and are opened by the first booking."""

import pytest
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.handshake.models import Handshake
from apps.wallet import codes
from apps.wallet import selectors as wallet
from apps.wallet.errors import UnknownAccount
from tests.factories import Shop, balance, make_booking, make_shop
from tests.handshake.visiting import CAP_PAISE, execute
from tests.rides.calling import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop(now=timezone.now())


@pytest.fixture
def newcomer() -> User:
    return accounts.create_person(
        username="newcomer", display_name="", zone_code="", now=timezone.now()
    )


def test_a_newcomers_account_reads_as_empty(newcomer: User) -> None:
    api = Api(newcomer.pk)

    profile, purses = api.get("/user/profile").json(), api.get("/user/wallet").json()

    assert profile["wallet"] == 0
    amounts = ("balance", "parked", "withdrawing", "owed", "withdrawable")
    assert {name: purses[name] for name in amounts} == dict.fromkeys(amounts, 0)
    assert purses["currency"] == "INR"
    assert {reason["code"] for reason in purses["reasons"]} == {"kyc_level", "no_account_yet"}
    assert api.get("/user/transactions").json() == []


def test_a_purse_that_is_not_opened_is_unknown_to_whoever_does_not_ask_for_it(
    newcomer: User,
) -> None:
    purse = codes.rider_wallet(newcomer.pk)

    with pytest.raises(UnknownAccount):
        wallet.balances_paise(codes=[purse])
    with pytest.raises(UnknownAccount):
        wallet.statement(code=purse, limit=1)

    assert wallet.balances_paise(codes=[purse], unopened=True) == {purse: 0}


def test_the_first_booking_opens_the_purses_and_the_scan_pays_into_them(
    shop: Shop, newcomer: User
) -> None:
    now = timezone.now()

    booking = make_booking(shop, newcomer, now=now)
    assert set(wallet.balances_paise(codes=codes.rider_accounts(newcomer.pk)).values()) == {0}
    execute(booking, shop.owner_id, now=now)

    assert balance(codes.rider_wallet(newcomer.pk)) == CAP_PAISE
    assert Handshake.objects.get().rider_id == newcomer.pk

"""The demo city: made once, by the services, and never in production."""

from collections import Counter
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Deal
from apps.merchants.models import Merchant, Outlet, Staff
from apps.wallet import codes
from apps.wallet import selectors as wallet

TABLES = (User, Merchant, Outlet, Staff, Campaign, Deal)


@pytest.fixture(autouse=True)
def development(settings: LazySettings) -> None:
    """Tests run without DEBUG, as pytest-django has it; the city asks for it."""
    settings.DEBUG = True


def _seed() -> str:
    said = StringIO()
    call_command("seed_demo", stdout=said)
    return said.getvalue()


def _counts() -> dict[str, int]:
    return {table.__name__: table._default_manager.count() for table in TABLES}


@pytest.mark.django_db
def test_the_city_is_made_once() -> None:
    assert "made" in _seed()
    first = _counts()

    assert _seed() == "Everything was there.\n"

    assert _counts() == first
    assert first["Merchant"] == 40
    assert first["Outlet"] == 50


@pytest.mark.django_db
def test_both_cities_have_deals_of_every_kind_to_book() -> None:
    _seed()

    live = Campaign.objects.filter(state="ACTIVE")
    assert Counter(live.values_list("basis", flat=True)).keys() == {
        "flat",
        "actual_capped",
        "deductible",
    }
    assert set(live.values_list("audience", flat=True)) == {"all", "new_only", "returning_only"}
    assert set(live.values_list("zone_id", flat=True)) == {"MNP", "BLR"}
    assert live.exclude(windows=[]).exists()
    assert Campaign.objects.filter(state="IN_REVIEW").count() == 4
    assert Deal.objects.filter(is_live=True).count() >= live.count()


@pytest.mark.django_db
def test_every_merchant_can_pay_and_the_journey_s_people_are_there() -> None:
    _seed()

    balances = wallet.balances_paise(
        codes=[codes.merchant_wallet(one) for one in Merchant.objects.values_list("pk", flat=True)]
    )
    assert set(balances.values()) == {50_000_00}
    names = set(User.objects.values_list("username", flat=True))
    assert {"operator", "rider.01", "owner.01", "owner.02"} <= names


@pytest.mark.django_db
def test_an_interrupted_seeding_is_completed() -> None:
    _seed()
    before = _counts()
    missing = User.objects.get(username="rider.12")
    missing.delete()

    assert _seed() == "1 made.\n"
    assert _counts() == before


def test_without_debug_nobody_signs_in_by_name_alone(settings: LazySettings) -> None:
    settings.DEBUG = False

    with pytest.raises(CommandError, match="UMA_DEBUG"):
        _seed()

"""The demo city: made once, by the services, and never in production."""

import re
from collections import Counter
from io import StringIO
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings

from apps.accounts import selectors as people
from apps.accounts.models import User
from apps.campaigns.models import Campaign, Deal
from apps.gamification.models import Mission, PromoPool
from apps.handshake.management.commands import seed_demo
from apps.merchants.models import Merchant, Outlet, Staff
from apps.payments import selectors as payments
from apps.wallet import codes
from apps.wallet import selectors as wallet
from tests.factories import NOON

KINDS = ("badges", "missions")
TABLES = (User, Merchant, Outlet, Staff, Campaign, Deal, PromoPool)


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


@override_settings(DEBUG=True)
class TheCity(TestCase):
    """The city that all of these look at takes seconds to make."""

    @classmethod
    def setUpTestData(cls) -> None:
        # Late at night there is no time left for tonight's missions.
        with patch.object(seed_demo, "timezone", SimpleNamespace(now=lambda: NOON)):
            assert "made" in _seed()

    def test_the_city_is_made_once(self) -> None:
        first = _counts()

        assert _seed() == "Everything was there.\n"

        assert _counts() == first
        assert first["Merchant"] == 40
        assert first["Outlet"] == 50

    def test_somebody_sells_in_both_cities(self) -> None:
        assert payments.zones_without_seller(at=NOON) == []

    def test_both_cities_have_deals_of_every_kind_to_book(self) -> None:
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
        # And a rider finds missions that are worth something.
        pools = [codes.promo_pool(f"{kind}-{zone}") for kind in KINDS for zone in ("mnp", "blr")]
        assert set(wallet.balances_paise(codes=pools).values()) == {25_000_00}
        for zone in ("MNP", "BLR"):
            assert Mission.objects.filter(zone_code=zone, reward_paise__gt=0).exists()

    def test_every_merchant_can_pay_and_the_journey_s_people_are_there(self) -> None:
        balances = wallet.balances_paise(
            codes=[
                codes.merchant_wallet(one) for one in Merchant.objects.values_list("pk", flat=True)
            ]
        )
        assert set(balances.values()) == {50_000_00}
        names = set(User.objects.values_list("username", flat=True))
        assert {"operator", "rider.01", "owner.01", "owner.02"} <= names

    def test_an_interrupted_seeding_is_completed(self) -> None:
        before = _counts()
        missing = User.objects.get(username="rider.12")
        missing.delete()

        assert _seed() == "1 made.\n"
        assert _counts() == before

    def test_everybody_has_a_number_of_their_own_that_nobody_real_has(self) -> None:
        phones = [person.phone for person in User.objects.all()]
        assert len(set(phones)) == len(phones) == 1 + 12 + 2 * 40
        assert all(re.fullmatch(r"\+1202555\d{4}", phone) for phone in phones)
        assert all(100 <= int(phone[-4:]) <= 199 for phone in phones)
        assert people.person_by_phone(phone="+12025550120") == User.objects.get(username="owner.01")

    def test_who_was_seeded_before_people_had_phones_is_given_one(self) -> None:
        for name in ("rider.01", "owner.40", "scanner.33", "operator"):
            person = User.objects.get(username=name)
            person.phone, person.phone_index = "", None
            person.save()

        assert _seed() == "Everything was there.\n"
        assert User.objects.get(username="owner.40").phone == "+12025550159"
        assert not User.objects.filter(phone_index=None).exists()


def test_with_a_real_firebase_the_demo_says_what_it_cannot_do(settings: LazySettings) -> None:
    settings.FIREBASE_AUTH_URL = ""
    said = StringIO()

    call_command("demo", stdout=said)

    assert "real phones" in said.getvalue()
    with pytest.raises(CommandError, match="POST /api/auth/firebase"):
        call_command("sign_in", "+12025550101")


def test_without_debug_there_is_no_demo_city(settings: LazySettings) -> None:
    settings.DEBUG = False

    with pytest.raises(CommandError, match="UMA_DEBUG"):
        _seed()

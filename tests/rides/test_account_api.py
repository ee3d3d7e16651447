"""The rider's own account over HTTP."""

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.wallet import codes
from apps.wallet import services as wallet
from tests.factories import make_rider, make_zone
from tests.rides.calling import Api
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def rider() -> User:
    make_zone(now=timezone.now())
    return make_rider("asha", now=timezone.now())


def pay(rider: User, amount_paise: int) -> None:
    wallet.post(
        kind="goodwill",
        reference=f"goodwill:{new_id()}",
        legs=[
            wallet.Leg(
                codes.zone_account("MNP", "goodwill"), codes.rider_wallet(rider.pk), amount_paise
            )
        ],
        zone_code="MNP",
        event_at=timezone.now(),
        actor_id=None,
    )


def test_the_profile_and_the_wallet_are_in_rupees(rider: User) -> None:
    pay(rider, 149_50)
    api = Api(rider.pk)

    profile, purses = api.get("/user/profile").json(), api.get("/user/wallet").json()

    assert set(profile) == {
        "id", "name", "email", "phone", "wallet", "strikes", "bannedUntil", "zone", "createdAt",
        "payoutsFrom", "payoutsPausedFor",
    }  # fmt: skip
    assert (profile["id"], profile["name"]) == (str(rider.pk), "Asha")
    assert (profile["wallet"], profile["strikes"], profile["bannedUntil"]) == (149.5, 0, None)
    assert {name: purses[name] for name in ("balance", "parked", "withdrawing", "owed")} == {
        "balance": 149.5, "parked": 0, "withdrawing": 0, "owed": 0,
    }  # fmt: skip
    # Nobody has seen who this is, and the money is of today.
    assert purses["withdrawable"] == 0
    assert {"code": "too_young", "until": None, "amount": 149.5} in purses["reasons"]


def test_the_lines_of_the_statement_add_up_to_the_balance(rider: User) -> None:
    for amount_paise in (100_00, 49_50, 1):
        pay(rider, amount_paise)
    api = Api(rider.pk)

    first = api.get("/user/transactions?limit=2")
    second = api.get("/" + first["Link"].split(">")[0].split("/api/")[1])
    lines = first.json() + second.json()

    assert [line["amount"] for line in lines] == [0.01, 49.5, 100]
    assert [line["balance"] for line in lines] == [149.51, 149.5, 100]
    assert {line["type"] for line in lines} == {"goodwill"}
    assert set(lines[0]) == {
        "id", "type", "amount", "balance", "timestamp", "title", "part", "bookingId", "counterpart",
    }  # fmt: skip
    assert "Link" not in second

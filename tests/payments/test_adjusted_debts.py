"""Presents to a wallet that owes: its debt is paid first, and a frozen one keeps all of it."""

from uuid import UUID, uuid4

import pytest

from apps.accounts.models import User
from apps.merchants import services as merchants
from apps.payments import services
from apps.payments.models import Adjustment
from apps.payments.services import disputes
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet import services as wallet
from tests.concurrency.owing import owes
from tests.factories import NOON, Shop, balance, make_rider, make_shop

pytestmark = pytest.mark.django_db
OWED_PAISE = 300_00


def give(paise: int, *, person_id: UUID | None = None, merchant_id: UUID | None = None) -> UUID:
    row = services.propose_adjustment(
        adjustment_id=uuid4(), person_id=person_id, merchant_id=merchant_id, gives=True,
        amount_paise=paise, actor_id=uuid4(), within=None, reason="waited", now=NOON,
    )  # fmt: skip
    if row.state == Adjustment.State.PROPOSED:
        services.approve_adjustment(adjustment_id=row.pk, actor_id=uuid4(), reason="seen", now=NOON)
    return row.pk


@pytest.fixture
def rider() -> User:
    return make_rider()


@pytest.fixture
def shop() -> Shop:
    """Return a business without money that owes for a payment its payer's bank took back."""
    shop = make_shop("Owes", funds_paise=0)
    taken = wallet.Leg(
        codes.merchant_receivable(shop.merchant.pk),
        codes.zone_account("MNP", "pg_clearing"),
        OWED_PAISE,
    )
    wallet.post(
        kind="chargeback", reference=f"chargeback:{uuid4()}", legs=[taken], zone_code="MNP",
        event_at=NOON, actor_id=None,
    )  # fmt: skip
    return shop


def purse(shop: Shop) -> tuple[int, int]:
    """Return what a business has and what it owes, in paise."""
    return shop.wallet_paise, balance(codes.merchant_receivable(shop.merchant.pk))


def test_a_present_pays_what_its_rider_owes_first(rider: User) -> None:
    owed = owes(rider)

    given = give(400_00, person_id=rider.pk)

    assert balance(codes.rider_wallet(rider.pk)) == 400_00 - owed
    assert balance(codes.rider_receivable(rider.pk)) == 0
    name = f"debt_recovery:adjustment:{given}"
    assert name in ledger.posted(references=[name])


def test_a_present_to_a_frozen_rider_who_owes_arrives_and_pays_when_it_may(rider: User) -> None:
    owed, pocket = owes(rider), codes.rider_wallet(rider.pk)
    wallet.freeze(codes=[pocket], at=NOON)

    give(400_00, person_id=rider.pk)

    assert (balance(pocket), balance(codes.rider_receivable(rider.pk))) == (400_00, owed)
    wallet.unfreeze(codes=[pocket])
    give(1_00, person_id=rider.pk)
    assert (balance(pocket), balance(codes.rider_receivable(rider.pk))) == (401_00 - owed, 0)


@pytest.mark.parametrize(
    ("paise", "left"), [(200_00, (0, 100_00)), (400_00, (100_00, 0)), (700_00, (400_00, 0))]
)
def test_a_present_pays_what_its_business_owes_first(
    shop: Shop, paise: int, left: tuple[int, int]
) -> None:
    given = give(paise, merchant_id=shop.merchant.pk)

    assert purse(shop) == left
    name = f"merchant_debt_recovery:adjustment:{given}"
    assert name in ledger.posted(references=[name])


def test_a_present_to_a_frozen_business_that_owes_arrives_and_pays_when_it_may(shop: Shop) -> None:
    whose = {"merchant_id": shop.merchant.pk, "actor_id": uuid4(), "reason": "x", "now": NOON}
    merchants.freeze_wallet(**whose)  # type: ignore[arg-type]  # of several types

    give(400_00, merchant_id=shop.merchant.pk)

    assert purse(shop) == (400_00, OWED_PAISE)
    merchants.unfreeze_wallet(**whose)  # type: ignore[arg-type]  # as above
    disputes.settle_debts(now=NOON, limit=10)
    assert purse(shop) == (400_00 - OWED_PAISE, 0)


def test_what_is_taken_from_a_business_pays_none_of_its_debt(shop: Shop) -> None:
    give(400_00, merchant_id=shop.merchant.pk)
    row = services.propose_adjustment(
        adjustment_id=uuid4(), person_id=None, merchant_id=shop.merchant.pk, gives=False,
        amount_paise=50_00, actor_id=uuid4(), within=None, reason="too much", now=NOON,
    )  # fmt: skip
    services.approve_adjustment(adjustment_id=row.pk, actor_id=uuid4(), reason="seen", now=NOON)

    assert purse(shop) == (400_00 - OWED_PAISE - 50_00, 0)
    name = f"merchant_debt_recovery:adjustment:{row.pk}"
    assert name not in ledger.posted(references=[name])

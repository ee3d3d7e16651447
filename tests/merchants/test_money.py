"""An operator's hand on a merchant's wallet."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from apps.accounts.models import AuditEvent
from apps.merchants import services
from apps.merchants.errors import (
    AmountNotPositive,
    ReasonRequired,
    UnknownZone,
)
from apps.merchants.models import Merchant
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet.errors import AlreadyPosted, WalletFrozen
from apps.wallet.services import place_hold
from tests.merchants.making import (
    NOON,
    fund,
    make_merchant,
    make_zone,
)

pytestmark = pytest.mark.django_db
ACTOR = uuid4()


def balance(merchant: Merchant) -> int:
    return ledger.balance_paise(code=codes.merchant_wallet(merchant.pk))


def top_up(merchant_id: UUID, **more: Any) -> None:
    facts: dict[str, Any] = {
        "amount_paise": 5_000_00,
        "reference": "UTR1",
        "actor_id": None,
        "reason": "bank transfer",
        "now": NOON,
    }
    services.top_up(merchant_id=merchant_id, **(facts | more))


def test_a_top_up_moves_the_banks_money_to_the_wallet_and_leaves_a_trace() -> None:
    merchant = make_merchant()

    top_up(merchant.pk)

    bank = ledger.balance_paise(code=codes.zone_account("MNP", "bank_nodal"))
    assert (balance(merchant), bank) == (5_000_00, 5_000_00)
    event = AuditEvent.objects.get(action="merchant.topped-up")
    assert (event.reason, event.after) == (
        "bank transfer",
        {"amount": 5000, "reference": "UTR1"},
    )


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"reason": " "}, ReasonRequired),
        ({"reference": ""}, ReasonRequired),
        ({"amount_paise": 0}, AmountNotPositive),
        ({"amount_paise": -1}, AmountNotPositive),
    ],
)
def test_a_top_up_without_its_facts_moves_nothing(
    wrong: dict[str, Any], refusal: type[Exception]
) -> None:
    merchant = make_merchant()

    with pytest.raises(refusal):
        top_up(merchant.pk, **wrong)

    assert balance(merchant) == 0


def test_a_bank_reference_counts_once() -> None:
    merchant, other = make_merchant(), make_merchant("Other")
    top_up(merchant.pk)

    for again in (merchant, other):
        with pytest.raises(AlreadyPosted):
            top_up(again.pk)

    assert (balance(merchant), balance(other)) == (5_000_00, 0)
    assert AuditEvent.objects.filter(action="merchant.topped-up").count() == 1


def test_a_frozen_wallet_holds_nothing_new_until_it_is_unfrozen() -> None:
    merchant = make_merchant(funds_paise=1_000_00)

    def hold() -> None:
        with transaction.atomic():
            place_hold(
                hold_id=uuid4(),
                merchant_id=merchant.pk,
                amount_paise=100_00,
                zone_code="MNP",
                reference=f"hold:{uuid4()}",
                event_at=NOON,
                actor_id=None,
            )

    with pytest.raises(ReasonRequired):
        services.freeze_wallet(merchant_id=merchant.pk, actor_id=None, reason="", now=NOON)
    hold()
    services.freeze_wallet(merchant_id=merchant.pk, actor_id=None, reason="odd", now=NOON)
    with pytest.raises(WalletFrozen):
        hold()
    fund(merchant.pk, 1_00)
    services.unfreeze_wallet(merchant_id=merchant.pk, actor_id=None, reason="cleared", now=NOON)
    hold()

    assert balance(merchant) == 1_000_00 + 1_00 - 2 * 100_00
    acts = list(
        AuditEvent.objects.filter(action__startswith="merchant.wallet").values_list(
            "action", "before", "after"
        )
    )
    assert acts == [
        ("merchant.wallet-frozen", {"frozen": False}, {"frozen": True}),
        ("merchant.wallet-unfrozen", {"frozen": True}, {"frozen": False}),
    ]


def fund_reserve(**more: Any) -> None:
    facts: dict[str, Any] = {
        "zone_code": "MNP",
        "amount_paise": 500_00,
        "reference": "UTR7",
        "actor_id": ACTOR,
        "reason": "a rider's debt",
        "now": NOON,
    }
    services.fund_reserve(**(facts | more))


def reserve_paise() -> int:
    code = codes.zone_account("MNP", "reserve")
    return ledger.balances_paise(codes=[code], unopened=True)[code]


def test_the_platforms_own_money_is_put_into_the_reserve_and_leaves_a_trace() -> None:
    make_zone()

    fund_reserve()

    assert reserve_paise() == 500_00
    assert ledger.balance_paise(code=codes.zone_account("MNP", "bank_nodal")) == 500_00
    event = AuditEvent.objects.get(action="zone.reserve-funded")
    assert (event.object_id, event.actor_id, event.reason) == ("MNP", ACTOR, "a rider's debt")
    assert event.after == {"amount": 500, "reference": "UTR7"}


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"zone_code": "NWH"}, UnknownZone),
        ({"amount_paise": 0}, AmountNotPositive),
        ({"reason": " "}, ReasonRequired),
        ({"reference": ""}, ReasonRequired),
    ],
)
def test_a_reserve_is_not_funded_without_its_facts(
    wrong: dict[str, Any], refusal: type[Exception]
) -> None:
    make_zone()

    with pytest.raises(refusal):
        fund_reserve(**wrong)

    assert reserve_paise() == 0


def test_one_transfer_of_the_bank_funds_the_reserve_once() -> None:
    make_zone()
    fund_reserve()

    with pytest.raises(AlreadyPosted):
        fund_reserve()

    assert reserve_paise() == 500_00

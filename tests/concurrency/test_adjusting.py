"""Two operators at one adjustment, or at one wallet, at the same moment: the money moves once."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.payments import services
from apps.payments.models import Adjustment
from apps.payments.services import adjusting, disputes
from apps.wallet import codes
from apps.wallet import services as wallet
from tests.concurrency.meeting import at_once, beside, paused
from tests.factories import NOON, Shop, balance, make_rider, make_shop

pytestmark = pytest.mark.django_db(transaction=True)
State = Adjustment.State


@pytest.fixture
def rider() -> User:
    make_shop()
    return make_rider()


def propose(rider: User, amount_paise: int = 600_00, **more: UUID) -> Adjustment:
    facts = {"adjustment_id": uuid4(), "actor_id": uuid4()} | more
    return services.propose_adjustment(
        person_id=rider.pk, merchant_id=None, gives=True, amount_paise=amount_paise,
        **facts, within=None, reason="waited", now=NOON,
    )  # fmt: skip


def approve(adjustment_id: UUID) -> str:
    done = services.approve_adjustment(
        adjustment_id=adjustment_id, actor_id=uuid4(), reason="seen", now=NOON
    )
    return str(done.state)


def in_wallet(rider: User) -> int:
    return balance(codes.rider_wallet(rider.pk))


def race(rider: User, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let two agree to one proposal: both have read it before one books."""
    row = propose(rider)
    monkeypatch.setattr(adjusting, "_lock_wallet", paused(adjusting._lock_wallet))
    return sorted(map(str, at_once(lambda: approve(row.pk), lambda: approve(row.pk))))


def test_of_two_who_agree_at_once_one_moves_the_money(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert race(rider, monkeypatch) == ["AdjustmentNotOpen", "BOOKED"]
    assert in_wallet(rider) == 600_00


def test_without_the_adjustments_lock_the_ledger_refuses_the_second_posting(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both find it open, and only the posting's name stands between."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)

    assert race(rider, monkeypatch) == ["AlreadyPosted", "BOOKED"]
    assert in_wallet(rider) == 600_00


@pytest.mark.parametrize("at", ["_insert", "_lock_wallet", "_record"])
def test_a_form_that_comes_twice_at_once_is_one_present(
    rider: User, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    form = {"adjustment_id": uuid4(), "actor_id": uuid4()}

    def click() -> tuple[UUID, str]:
        row = propose(rider, 200_00, **form)
        return row.pk, str(row.state)

    ends = beside(click, click, at=(adjusting, at), monkeypatch=monkeypatch)

    assert ends == [(form["adjustment_id"], "BOOKED")] * 2
    assert (Adjustment.objects.count(), in_wallet(rider)) == (1, 200_00)


def test_without_one_key_for_both_two_clicks_are_two_presents(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the wallet's lock alone lets one after the other give."""
    actor_id = uuid4()

    def click() -> str:
        return str(propose(rider, 200_00, actor_id=actor_id).state)

    ends = beside(click, click, at=(adjusting, "_lock_wallet"), monkeypatch=monkeypatch)

    assert ends == ["BOOKED", "BOOKED"]
    assert in_wallet(rider) == 400_00


def test_of_two_small_presents_at_once_the_second_needs_another_operator(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small() -> str:
        return str(propose(rider, 300_00).state)

    ends = beside(small, small, at=(adjusting, "_book"), monkeypatch=monkeypatch)

    assert ends == ["BOOKED", "PROPOSED"]
    assert in_wallet(rider) == 300_00


def test_without_the_wallets_lock_two_would_give_alone_what_one_may_not(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both count before either has given."""
    monkeypatch.setattr(adjusting, "_lock_wallet", lambda _: None)
    monkeypatch.setattr(adjusting, "_book", paused(adjusting._book))
    wallet.open_accounts(codes=codes.rider_accounts(rider.pk))

    def small() -> str:
        return str(propose(rider, 300_00).state)

    assert at_once(small, small) == ["BOOKED", "BOOKED"]
    assert in_wallet(rider) == 600_00


def test_a_present_to_a_business_and_a_recovery_of_its_debt_never_wait_in_a_circle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = a_business_whose_debt_has_the_older_account(monkeypatch)
    debt = codes.merchant_receivable(shop.merchant.pk)
    owed = wallet.Leg(debt, codes.zone_account("MNP", "pg_clearing"), 300_00)
    wallet.post(
        kind="chargeback", reference="chargeback:1", legs=[owed], zone_code="MNP",
        event_at=NOON, actor_id=None,
    )  # fmt: skip

    def present() -> str:
        row = services.propose_adjustment(
            adjustment_id=uuid4(), person_id=None, merchant_id=shop.merchant.pk, gives=True,
            amount_paise=400_00, actor_id=uuid4(), within=None, reason="waited", now=NOON,
        )  # fmt: skip
        return str(row.state)

    def recovery() -> int:
        return disputes.recover(merchant_id=shop.merchant.pk, reference="recovery:1", now=NOON)

    ends = beside(present, recovery, at=(adjusting, "_follow_up"), monkeypatch=monkeypatch)

    assert ends == ["BOOKED", 0]
    assert (shop.wallet_paise, balance(debt)) == (100_00, 0)


def a_business_whose_debt_has_the_older_account(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Accounts are locked in the order of their ids, and this is the order that is not usual."""
    opened = wallet.open_accounts

    def open_backwards(*, codes: Sequence[str]) -> None:
        for code in sorted(codes, reverse=True):
            opened(codes=[code])

    with monkeypatch.context() as patched:
        patched.setattr(wallet, "open_accounts", open_backwards)
        return make_shop("Owes", funds_paise=0)

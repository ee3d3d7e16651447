"""A dormant wallet that several keep at once, or whose rider comes back meanwhile: the money moves once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.payments import services
from apps.payments.models import DormantWallet
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet import services as wallet
from apps.wallet.models import Account
from tests.concurrency.meeting import at_once, paused, stand
from tests.concurrency.owing import beside_a_recovery, owes
from tests.factories import NOON, balance, make_merchant
from tests.payments.dormant import NOTICE, away, set_aside
from tests.payments.paying_out import OPERATOR

pytestmark = pytest.mark.django_db(transaction=True)
HAS, TAKEN = 90_00, 30_00
ASIDE = codes.zone_account("MNP", "unclaimed")


@pytest.fixture
def rider() -> User:
    make_merchant("Any shop")
    return away(has_paise=HAS, now=NOON)


@contextmanager
def slow_posting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(wallet, "post", paused(wallet.post))
        yield


def without_the_persons_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(*, person_id: UUID) -> User:
        return User.objects.get(pk=person_id)

    monkeypatch.setattr(accounts, "lock_payee", look)


def claim(rider: User) -> int:
    return services.claim_dormant_money(person_id=rider.pk, now=NOON)


def give_back(row: DormantWallet) -> str:
    done = services.return_dormant_money(
        dormant_id=row.pk, actor_id=OPERATOR, reason="called", now=NOON
    )
    return done.state


def test_two_nights_at_once_set_a_wallet_aside_once(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.tend_dormant_wallet(person_id=rider.pk, now=NOON - NOTICE)

    with slow_posting(monkeypatch):
        jobs = [lambda: services.tend_dormant_wallet(person_id=rider.pk, now=NOON)] * 3
        outcomes = at_once(*jobs)

    assert sorted(map(str, outcomes)) == ["False", "False", "True"]
    assert (balance(codes.rider_wallet(rider.pk)), balance(ASIDE)) == (0, HAS)


def test_the_rider_and_an_operator_at_once_get_it_back_once(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = set_aside(rider, now=NOON)

    with slow_posting(monkeypatch):
        outcomes = at_once(lambda: claim(rider), lambda: give_back(row), lambda: claim(rider))

    assert not {"AlreadyPosted", "IntegrityError"} & set(map(str, outcomes))
    assert (balance(codes.rider_wallet(rider.pk)), balance(ASIDE)) == (HAS, 0)


def test_a_debt_that_is_recovered_meanwhile_and_money_that_comes_back_never_wait_in_a_circle(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_aside(rider, now=NOON)
    owed = owes(rider)

    outcomes = beside_a_recovery(lambda: claim(rider), rider, monkeypatch)

    assert outcomes == [HAS, 0]
    assert balance(codes.rider_receivable(rider.pk)) == owed - HAS


def test_the_night_waits_for_an_erasure_and_tells_nobody_who_is_gone(rider: User) -> None:
    at_it = threading.Event()

    def erasing() -> str:
        with transaction.atomic():
            accounts.lock_payee(person_id=rider.pk)
            at_it.set()
            stand()
            User.objects.filter(pk=rider.pk).update(is_active=False)
        return "erased"

    def night() -> bool:
        assert at_it.wait(20)
        return services.tend_dormant_wallet(person_id=rider.pk, now=NOON)

    assert at_once(erasing, night) == ["erased", "AccountClosed"]
    assert not DormantWallet.objects.exists()


def disputed(rider: User) -> str:
    """Take from the wallet as an opened dispute does: under the ledger's locks, not the person's."""
    parked = codes.rider_parked(rider.pk)
    wallet.post(
        kind="dispute_open",
        reference=f"dispute_open:{uuid4()}",
        legs=[wallet.Leg(codes.rider_wallet(rider.pk), parked, TAKEN)],
        zone_code="MNP",
        event_at=NOON,
        actor_id=None,
    )
    return "taken"


def night_beside_a_dispute(rider: User, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let somebody take money when the night knows what the wallet has, and has moved nothing of it."""
    services.tend_dormant_wallet(person_id=rider.pk, now=NOON - NOTICE)
    wallet.open_accounts(codes=[codes.rider_parked(rider.pk)])
    count, counted = ledger.balance_paise, threading.Event()

    def counting(*, code: str) -> int:
        paise = count(code=code)
        counted.set()
        stand()
        return paise

    def dispute() -> str:
        assert counted.wait(20)
        return disputed(rider)

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "balance_paise", counting)
        night = partial(services.tend_dormant_wallet, person_id=rider.pk, now=NOON)
        return [str(one) for one in at_once(night, dispute)]


def test_what_is_taken_while_the_night_counts_waits_for_it(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = night_beside_a_dispute(rider, monkeypatch)

    assert outcomes == ["True", "InsufficientFunds"]
    assert (balance(codes.rider_wallet(rider.pk)), balance(ASIDE)) == (0, HAS)


def test_without_the_balances_lock_the_night_counts_money_that_is_gone(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(*, codes: list[str]) -> dict[str, int]:
        rows = Account.objects.filter(code__in=codes)
        return dict(rows.values_list("code", "balance_paise"))

    monkeypatch.setattr(wallet, "lock_balances", look)

    outcomes = night_beside_a_dispute(rider, monkeypatch)

    # The ledger stands behind it: the night moves nothing, and the next one meets the wallet again.
    assert outcomes == ["InsufficientFunds", "taken"]
    assert (balance(codes.rider_wallet(rider.pk)), balance(ASIDE)) == (HAS - TAKEN, 0)


def test_without_the_persons_lock_two_come_to_give_it_back_and_the_ledger_lets_one(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_aside(rider, now=NOON)
    without_the_persons_lock(monkeypatch)

    with slow_posting(monkeypatch):
        outcomes = at_once(lambda: claim(rider), lambda: claim(rider))

    assert "AlreadyPosted" in outcomes
    assert (balance(codes.rider_wallet(rider.pk)), balance(ASIDE)) == (HAS, 0)

"""A wallet that is kept by several at once, or credited meanwhile: the same paisa is set apart once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from apps.accounts.models import User
from apps.payments import services
from apps.wallet import codes
from apps.wallet import services as wallet
from tests.concurrency.meeting import at_once, paused
from tests.factories import NOON, balance, make_merchant, make_rider
from tests.payments.paying_out import LONG_AGO, give

pytestmark = pytest.mark.django_db(transaction=True)
MOST, OVER = 10_000_00, 900_00


@pytest.fixture
def rider() -> User:
    make_merchant("Any shop")
    rider = make_rider(now=LONG_AGO)
    give(rider, MOST + OVER)
    wallet.open_accounts(codes=[codes.rider_over_limit(rider.pk), *codes.rider_accounts(rider.pk)])
    return rider


@contextmanager
def slow_posting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(wallet, "post", paused(wallet.post))
        yield


def keeping(rider: User) -> Any:  # Any: a job of `at_once`
    return lambda: services.keep_within_limits(person_id=rider.pk, now=NOON)


def split(rider: User) -> tuple[int, int]:
    return balance(codes.rider_wallet(rider.pk)), balance(codes.rider_over_limit(rider.pk))


def test_of_six_that_keep_a_wallet_at_once_one_moves_money(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with slow_posting(monkeypatch):
        outcomes = at_once(*[keeping(rider)] * 6)

    assert sorted(map(str, outcomes)) == ["0"] * 5 + [str(OVER)]
    assert split(rider) == (MOST, OVER)


def test_without_the_balances_lock_more_than_is_over_would_be_set_apart(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wallet, "lock_balances", lambda **_: {})

    with slow_posting(monkeypatch):
        at_once(*[keeping(rider)] * 3)

    assert split(rider)[1] > OVER


def test_credits_that_arrive_meanwhile_end_over_the_limit_to_the_paisa(rider: User) -> None:
    credits_ = [lambda: give(rider, 100_00, now=NOON)] * 3

    outcomes = at_once(*credits_, *[keeping(rider)] * 3)
    services.keep_within_limits(person_id=rider.pk, now=NOON)

    assert not [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert split(rider) == (MOST, OVER + 300_00)

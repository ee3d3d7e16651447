"""A rider who owes, and somebody who recovers the debt while the rider's money moves."""

import threading
from collections.abc import Callable

import pytest

from apps.accounts.models import User
from apps.wallet import codes
from apps.wallet import services as wallet
from tests.concurrency.meeting import at_once, stand
from tests.factories import NOON, balance, make_shop
from tests.handshake.visiting import visit
from tests.payments.test_caps import back, move


def owes(rider: User) -> int:
    """Let a visit be taken back whose money was taken out; return what the rider owes, in paise."""
    handshake = visit(make_shop(), rider, now=NOON)
    pocket = codes.rider_wallet(rider.pk)
    move(rider, "withdrawal", pocket, codes.rider_withdrawing(rider.pk), balance(pocket))
    back(handshake)
    return balance(codes.rider_receivable(rider.pk))


def beside_a_recovery(
    job: Callable[[], object], rider: User, monkeypatch: pytest.MonkeyPatch
) -> list[object]:
    """Run the job, and a recovery that begins once it has posted to the wallet and has more to do."""
    post, posted = wallet.post, threading.Event()

    def posting(**facts: object) -> object:
        found = post(**facts)  # type: ignore[arg-type]
        posted.set()
        stand()
        return found

    def recovery() -> int:
        assert posted.wait(20)
        return wallet.recover_debt(
            rider_id=rider.pk, reference="debt_recovery:beside", zone_code="MNP", event_at=NOON
        )

    with monkeypatch.context() as patched:
        patched.setattr(wallet, "post", posting)
        return at_once(job, recovery)

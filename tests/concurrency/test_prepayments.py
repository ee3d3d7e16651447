"""One payment in advance and many at it: held once, taken once, given back once; each lock with its control."""

import threading
from collections.abc import Callable

import pytest

from apps.payments import services
from apps.payments.gateway import Gateway, PaymentFacts, RefundFacts
from apps.payments.models import Prepayment, PrepaymentRefund
from apps.payments.services import prepaying, refunding
from apps.wallet import services as wallet
from tests.concurrency.meeting import at_once, paused
from tests.factories import NOON, make_zone
from tests.payments.prepaid import FARE_PAISE, books, captured, made_up, now_of

pytestmark = pytest.mark.django_db(transaction=True)


class Counted(Gateway):
    """A gateway that counts what it is told to do; who asks beyond the client is a bug."""

    def __init__(self, row: Prepayment) -> None:
        super().__init__(client=None)
        object.__setattr__(self, "row", row)
        object.__setattr__(self, "done", [])

    row: Prepayment
    done: list[str]

    def capture(self, *, payment_id: str, amount_paise: int) -> PaymentFacts:
        assert (payment_id, amount_paise) == (self.row.payment_id, self.row.amount_paise)
        self.done.append("capture")
        return captured(self.row)

    def refunds_of(self, *, payment_id: str) -> list[RefundFacts]:
        assert payment_id == self.row.payment_id
        return []

    def refund(self, *, payment_id: str, amount_paise: int, receipt: str, key: str) -> RefundFacts:
        self.done.append(f"refund {key}")
        return RefundFacts(f"rfnd_{len(self.done)}", payment_id, amount_paise, receipt, "processed")


@pytest.fixture(autouse=True)
def slow_postings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each wait between its look at the row and its posting."""
    make_zone("MNP", now=NOON)
    monkeypatch.setattr(wallet, "post", paused(wallet.post))


def unlocked(monkeypatch: pytest.MonkeyPatch, model: type[Prepayment | PrepaymentRefund]) -> None:
    rows = type(model._default_manager.all())
    monkeypatch.setattr(rows, "select_for_update", lambda self, **_: self.all())


def taking_it(account: Gateway) -> Callable[[], object]:
    return lambda: services.tend_prepayments(gateway=account, now=NOON, limit=10)


def test_money_that_several_jobs_find_due_is_asked_for_once() -> None:
    row = made_up("DUE", next_look_at=NOON)
    account = Counted(row)

    at_once(*[taking_it(account)] * 4)

    assert account.done == ["capture"]
    assert (now_of(row).state, books()) == ("CAPTURED", (FARE_PAISE, FARE_PAISE, 0))


def test_without_the_claim_each_of_them_would_ask_and_the_ledger_still_books_it_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = made_up("DUE", next_look_at=NOON)
    account = Counted(row)
    waits = threading.Barrier(3)

    def claim(*, prepayment_id: object, now: object) -> Prepayment:
        assert (prepayment_id, now) == (row.pk, NOON)
        waits.wait(timeout=10)
        return now_of(row)

    monkeypatch.setattr(prepaying, "claim_prepayment", claim)
    unlocked(monkeypatch, Prepayment)

    outcomes = at_once(*[taking_it(account)] * 3)

    assert account.done == ["capture"] * 3, "the race is real"
    assert outcomes.count("AlreadyPosted") == 2
    assert books() == (FARE_PAISE, FARE_PAISE, 0)


def test_a_capture_that_six_tell_of_at_once_is_booked_once() -> None:
    row = made_up("DUE")

    outcomes = at_once(*[lambda: services.note_payment(facts=captured(row), now=NOON)] * 6)

    assert sorted(map(str, outcomes)) == ["already_captured"] * 5 + ["captured"]
    assert books() == (FARE_PAISE, FARE_PAISE, 0)


def test_of_a_purchase_that_is_sent_and_one_that_is_undone_at_once_one_wins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prepaying, "_move", paused(prepaying._move))
    row = made_up("HELD")

    at_once(
        lambda: services.pledge_prepayment(purpose=row.purpose, now=NOON),
        lambda: services.undo_prepayment(
            purpose=row.purpose, back_paise=0, reason="changed", now=NOON
        ),
    )

    # Undone after it was sent, or refused to be sent: never sent for money that was let go.
    assert now_of(row).state == "RELEASED"
    assert not services.take_prepayment(purpose=row.purpose, now=NOON)


def owed(monkeypatch: pytest.MonkeyPatch) -> tuple[PrepaymentRefund, Counted]:
    row = made_up("DUE", next_look_at=NOON)
    account = Counted(row)
    assert monkeypatch is not None
    services.tend_prepayments(gateway=account, now=NOON, limit=10)
    services.undo_prepayment(purpose=row.purpose, back_paise=55_00, reason="cancelled", now=NOON)
    account.done.clear()
    return PrepaymentRefund.objects.get(prepayment=row), account


def test_a_refund_that_several_workers_find_is_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    refund, account = owed(monkeypatch)

    at_once(*[lambda: services.send_refunds(gateway=account, now=NOON, limit=10)] * 4)

    assert account.done == [f"refund {refund.pk}"]
    assert books() == (5_00, 5_00, 0)


def test_without_the_claim_each_would_send_it_under_one_key_and_it_is_booked_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refund, account = owed(monkeypatch)
    waits = threading.Barrier(3)

    def claim(refund_id: object, *, now: object) -> PrepaymentRefund:
        assert (refund_id, now) == (refund.pk, NOON)
        waits.wait(timeout=10)
        return PrepaymentRefund.objects.select_related("prepayment").get(pk=refund.pk)

    monkeypatch.setattr(refunding, "_claim", claim)

    at_once(*[lambda: services.send_refunds(gateway=account, now=NOON, limit=10)] * 3)

    assert account.done == [f"refund {refund.pk}"] * 3, (
        "the race is real, and one key makes one refund"
    )
    assert books() == (5_00, 5_00, 0)


def test_what_two_say_is_owed_back_is_owed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    row = made_up("DUE", next_look_at=NOON)
    services.tend_prepayments(gateway=Counted(row), now=NOON, limit=10)
    monkeypatch.setattr(refunding, "_post", paused(refunding._post))

    at_once(
        *[
            lambda: services.undo_prepayment(
                purpose=row.purpose, back_paise=55_00, reason="cancelled", now=NOON
            )
        ]
        * 4
    )

    assert PrepaymentRefund.objects.count() == 1
    assert books() == (FARE_PAISE, 5_00, 55_00)

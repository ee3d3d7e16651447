"""One payment in advance and many at it: held once, taken once, given back once; each lock with its control."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from apps.payments import services
from apps.payments.gateway import Gateway, PaymentFacts, RefundFacts
from apps.payments.models import Prepayment, PrepaymentRefund
from apps.payments.services import prepaying, refunding, taking
from apps.wallet import services as wallet
from tests.concurrency.meeting import at_once, beside, paused, stand
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

    def payments_of(self, *, order_id: str) -> list[PaymentFacts]:
        assert order_id == self.row.order_id
        return [captured(self.row)]

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


def test_money_that_several_jobs_find_due_is_asked_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = made_up("DUE", next_look_at=NOON)
    account = Counted(row)
    monkeypatch.setattr(Prepayment, "save", paused(Prepayment.save))

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
    monkeypatch.setattr(PrepaymentRefund, "save", paused(PrepaymentRefund.save))

    sent = at_once(*[lambda: services.send_refunds(gateway=account, now=NOON, limit=10)] * 4)

    assert sorted(map(str, sent)) == ["0", "0", "0", "1"]
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


def test_a_capture_that_the_job_and_an_event_bring_at_once_is_booked_once() -> None:
    row = made_up("DUE")

    outcomes = at_once(
        lambda: taking.take_held(row=row, gateway=Counted(row), now=NOON),
        lambda: services.note_payment(facts=captured(row), now=NOON),
    )

    assert sorted(map(str, outcomes)) == ["already_captured", "captured"]


def test_what_was_let_go_and_is_taken_all_the_same_is_booked_once() -> None:
    row = made_up("HELD")
    services.undo_prepayment(purpose=row.purpose, back_paise=0, reason="changed", now=NOON)

    outcomes = at_once(
        lambda: taking.look_at_released(row=row, gateway=Counted(row), now=NOON),
        lambda: services.note_payment(facts=captured(row), now=NOON),
    )

    assert sorted(map(str, outcomes)) == ["already_captured", "captured"]
    assert books() == (FARE_PAISE, 0, FARE_PAISE)


def test_a_payment_that_is_held_while_its_order_is_closed_is_one_of_the_two(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = made_up("OPEN")
    held = replace(captured(row), status="authorized")

    _, told = beside(
        lambda: prepaying._close_unpaid(row.pk, now=NOON),
        lambda: services.note_payment(facts=held, now=NOON),
        at=(prepaying, "_move"),
        monkeypatch=monkeypatch,
    )

    # Whoever is told that money is held does not find it let go.
    assert (told == "held") == (now_of(row).state == "HELD")


def test_a_refund_that_goes_while_it_is_said_to_be_stuck_waits_and_went(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refund, _ = owed(monkeypatch)
    save, sticks = PrepaymentRefund.save, threading.Event()

    def slow(self: PrepaymentRefund, **facts: Any) -> None:  # Any: Django's arguments
        if self.state == "STUCK":
            sticks.set()
            stand()
        save(self, **facts)

    def gone() -> str:
        assert sticks.wait(20)
        return refunding._gone(refund.pk, reference="rfnd_1", now=NOON)

    monkeypatch.setattr(PrepaymentRefund, "save", slow)

    assert at_once(lambda: refunding._stick(refund.pk, "no"), gone) == ["STUCK", "SENT"]
    refund.refresh_from_db()
    # Left as stuck, a person would pay it a second time.
    assert (refund.state, refund.reference) == ("SENT", "rfnd_1")


def test_a_refund_that_two_workers_hear_of_is_booked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    refund, _ = owed(monkeypatch)

    outcomes = at_once(*[lambda: refunding._gone(refund.pk, reference="rfnd_1", now=NOON)] * 2)

    assert outcomes == ["SENT", "SENT"]
    assert books() == (5_00, 5_00, 0)


def test_a_refund_that_two_operators_paid_by_the_bank_is_booked_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refund, _ = owed(monkeypatch)
    refunding._stick(refund.pk, "bank_refused")

    def settle() -> None:
        services.settle_refund(
            refund_id=refund.pk, reference="N1", actor_id=refund.pk, reason="paid", now=NOON
        )

    assert sorted(map(str, at_once(settle, settle))) == ["None", "RefundNotStuck"]

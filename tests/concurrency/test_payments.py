"""Money that comes in, told by many at once; each lock with the control that needs it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from apps.merchants.models import Merchant
from apps.payments import services
from apps.payments.gateway import Gateway, PaymentFacts
from apps.payments.models import GatewayEvent, Payment, TopUp
from apps.payments.services import events, top_ups
from tests.concurrency.meeting import at_once, paused, stand
from tests.factories import NOON, make_merchant, request_key
from tests.payments.making import AMOUNT_PAISE, event_body, purse, received
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True)


def open_top_up(merchant: Merchant) -> TopUp:
    begun = services.begin_top_up(
        merchant_id=merchant.pk, amount_paise=AMOUNT_PAISE, actor_id=uuid4(), key=None, now=NOON
    )
    TopUp.objects.filter(pk=begun.top_up.pk).update(order_id=new_id().hex, state="OPEN")
    return TopUp.objects.get(pk=begun.top_up.pk)


def captured(top_up: TopUp, payment_id: str = "pay_1") -> PaymentFacts:
    return PaymentFacts(
        payment_id, str(top_up.order_id), AMOUNT_PAISE, "INR", "captured", "upi", 118_00, 18_00
    )


def telling(facts: PaymentFacts) -> Callable[[], str]:
    return lambda: services.credit_payment(facts=facts, now=NOON)


@pytest.fixture
def slow_credit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(top_ups, "_credit", paused(top_ups._credit))


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(order_id: str) -> TopUp | None:
        return TopUp.objects.select_related("merchant").filter(order_id=order_id).first()

    monkeypatch.setattr(top_ups, "_lock_ordered", read)


@pytest.mark.usefixtures("slow_credit")
def test_a_payment_that_sixteen_tell_of_at_once_is_credited_once() -> None:
    merchant = make_merchant()
    facts = captured(open_top_up(merchant))

    outcomes = at_once(*[telling(facts)] * 16)

    assert sorted(map(str, outcomes)) == ["already_credited"] * 15 + ["credited"]
    assert purse(merchant) == AMOUNT_PAISE


@pytest.mark.usefixtures("slow_credit", "unlocked")
def test_without_the_lock_the_ledger_and_the_row_still_credit_once() -> None:
    merchant = make_merchant()
    facts = captured(open_top_up(merchant))

    outcomes = at_once(*[telling(facts)] * 4)

    # The race is real: others got as far as posting, and were refused there.
    assert "AlreadyPosted" in outcomes
    assert outcomes.count("credited") == 1
    assert purse(merchant) == AMOUNT_PAISE


@pytest.mark.usefixtures("slow_credit")
def test_of_two_payments_of_one_order_one_is_credited() -> None:
    merchant = make_merchant()
    top_up = open_top_up(merchant)

    outcomes = at_once(*(telling(captured(top_up, name)) for name in ("pay_1", "pay_2")))

    assert sorted(map(str, outcomes)) == ["already_paid", "credited"]
    assert Payment.objects.count() == 1


@pytest.mark.usefixtures("slow_credit", "unlocked")
def test_without_the_lock_the_second_payment_runs_into_the_constraint() -> None:
    merchant = make_merchant()
    top_up = open_top_up(merchant)

    outcomes = at_once(*(telling(captured(top_up, name)) for name in ("pay_1", "pay_2")))

    assert sorted(map(str, outcomes)) == ["IntegrityError", "credited"]
    assert purse(merchant) == AMOUNT_PAISE


def test_the_same_request_twice_at_once_is_one_top_up(monkeypatch: pytest.MonkeyPatch) -> None:
    merchant, actor, key = make_merchant(), uuid4(), request_key("twins")
    monkeypatch.setattr(TopUp.objects, "create", paused(TopUp.objects.create))

    def begin() -> str:
        begun = services.begin_top_up(
            merchant_id=merchant.pk, amount_paise=AMOUNT_PAISE, actor_id=actor, key=key, now=NOON
        )
        return "replayed" if begun.replayed else "begun"

    assert sorted(map(str, at_once(begin, begin))) == ["begun", "replayed"]
    assert TopUp.objects.count() == 1


class Handled:
    """A handler that takes its time and counts."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, *_: object) -> str:
        self.calls += 1
        stand()
        return "done"


def handle_twice(monkeypatch: pytest.MonkeyPatch) -> tuple[list[object], int]:
    handled = Handled()
    monkeypatch.setitem(events.HANDLERS, ("RAZORPAY", "payment.captured"), handled)
    event_id = received(event_body("pay_1"))
    assert event_id is not None
    nobody: Any = None  # the handler asks no gateway

    def handle() -> bool:
        return services.handle_event(event_id=event_id, gateway=nobody, now=NOON)

    return at_once(handle, handle), handled.calls


def test_two_workers_at_one_event_handle_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GatewayEvent, "save", paused(GatewayEvent.save))

    outcomes, calls = handle_twice(monkeypatch)

    assert (sorted(map(str, outcomes)), calls) == (["False", "True"], 1)


def test_without_the_claim_both_workers_handle_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def unclaimed(event_id: UUID, **_: object) -> GatewayEvent:
        return GatewayEvent.objects.get(pk=event_id)

    monkeypatch.setattr(events, "_claim", unclaimed)

    outcomes, calls = handle_twice(monkeypatch)

    assert (outcomes, calls) == ([True, True], 2)


def test_a_worker_whose_lease_ran_out_records_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    event_id = received(event_body("pay_1"))
    assert event_id is not None

    def frozen(*_: object) -> str:
        # Meanwhile somebody else took the row, and is still at it.
        GatewayEvent.objects.filter(pk=event_id).update(attempts=2)
        return "done"

    monkeypatch.setitem(events.HANDLERS, ("RAZORPAY", "payment.captured"), frozen)
    nobody: Gateway = None  # type: ignore[assignment]  # the handler asks no gateway
    services.handle_event(event_id=event_id, gateway=nobody, now=NOON)

    assert GatewayEvent.objects.get(pk=event_id).state == "WAITING"

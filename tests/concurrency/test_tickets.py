"""Tickets paid in advance, their seller, their rider and our jobs at once: money and tickets end as one."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from apps.ondc import purse, services
from apps.ondc.models import InboundMessage, OutboundMessage, RideOrder, Settlement, Transaction
from apps.ondc.outgoing.transit import DOMAIN
from apps.ondc.services import Which, buying, holding, recovering, riding, saying
from apps.ondc.voice import voice
from apps.payments.models import Prepayment, PrepaymentRefund
from tests.concurrency.meeting import at_once, paused, wait_for_a_waiter
from tests.ondc.conftest import registry, seller
from tests.ondc.network import Journey, Json, Participant, clock, make_search, post, verdict
from tests.payments.prepaid import begun
from tests.rider.conftest import on_the_network
from tests.rider.travelling import SELLER, Travelling

__all__ = ["on_the_network", "registry", "seller"]
pytestmark = pytest.mark.django_db(transaction=True)
FARE_PAISE, CHARGE_PAISE = 100_50, 5_00


def unlock(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the controls: nobody locks an order."""
    monkeypatch.setattr(RideOrder.objects, "select_for_update", lambda **_: RideOrder.objects.all())


@pytest.fixture
def journey(seller: Participant) -> Journey:
    """Return tickets that were paid and ordered, and whose seller has not answered yet."""
    found = Journey(seller, make_search())
    order = found.reach("CONFIRMING")
    Transaction.objects.update(domain=DOMAIN)
    paid = begun(purpose=order.pk, amount_paise=FARE_PAISE)
    paid.order_id, paid.state = f"order_{paid.pk.hex[-14:]}", "OPEN"
    paid.save()
    for paid.state in ("HELD", "PLEDGED"):
        paid.payment_id = f"pay_{paid.pk.hex[-14:]}"
        paid.save()
    return found


def hears(journey: Journey, action: str, **told: Any) -> Callable[[], object]:  # Any: JSON
    """Return what a worker does about a callback that was taken."""
    asked = journey.confirm if action == "on_confirm" else None
    assert (
        verdict(post(journey.seller, journey.body(action, journey.told(**told), question=asked)))
        == "ACK"
    )
    row = InboundMessage.objects.filter(action=action).latest("pk")
    return lambda: services.process_inbound(message_id=row.pk, now=clock())


def ends(journey: Journey) -> tuple[str, str, int]:
    """Return the order's stage, the payment's state, and how many refunds are owed."""
    paid = Prepayment.objects.get()
    return journey.now().stage, paid.state, PrepaymentRefund.objects.count()


def given_up_while_told(
    journey: Journey,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: Callable[[threading.Event], object],
) -> None:
    """Have a job give an order up, which stops before it writes so; its seller confirms it meanwhile."""
    told = hears(journey, "on_confirm")
    read, over = threading.Event(), threading.Event()

    def slowly(order: RideOrder, *, error_code: str, now: datetime) -> None:
        read.set()
        meanwhile(over)
        saying.give_up(order, error_code=error_code, now=now)

    monkeypatch.setattr(recovering, "give_up", slowly)
    late = journey.confirm.until + recovering.GIVE_UP_AFTER
    for _ in recovering.ASK_AFTER:
        journey.ask("status")

    def confirm() -> object:
        read.wait(20)
        try:
            return told()
        finally:
            over.set()

    speaking = voice()
    found = at_once(lambda: len(services.recover_confirmations(voice=speaking, now=late)), confirm)
    assert found == [0, "DONE"]


def test_an_order_that_is_given_up_while_its_seller_confirms_it_keeps_neither_money_nor_tickets(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up_while_told(journey, monkeypatch, lambda _: wait_for_a_waiter())

    assert ends(journey) == ("FAILED", "RELEASED", 0)
    # Its seller has an order of ours for which nothing was paid: a job takes it back.
    (said,) = services.take_back_unpaid(voice=voice(), now=clock())
    assert said.action == "cancel"


def test_without_the_orders_lock_money_for_a_failed_order_would_be_taken(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock(monkeypatch)

    given_up_while_told(journey, monkeypatch, lambda over: over.wait(20))

    assert ends(journey)[:2] == ("FAILED", "DUE")


def cancelled_twice(journey: Journey, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    assert hears(journey, "on_confirm")() == "DONE"
    monkeypatch.setattr(purse, "give_back", paused(purse.give_back))
    over: Json = {"status": "CANCELLED", "cancellation": {"cancelled_by": "PROVIDER"}}
    found = at_once(hears(journey, "on_cancel", **over), hears(journey, "on_update", **over))
    return sorted(map(str, found))


def test_tickets_whose_cancellation_is_told_of_twice_at_once_are_paid_back_once(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(cancelled_twice(journey, monkeypatch)) <= {"DONE", "IGNORED"}

    assert ends(journey) == ("CANCELLED", "DUE", 1)
    assert PrepaymentRefund.objects.get().amount_paise == FARE_PAISE
    assert Settlement.objects.count() == 1


def test_without_the_orders_lock_both_would_pay_back_and_the_payments_lock_lets_one(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock(monkeypatch)
    asked: list[object] = []
    give_back = purse.give_back

    def counted(order: RideOrder, *, charge_paise: int, reason: str, now: datetime) -> None:
        asked.append(order.pk)
        give_back(order, charge_paise=charge_paise, reason=reason, now=now)

    monkeypatch.setattr(purse, "give_back", counted)

    cancelled_twice(journey, monkeypatch)

    assert len(asked) == 2, "the race is real"
    assert PrepaymentRefund.objects.count() == 1


def taking_back(journey: Journey, monkeypatch: pytest.MonkeyPatch) -> int:
    """Have three jobs find one order that its seller has and nobody paid; return how often it was asked."""
    rows = RideOrder.objects.filter(pk=journey.now().pk)
    rows.update(stage="FAILED", status="ACTIVE", number="O1")
    monkeypatch.setattr(holding, "say_about", paused(riding.say_about))
    speaking, now = voice(), clock()
    at_once(*[lambda: services.take_back_unpaid(voice=speaking, now=now)] * 3)
    return OutboundMessage.objects.filter(action="cancel").count()


def test_an_order_that_was_not_paid_is_taken_back_by_one_of_several_jobs(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert taking_back(journey, monkeypatch) == 1


def test_without_the_orders_lock_each_job_would_take_it_back(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock(monkeypatch)

    assert taking_back(journey, monkeypatch) == 3


def ordered_at_once(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have a rider tap twice and the job find the same paid tickets; return how each ended."""
    trip = Travelling()
    trip.begun()
    trip.moved("HELD")
    which = Which(trip.journey.pk, trip.rider.pk, SELLER, DOMAIN)
    monkeypatch.setattr(buying, "say", paused(saying.say))
    speaking, now = voice(), timezone.now()

    def tap() -> object:
        return services.confirm_tickets(which=which, voice=speaking, now=now).pk

    def job() -> object:
        (said,) = services.confirm_paid_tickets(voice=speaking, now=now)
        return said.pk

    found = {str(each) for each in at_once(tap, tap, job)}
    assert OutboundMessage.objects.filter(action="confirm").count() == 1
    assert Prepayment.objects.get().state == "PLEDGED"
    return sorted(found)


@pytest.mark.usefixtures("on_the_network")
def test_paid_tickets_that_a_rider_and_a_job_order_at_once_are_ordered_by_one_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = OutboundMessage.objects.filter(action="confirm")

    assert ordered_at_once(monkeypatch) == [str(said.get().pk)]


@pytest.mark.usefixtures("on_the_network")
def test_without_the_orders_lock_the_payments_lets_one_of_them_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unlock(monkeypatch)

    assert "AssertionError" in ordered_at_once(monkeypatch), "the race is real"

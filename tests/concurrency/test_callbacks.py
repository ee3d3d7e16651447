"""Callbacks that come together: kept once, handled once, and in turn about one order."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from apps.ondc import progress, services
from apps.ondc.handlers import outcome, riding
from apps.ondc.messages import OrderTold
from apps.ondc.models import InboundMessage, Offer, Quote, RideOrder, SearchAnswer
from tests.ondc.conftest import registry, seller
from tests.ondc.network import (
    Journey,
    Participant,
    Registry,
    act,
    catalogue,
    clock,
    make_search,
    post,
    sellers,
    verdict,
)

__all__ = ["registry", "seller"]
pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts in threads of their own, from one moment on; return what they returned."""
    barrier = threading.Barrier(len(acts))
    found: list[Any] = []

    def run(one: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            found.append(one())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(acts)
    return found


def test_the_same_callback_twenty_times_at_once_is_kept_and_handled_once(
    seller: Participant,
) -> None:
    journey = Journey(seller, make_search())
    journey.reach("CONFIRMING")
    body = journey.body("on_confirm", journey.told("ASSIGNED"), question=journey.confirm)
    before = Quote.objects.count()

    assert at_once(*[lambda: verdict(post(seller, body))] * 20) == ["ACK"] * 20
    row = InboundMessage.objects.get(action="on_confirm")
    states = at_once(*[lambda: services.process_inbound(message_id=row.pk, now=clock())] * 20)

    assert sorted(states) == [""] * 19 + ["DONE"]
    assert Quote.objects.count() == before + 1
    assert journey.now().ride_state == "RIDE_ASSIGNED"


def test_without_the_claim_a_callback_would_be_handled_by_all(
    seller: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a read without lock, held until its twin has read as well."""
    journey = Journey(seller, make_search())
    journey.reach("ACTIVE")
    body = journey.body("on_status", journey.told("STARTED"))
    assert verdict(post(seller, body)) == "ACK"
    row = InboundMessage.objects.get(action="on_status")
    both = threading.Barrier(2)
    manager = InboundMessage.objects
    monkeypatch.setattr(manager, "select_for_update", lambda **_: manager.all())
    lock = outcome.Handling.lock_order

    def together(self: outcome.Handling) -> RideOrder:
        both.wait(timeout=10)
        return lock(self)

    monkeypatch.setattr(outcome.Handling, "lock_order", together)

    states = at_once(*[lambda: services.process_inbound(message_id=row.pk, now=clock())] * 2)

    assert states == ["DONE", "DONE"]


def _started_overtakes_assigned(seller: Participant, monkeypatch: pytest.MonkeyPatch) -> Journey:
    """Handle an older step that stops between reading the order and writing it, and a newer one meanwhile."""
    journey = Journey(seller, make_search())
    journey.reach("ACTIVE")
    then = clock()
    for state, after in (("ASSIGNED", 1), ("STARTED", 2)):
        told = journey.told(state, at=then + timedelta(milliseconds=after))
        assert verdict(post(seller, journey.body("on_status", told))) == "ACK"
    assigned, started = InboundMessage.objects.filter(action="on_status").order_by("pk")
    read, over = threading.Event(), threading.Event()
    apply = progress.apply

    def slowly(order: RideOrder, told: OrderTold, **facts: Any) -> bool:
        if told.ride_state == "RIDE_ASSIGNED":
            read.set()
            over.wait(timeout=1)
        return apply(order, told, **facts)

    monkeypatch.setattr(riding, "apply", slowly)

    def overtake() -> str:
        read.wait(timeout=10)
        state = services.process_inbound(message_id=started.pk, now=clock())
        over.set()
        return state

    states = at_once(
        lambda: services.process_inbound(message_id=assigned.pk, now=clock()), overtake
    )
    assert states == ["DONE", "DONE"]
    return journey


def test_a_newer_step_waits_until_the_older_one_is_written(
    seller: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey = _started_overtakes_assigned(seller, monkeypatch)

    assert journey.now().ride_state == "RIDE_STARTED"


def test_without_the_orders_lock_a_ride_would_go_backwards(
    seller: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both read the order as it was, and the older step is written last."""
    monkeypatch.setattr(RideOrder.objects, "select_for_update", lambda **_: RideOrder.objects.all())

    journey = _started_overtakes_assigned(seller, monkeypatch)

    assert journey.now().ride_state == "RIDE_ASSIGNED"


def test_a_message_whose_order_is_held_too_long_takes_its_turn_later(seller: Participant) -> None:
    journey = Journey(seller, make_search())
    journey.reach("ACTIVE")
    assert verdict(post(seller, journey.body("on_status", journey.told("STARTED")))) == "ACK"
    row = InboundMessage.objects.get(action="on_status")
    held, done = threading.Event(), threading.Event()

    def hold() -> str:
        with transaction.atomic():
            RideOrder.objects.select_for_update(no_key=True).get(pk=journey.now().pk)
            held.set()
            done.wait(timeout=20)
        return "held"

    def handle() -> str:
        held.wait(timeout=20)
        try:
            return services.process_inbound(message_id=row.pk, now=clock())
        finally:
            done.set()

    states = at_once(hold, handle)

    assert set(states) == {"held", "WAITING"}
    row.refresh_from_db()
    assert (row.outcome, row.attempts) == ("locked", 1)
    assert services.process_inbound(message_id=row.pk, now=clock()) == "DONE"
    assert journey.now().ride_state == "RIDE_STARTED"


def test_three_steps_of_a_ride_at_once_leave_the_last_one(seller: Participant) -> None:
    journey = Journey(seller, make_search())
    journey.reach("ACTIVE")
    then = clock()
    for state, after in (("ASSIGNED", 1), ("STARTED", 2), ("ENDED", 3)):
        told = journey.told(state, at=then + timedelta(milliseconds=after))
        assert verdict(post(seller, journey.body("on_status", told))) == "ACK"
    waiting = services.waiting_inbound_ids(now=clock())

    states = at_once(
        *[
            lambda one=one: services.process_inbound(message_id=one, now=clock())
            for one in reversed(waiting)
        ]
    )

    assert len(states) == 3
    assert "PARKED" not in states
    assert journey.now().ride_state == "RIDE_ENDED"


def test_twenty_sellers_answer_one_search_at_once(registry: Registry) -> None:
    asked = make_search()
    answering = list(sellers(20))
    registry.rows += answering
    bodies = {
        one.id: Journey(one, asked).body("on_search", catalogue("100"), question=asked)
        for one in answering
    }

    said = at_once(*[lambda one=one: verdict(post(one, bodies[one.id])) for one in answering])
    waiting = services.waiting_inbound_ids(now=clock())
    at_once(
        *[lambda one=one: services.process_inbound(message_id=one, now=clock()) for one in waiting]
    )
    act()

    assert said == ["ACK"] * 20
    assert Offer.objects.count() == 20
    assert SearchAnswer.objects.count() == 20

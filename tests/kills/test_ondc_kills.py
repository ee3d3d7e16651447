"""
Kill -9 of the worker at every step of a ride over the network, and of Valkey; MongoDB is away throughout.

The worker is never struck at random: it stands where it has done a step's whole work and has recorded none of it,
before COMMIT or between a seller's answer and its own note of it.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from apps.ondc import dues, services, tasks
from apps.ondc.models import (
    InboundMessage,
    Offer,
    OutboundMessage,
    Question,
    Quote,
    RideOrder,
    SearchAnswer,
    Settlement,
)
from apps.ondc.services import Trip, Which
from apps.ondc.voice import Voice, voice
from apps.wallet import codes
from apps.wallet import selectors as ledger
from tests.factories import MANIPAL, make_rider, make_zone
from tests.kills.standing import Peer, Threshold
from tests.notifications.queueing import broker
from tests.notifications.worker import Worker, database_url
from tests.ondc.conftest import registry
from tests.ondc.network import Journey, Json, Participant, Registry, catalogue, clock, post, verdict
from tests.ondc.ours import DROP, RIDER, until
from uma.celery import run_job
from uma.kernel import queue
from uma.stack import ports
from uma.stack.valkey import Valkey

__all__ = ["broker", "registry"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

ANYBODY = random.Random(1)  # noqa: S311  # there is one child to choose from
SWEEP = "apps.ondc.tasks.process_forgotten_inbound"


@pytest.fixture
def peer(registry: Registry, settings: Settings) -> Iterator[Peer]:
    one = Peer()
    assert registry.rows == []
    settings.ONDC_GATEWAY_URL = f"{one.url}/gateway"
    settings.ONDC_RIDE_VERSIONS = ["2.1.0"]
    yield one
    one.stop()


@pytest.fixture
def worker(tmp_path: Path, broker: Valkey, peer: Peer) -> Iterator[Worker]:
    on_the_network = {
        "UMA_ONDC_ENVIRONMENT": configured.ONDC_ENVIRONMENT,
        "UMA_ONDC_SUBSCRIBER_ID": configured.ONDC_SUBSCRIBER_ID,
        "UMA_ONDC_SIGNING_KEYS": ",".join(configured.ONDC_SIGNING_KEYS),
        "UMA_ONDC_ENCRYPTION_KEYS": ",".join(configured.ONDC_ENCRYPTION_KEYS),
        "UMA_ONDC_REGISTRY_URL": configured.ONDC_REGISTRY_URL,
        "UMA_ONDC_GATEWAY_URL": f"{peer.url}/gateway",
    }
    nobody = f"mongodb://{ports.HOST}:{ports.any_free()}/uma?w=majority&journal=true"
    worker = Worker(
        log=tmp_path / "worker.log",
        environment={"REDIS_URL": broker.url, "MONGODB_URL": nobody, **on_the_network},
        concurrency=1,
    )
    worker.start()
    yield worker
    worker.kill_all()


@pytest.fixture
def threshold() -> Iterator[Threshold]:
    tables = {
        "ondc_inboundmessage": "NEW.state IS DISTINCT FROM OLD.state",
        "ondc_settlement": "NEW.booked_paise IS DISTINCT FROM OLD.booked_paise",
    }
    with Threshold(database_url(), tables) as one:
        yield one


@dataclass
class Stage:
    """One journey whose every step is interrupted and then done by the next worker."""

    worker: Worker
    threshold: Threshold
    peer: Peer
    speaking: Voice
    journey: Journey
    kills: int = 0

    def asks(self, said: OutboundMessage) -> Question:
        """Kill the worker between the other side's receipt and its own note; the next repeats it."""
        with self.peer.closed():
            queue.enqueue(tasks.deliver, outbound_id=str(said.pk))
            until(self.peer.standing.is_set)
            self._kill()
        said.refresh_from_db()
        assert (said.state, said.attempts) == ("WAITING", 1)

        # What the sweep does once the dead worker's lease is over.
        lease_ends = said.next_attempt_at
        assert said.pk in services.due_ids(now=lease_ends, limit=10)
        state = services.deliver(outbound_id=said.pk, voice=self.speaking, now=lease_ends)

        assert state == "TAKEN"
        (_, first), (_, second) = self.peer.received[-2:]
        assert first == second, "the same message, so its receiver does nothing twice"
        return said.question

    def hears(self, action: str, message: Json, question: Question | None) -> None:
        """Kill the worker when it has done all that a callback asks for, and committed nothing."""
        before = self.facts()
        row = self._told(action, message, question, lambda: self._stand_and_fall(before))
        queue.enqueue(run_job, job=SWEEP)
        until(lambda: InboundMessage.objects.get(pk=row.pk).state == "DONE")

        row.refresh_from_db()
        assert row.attempts == 1, "it was handled once: the dead worker's attempt is undone"
        assert self.facts() != before

    def hears_without_valkey(self, action: str, message: Json, valkey: Valkey) -> None:
        """Acknowledge while the broker is dead; a worker acts once it is back, empty."""
        assert valkey.process is not None
        valkey.process.kill()
        row = self._told(action, message, None, lambda: None)
        assert InboundMessage.objects.get(pk=row.pk).state == "WAITING"
        valkey.start()
        queue.enqueue(run_job, job=SWEEP)
        until(lambda: InboundMessage.objects.get(pk=row.pk).state == "DONE", 30)

    def is_killed_while(self, act: Callable[[], None]) -> None:
        with self.threshold.closed():
            act()
            until(lambda: bool(self.threshold.standing))
            self._kill()

    def facts(self) -> dict[str, int | str]:
        """What the journey has come to."""
        order = RideOrder.objects.first()
        fee = Settlement.objects.first()
        return {
            "answers": SearchAnswer.objects.count(),
            "offers": Offer.objects.count(),
            "quotes": Quote.objects.count(),
            "stage": order.stage if order else "",
            "state": order.ride_state if order else "",
            "due": fee.fee_paise if fee else 0,
            "booked": fee.booked_paise if fee else 0,
        }

    def _told(
        self, action: str, message: Json, question: Question | None, then: Callable[[], None]
    ) -> InboundMessage:
        body = self.journey.body(action, message, question=question, bpp_uri=self.peer.url)
        with self.threshold.closed():
            assert verdict(post(self.journey.seller, body)) == "ACK"
            then()
        return InboundMessage.objects.filter(action=action).latest("pk")

    def _stand_and_fall(self, before: dict[str, int | str]) -> None:
        until(lambda: bool(self.threshold.standing))
        self._kill()
        assert self.facts() == before

    def _kill(self) -> None:
        assert self.worker.kill_child(ANYBODY)
        self.kills += 1


@pytest.fixture
def stage(worker: Worker, threshold: Threshold, peer: Peer, registry: Registry) -> Stage:
    seller = Participant(changes={"subscriber_url": peer.url})
    registry.rows.append(seller)
    make_zone("MNP", now=clock())
    speaking = voice()
    (said,) = services.search_rides(
        rider_id=make_rider().pk, zone_code="MNP", city="std:080", trip=Trip(MANIPAL, DROP),
        voice=speaking, now=clock(),
    )  # fmt: skip
    worker.wait_ready()
    return Stage(worker, threshold, peer, speaking, Journey(seller, said.question))


def test_a_worker_killed_at_every_step_of_a_ride_loses_nothing_and_does_nothing_twice(
    stage: Stage, broker: Valkey
) -> None:
    journey, speaking = stage.journey, stage.speaking
    rider_id = journey.search.transaction.rider_id
    which = Which(journey.search.transaction_id, rider_id, journey.seller.id)
    search = OutboundMessage.objects.get(action="search")

    stage.hears("on_search", catalogue("100.50"), stage.asks(search))
    offer = Offer.objects.get()
    chosen = services.select_ride(
        transaction_id=which.transaction_id, rider_id=rider_id, bpp_id=offer.bpp_id,
        item_id=offer.item_id, fulfillment_id=offer.fulfillment_id, voice=speaking, now=clock(),
    )  # fmt: skip
    stage.hears("on_select", journey.told(id=""), stage.asks(chosen))
    named = services.init_ride(which=which, rider=RIDER, voice=speaking, now=clock())
    terms = journey.told(id="", payments=[{"id": "PA1"}])
    stage.hears("on_init", terms, stage.asks(named))
    ordered = services.confirm_ride(which=which, fare_paise=None, voice=speaking, now=clock())
    stage.hears("on_confirm", journey.told("CONFIRMED"), stage.asks(ordered))
    asked = services.ask_status(which=which, voice=speaking, now=clock())
    stage.hears("on_status", journey.told("ASSIGNED"), stage.asks(asked))
    stage.hears_without_valkey("on_update", journey.told("STARTED"), broker)
    stage.hears("on_status", journey.told("ENDED"), None)

    stage.is_killed_while(lambda: queue.enqueue(tasks.book_fees))
    queue.enqueue(tasks.book_fees)
    until(lambda: bool(stage.facts()["booked"]))

    # One confirmation left us, one order came of it, and its fee stands in the books once.
    assert {raw for path, raw in stage.peer.received if path.endswith("/confirm")} == {
        ordered.body.encode()
    }
    assert stage.facts() == {
        "answers": 1, "offers": 1, "quotes": 6, "stage": "ACTIVE", "state": "RIDE_ENDED",
        "due": 1_01, "booked": 1_01,
    }  # fmt: skip
    fee = Settlement.objects.get()
    owed = codes.bpp_receivable(dues.seller_key(fee.bpp_id))
    assert (fee.bookings, ledger.balances_paise(codes=[owed])[owed]) == (1, fee.booked_paise)
    assert not InboundMessage.objects.exclude(state="DONE").exists()
    assert not OutboundMessage.objects.exclude(state="TAKEN").exists()
    assert stage.kills == 12

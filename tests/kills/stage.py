"""
A worker on the network that is killed (SIGKILL) at each step of a journey, and the journey that it serves.

It is never struck at random: it stands where it has done a step's whole work and has recorded none of it, before
COMMIT or between another's answer and its own note of it. MongoDB is away throughout.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from apps.ondc import services, tasks
from apps.ondc.models import (
    Dispatch,
    InboundMessage,
    Offer,
    OutboundMessage,
    Question,
    Quote,
    RideOrder,
    SearchAnswer,
    Settlement,
    SettlementRequest,
    Ticket,
)
from apps.ondc.services import Trip
from apps.ondc.voice import Voice, voice
from apps.payments.models import Prepayment, PrepaymentRefund
from tests.factories import MANIPAL, make_rider, make_zone
from tests.kills.standing import Peer, Threshold
from tests.notifications.worker import Worker, database_url
from tests.ondc.network import Journey, Json, Participant, Registry, catalogue, clock, post, verdict
from tests.ondc.ours import DROP, until
from tests.ondc.reconciling import AGENCY
from uma.celery import run_job
from uma.kernel import queue
from uma.stack import ports
from uma.stack.valkey import Valkey

ANYBODY = random.Random(1)  # noqa: S311  # there is one child to choose from
SWEEP = "apps.ondc.tasks.process_forgotten_inbound"


@pytest.fixture
def peer(registry: Registry, settings: Settings) -> Iterator[Peer]:
    one = Peer()
    assert registry.rows == []
    settings.ONDC_GATEWAY_URL = f"{one.url}/gateway"
    settings.ONDC_RIDE_VERSIONS = ["2.1.0"]
    settings.ONDC_SETTLEMENT_AGENCY_ID = AGENCY
    settings.ONDC_SETTLEMENT_AGENCY_URI = f"{one.url}/money"
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
        "UMA_ONDC_GATEWAY_URL": configured.ONDC_GATEWAY_URL,
        "UMA_ONDC_SETTLEMENT_AGENCY_ID": configured.ONDC_SETTLEMENT_AGENCY_ID,
        "UMA_ONDC_SETTLEMENT_AGENCY_URI": configured.ONDC_SETTLEMENT_AGENCY_URI,
    }
    nobody = f"mongodb://{ports.HOST}:{ports.any_free()}/uma?w=majority&journal=true"
    assert peer.url
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
    changed = {
        "ondc_inboundmessage": "NEW.state IS DISTINCT FROM OLD.state",
        "ondc_settlement": "NEW.booked_paise IS DISTINCT FROM OLD.booked_paise"
        " OR NEW.recon = 'ASKED' AND OLD.recon <> 'ASKED'",
    }
    made = {
        "ondc_outboundmessage": "NEW.action IN ('confirm', 'cancel')",
        "ondc_settlementline": "NEW.action = 'SETTLE'",
    }
    with Threshold(database_url(), changed=changed, made=made) as one:
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

    def sends(self, waits: Dispatch) -> None:
        """The same of a message about money, which no rider waits for."""
        with self.peer.closed():
            queue.enqueue(run_job, job="apps.ondc.tasks.observe")
            until(self.peer.standing.is_set)
            self._kill()
        waits.refresh_from_db()
        assert (waits.state, waits.attempts) == ("WAITING", 1)

        lease_ends = waits.next_attempt_at
        assert services.send_dispatches(voice=self.speaking, now=lease_ends) == 1

        waits.refresh_from_db()
        assert (waits.state, waits.attempts) == ("SENT", 2)
        (_, first), (_, second) = self.peer.received[-2:]
        assert first == second == waits.body.encode()

    def hears(self, action: str, message: Json, question: Question | None) -> None:
        """Kill the worker when it has done all that a callback asks for, and committed nothing."""
        before = self.facts()
        row = self._told(action, message, question, lambda: self._stand_and_fall(before))
        queue.enqueue(run_job, job=SWEEP)
        until(lambda: InboundMessage.objects.get(pk=row.pk).state == "DONE")

        row.refresh_from_db()
        assert row.attempts == 1, "it was handled once: the dead worker's attempt is undone"
        assert self.facts() != before

    def hears_of_money(self, seller: Participant, body: Json) -> None:
        """The same about money between participants."""
        before = self.facts()
        with self.threshold.closed():
            assert verdict(post(seller, body)) == "ACK"
            self._stand_and_fall(before)
        row = InboundMessage.objects.latest("pk")
        queue.enqueue(run_job, job=SWEEP)
        until(lambda: InboundMessage.objects.get(pk=row.pk).state == "DONE")
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
        """Kill the worker in the middle of a job, before COMMIT."""
        before = self.facts()
        with self.threshold.closed():
            act()
            self._stand_and_fall(before)

    def is_killed_in(self, job: str) -> None:
        self.is_killed_while(lambda: queue.enqueue(run_job, job=f"apps.ondc.tasks.{job}"))

    def offered(self) -> Offer:
        """Let the seller have offered something; nobody is killed."""
        found = self.journey.body(
            "on_search", catalogue("100.50"), question=self.journey.search, bpp_uri=self.peer.url
        )
        assert verdict(post(self.journey.seller, found)) == "ACK"
        until(Offer.objects.exists)
        return Offer.objects.get()

    def facts(self) -> dict[str, int | str]:
        """What the journey has come to."""
        order = RideOrder.objects.first()
        fee = Settlement.objects.first()
        paid = Prepayment.objects.first()
        return {
            "answers": SearchAnswer.objects.count(),
            "offers": Offer.objects.count(),
            "quotes": Quote.objects.count(),
            "stage": order.stage if order else "",
            "status": order.status if order else "",
            "state": order.ride_state if order else "",
            "due": fee.fee_paise if fee else 0,
            "booked": fee.booked_paise if fee else 0,
            "paid": paid.state if paid else "",
            "owed": PrepaymentRefund.objects.count(),
            "tickets": Ticket.objects.count(),
            "recon": " ".join(Settlement.objects.values_list("recon", flat=True)).strip(),
            "told": fee.told_status if fee else "",
            "asked": OutboundMessage.objects.count(),
            "asked of money": SettlementRequest.objects.count(),
            "answers to money": Dispatch.objects.filter(inbound__isnull=False).count(),
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

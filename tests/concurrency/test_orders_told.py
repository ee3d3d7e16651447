"""Two at one message, one order, one complaint: what the second finds is what the first has left."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from apps.accounts.models import AuditEvent
from apps.ondc import services, signing
from apps.ondc.models import InboundMessage, Issue, OutboundMessage
from apps.ondc.services import answering, complaining, delivering
from apps.ondc.voice import voice
from apps.payments import services as payments
from apps.payments.models import GatewayEvent
from tests.concurrency.meeting import beside
from tests.concurrency.test_tickets import hears
from tests.factories import NOON
from tests.ondc.conftest import registry, seller
from tests.ondc.network import Journey, Participant, catalogue, clock, make_search
from tests.payments.making import event_body, received
from uma.kernel.ids import new_id

__all__ = ["registry", "seller"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def journey(seller: Participant) -> Journey:
    return Journey(seller, make_search())


def came(journey: Journey, *, action: str = "on_search", state: str = "WAITING") -> InboundMessage:
    """Keep a message of the seller's as if it had been received."""
    message = catalogue("100.50") if action == "on_search" else {}
    body = journey.body(action, message, question=journey.search)
    return InboundMessage.objects.create(
        sender=journey.seller.id, unique_key_id="k", action=action, raw=json.dumps(body),
        message_id=new_id().hex, transaction_text="t", digest=new_id().hex, header="h",
        transaction=journey.search.transaction, state=state, next_attempt_at=clock(),
        received_at=clock(),
    )  # fmt: skip


def states_before(object_id: UUID) -> list[str]:
    """Return what the trail says each replay found."""
    acts = AuditEvent.objects.filter(object_id=str(object_id))
    return sorted(act.before["state"] for act in acts)


def test_the_trail_of_a_callback_that_two_replay_says_what_each_found(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = came(journey, state="PARKED")

    def replay() -> None:
        services.replay_inbound(message_id=row.pk, actor_id=new_id(), reason="x", now=clock())

    found = beside(replay, replay, at=(InboundMessage, "save"), monkeypatch=monkeypatch)

    assert found == [None, None]
    assert states_before(row.pk) == ["PARKED", "WAITING"]


def test_the_trail_of_an_event_that_two_replay_says_what_each_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event_id = received(event_body("pay_1"))
    assert event_id is not None
    GatewayEvent.objects.update(state="PARKED")

    def replay() -> None:
        payments.replay_event(event_id=event_id, actor_id=new_id(), reason="x", now=NOON)

    found = beside(replay, replay, at=(GatewayEvent, "save"), monkeypatch=monkeypatch)

    assert found == [None, None]
    assert states_before(event_id) == ["PARKED", "WAITING"]


def test_answers_that_two_workers_find_are_taken_by_one(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [came(journey).pk for _ in range(2)]

    def worker() -> int:
        return len(services.process_answers(message_ids=ids, now=clock()))

    left = beside(worker, worker, at=(answering, "take_answers"), monkeypatch=monkeypatch)

    assert left == [0, 2]
    assert set(InboundMessage.objects.values_list("state", "attempts")) == {("DONE", 1)}


def test_a_confirmation_that_comes_while_our_request_is_found_undeliverable_stands(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = journey.reach("CONFIRMING")
    body = json.dumps({"message": {}})
    said = OutboundMessage.objects.create(
        question=journey.confirm, order=order, action="confirm", party=order.bpp_id,
        url="https://unlisted/confirm", body=body, digest=signing.digest(body.encode()),
        said_at=clock(), next_attempt_at=clock(),
    )  # fmt: skip
    speaking, confirmed = voice(), hears(journey, "on_confirm")

    def deliver() -> str:
        return services.deliver(outbound_id=said.pk, voice=speaking, now=clock())

    found = beside(deliver, confirmed, at=(delivering, "give_up"), monkeypatch=monkeypatch)

    assert found == ["REFUSED", "DONE"]
    assert journey.now().stage == "ACTIVE", "whoever has the order knows best"


def complaining_about(journey: Journey, settings: Settings) -> Callable[[], str]:
    """Return how the rider of an order complains about it."""
    settings.ONDC_GRIEVANCE_PHONE = "8040000000"
    order = journey.reach("ACTIVE")
    customer = {"person": {"name": "Rider One"}, "contact": {"phone": "9000000001"}}
    told = {"message": {"order": {"fulfillments": [{"customer": customer}]}}}
    OutboundMessage.objects.create(
        question=journey.ask("init"), order=order, action="init", party=order.bpp_id,
        url="https://x/init", body=json.dumps(told), digest="x", state="TAKEN",
        settled_at=clock(), said_at=clock(), next_attempt_at=clock(),
    )  # fmt: skip
    speaking = voice()

    def complain() -> str:
        services.open_issue(
            order_id=order.pk, rider_id=order.transaction.rider_id, code="FLM112", text="x",
            voice=speaking, now=clock(),
        )  # fmt: skip
        return "said"

    return complain


def test_of_two_complaints_at_once_about_an_order_the_second_is_told_of_the_first(
    journey: Journey, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    complain = complaining_about(journey, settings)

    found = beside(complain, complain, at=(Issue, "save"), monkeypatch=monkeypatch)

    assert found == ["said", "IssueOpenAlready"]


def test_a_complaint_that_two_jobs_find_lost_is_said_again_once(
    journey: Journey, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaining_about(journey, settings)()
    said = OutboundMessage.objects.filter(action="issue")
    said.update(state="LOST", settled_at=clock())
    speaking, later = voice(), clock() + timedelta(minutes=6)

    def job() -> int:
        return len(services.repeat_lost_issues(voice=speaking, now=later))

    found = beside(job, job, at=(complaining, "say_about"), monkeypatch=monkeypatch)

    assert found == [1, 0]
    assert said.count() == 2

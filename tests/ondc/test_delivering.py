"""What is said leaves as it was written down: once taken never again, repeated the same, given up in time."""

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from apps.notifications.models import InboxMessage
from apps.ondc import courier, services
from apps.ondc.courier import Verdict
from apps.ondc.models import Circuit, OutboundMessage, Participant, RideOrder, Transaction
from apps.ondc.services import Which
from apps.ondc.voice import Voice
from tests.factories import make_rider
from tests.ondc import ours
from tests.sandbox.pretended_ondc import NetworkProcess

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute may pass in a test, and its end is not in the future."""
    monkeypatch.setattr(ours, "START", ours.just_begun())


@pytest.fixture
def cabs(network: NetworkProcess) -> str:
    return f"{network.url}/cabs"


@pytest.fixture
def select(cabs: str, speaking: Voice) -> tuple[OutboundMessage, Which]:
    return ours.selected(make_rider().pk, speaking, uri=cabs)


def _deliver(said: OutboundMessage, speaking: Voice, *, after: float = 0) -> OutboundMessage:
    now = ours.START + timedelta(seconds=after)
    services.deliver(outbound_id=said.pk, voice=speaking, now=now)
    said.refresh_from_db()
    return said


def _received(network: NetworkProcess, seller: str = "cabs") -> list[dict[str, Any]]:  # Any: JSON
    received: list[dict[str, Any]] = network.ask("received")["sellers"][seller]
    return received


def test_a_search_reaches_every_seller_in_the_version_it_speaks(
    network: NetworkProcess, speaking: Voice
) -> None:
    said = ours.searched(make_rider().pk, speaking)

    assert [_deliver(one, speaking).state for one in said] == ["TAKEN"] * 3

    ours.until(lambda: len(_received(network)) == 3)
    answered = sorted(entry["answered"] for entry in _received(network))
    assert answered == ["40001", "ACK", "ACK"], "it does not speak 2.0.0"
    assert {one.question.transaction_id for one in said} == {said[0].question.transaction_id}
    assert len({one.question.message_id for one in said}) == 3
    times = [json.loads(one.body)["context"]["timestamp"] for one in said]
    assert times == sorted(set(times)), "each later than every one before"


def test_the_bytes_on_record_are_the_bytes_that_arrive(
    network: NetworkProcess, speaking: Voice, select: tuple[OutboundMessage, Which]
) -> None:
    said = _deliver(select[0], speaking)

    assert (said.state, said.attempts, said.http_status) == ("TAKEN", 1, 200)
    assert _received(network)[-1]["body"] == said.body
    # Again, by a message that came twice: nothing is sent.
    _deliver(said, speaking, after=60)
    assert len(_received(network)) == 1


def test_silence_is_met_with_the_same_bytes_and_then_with_a_pause(
    network: NetworkProcess, speaking: Voice, select: tuple[OutboundMessage, Which]
) -> None:
    network.order("scenario", seller="cabs", name="down", changed={"failures": 1})

    said = _deliver(select[0], speaking)
    assert (said.state, said.error_code) == ("WAITING", "server_error")
    assert said.pk not in services.due_ids(now=ours.START, limit=9)
    assert said.pk in services.due_ids(now=ours.START + timedelta(seconds=2), limit=9)
    _deliver(said, speaking, after=2)

    assert (said.state, said.attempts) == ("TAKEN", 2)
    assert len({entry["body"] for entry in _received(network)}) == 1


def test_who_is_throttled_waits_as_long_as_was_asked(
    network: NetworkProcess, speaking: Voice, select: tuple[OutboundMessage, Which]
) -> None:
    changed = {"retry_after_s": 7}
    network.order("scenario", seller="cabs", name="throttled", changed=changed)

    said = _deliver(select[0], speaking)

    assert (said.state, said.http_status) == ("WAITING", 429)
    assert said.next_attempt_at == ours.START + timedelta(seconds=7)
    assert _deliver(said, speaking, after=7).state == "TAKEN"


def test_a_refusal_is_never_repeated_and_ends_the_order(
    network: NetworkProcess, speaking: Voice, select: tuple[OutboundMessage, Which]
) -> None:
    network.order("scenario", seller="cabs", name="nack_select")

    said = _deliver(select[0], speaking)
    _deliver(said, speaking, after=9)

    assert (said.state, said.attempts, said.error_code) == ("REFUSED", 1, "90201")
    order = RideOrder.objects.get()
    assert (order.stage, order.error_code) == ("FAILED", "90201")


def test_nobody_is_asked_once_nobody_waits_for_the_answer(
    network: NetworkProcess, speaking: Voice, select: tuple[OutboundMessage, Which]
) -> None:
    said = _deliver(select[0], speaking, after=30)

    assert (said.state, said.error_code, said.attempts) == ("LOST", "too_late", 0)
    assert _received(network) == []
    assert RideOrder.objects.get().stage == "FAILED"


def test_a_confirmation_that_was_lost_leaves_the_order_to_be_asked_about(
    network: NetworkProcess, speaking: Voice, cabs: str
) -> None:
    which = ours.ready(make_rider().pk, speaking, uri=cabs)
    said = services.confirm_ride(which=which, fare_paise=None, voice=speaking, now=ours.START)
    network.order("scenario", seller="cabs", name="down")

    for after in (0, 2, 5, 9):
        _deliver(said, speaking, after=after)

    assert (said.state, said.attempts) == ("LOST", 4)
    assert RideOrder.objects.get().stage == "CONFIRMING"


def test_after_five_failures_a_seller_is_left_alone_for_half_a_minute(
    network: NetworkProcess, speaking: Voice, cabs: str
) -> None:
    network.order("scenario", seller="cabs", name="down")
    said = [ours.selected(make_rider().pk, speaking, uri=cabs)[0] for _ in range(6)]

    for one in said:
        _deliver(one, speaking)

    assert len(_received(network)) == 5, "the sixth was not sent"
    assert Circuit.objects.get().open_until == ours.START + timedelta(seconds=30)
    assert (said[5].state, said[5].error_code) == ("WAITING", "circuit_open")
    network.order("scenario", seller="cabs", name="plain")
    later = ours.selected(
        make_rider().pk, speaking, uri=cabs, now=ours.START + timedelta(seconds=40)
    )
    assert _deliver(later[0], speaking, after=40).state == "TAKEN"
    assert Circuit.objects.get().open_until is None


def test_an_address_that_the_registry_does_not_list_is_not_visited(
    network: NetworkProcess, speaking: Voice, select: tuple[OutboundMessage, Which]
) -> None:
    Participant.objects.update(url="https://somewhere.else.example.in/beckn")

    said = _deliver(select[0], speaking)

    assert (said.state, said.error_code) == ("REFUSED", "address")
    assert _received(network) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://seller.example.in/select",
        "https://127.0.0.1/select",
        "https://localhost/select",
        "https://user@seller.example.in/select",
        "https://seller.example.in:8443/select",
        "https://[::1]/select",
        "https://10.0.0.8.example/select",
    ],
)
def test_on_the_real_network_nobody_lives_at_such_an_address(url: str, speaking: Voice) -> None:
    environment = replace(speaking.network.environment, registry="https://registry.example.in")
    public = replace(speaking, network=replace(speaking.network, environment=environment))
    assert public.is_public

    outcome = courier.post(url=url, raw=b"{}", voice=public, now_s=int(ours.START.timestamp()))

    assert (outcome.verdict, outcome.error_code) in {
        (Verdict.REFUSED, "address"),
        # A name that nobody has: nothing was sent either.
        (Verdict.SILENT, "silent"),
    }


def test_a_request_goes_to_the_address_that_was_looked_at_whatever_its_name_says_later(
    network: NetworkProcess,
    speaking: Voice,
    select: tuple[OutboundMessage, Which],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert select[0].state == "WAITING"
    port = urlsplit(network.url).port
    resolve: Callable[..., Any] = socket.getaddrinfo  # Any: the library's
    asked: list[str] = []

    def rebinding(host: str, *more: Any, **named: Any) -> Any:  # Any: as above
        if host != "seller.example.in":
            return resolve(host, *more, **named)
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "192.0.2.1"
        return [(2, 1, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    raw = select[0].body.encode()

    outcome = courier.post(
        url=f"http://seller.example.in:{port}/cabs/select",
        raw=raw,
        voice=speaking,
        now_s=int(datetime.now(UTC).timestamp()),
    )

    assert outcome.status == 200
    assert asked == ["seller.example.in"], "a second look could be answered otherwise"
    assert [one["body"] for one in _received(network)] == [raw.decode()]


@pytest.mark.parametrize(
    ("status", "said", "verdict"),
    [
        (200, b'{"message":{"ack":{"status":"ACK"}}}', Verdict.TAKEN),
        (200, b'{"context":{},"message":{"ack":{"status":"ACK"}}}', Verdict.TAKEN),
        (202, b"", Verdict.TAKEN),
        (204, b"", Verdict.TAKEN),
        (200, b'{"message":{"ack":{"status":"NACK"}},"error":{"code":20006}}', Verdict.REFUSED),
        (200, b'{"message":{"status":"NACK","error":{"code":"10000"}}}', Verdict.REFUSED),
        (401, b'{"message":{"ack":{"status":"NACK"}}}', Verdict.REFUSED),
        (404, b"<html>", Verdict.REFUSED),
        (302, b"", Verdict.REFUSED),
        (200, b"<html>hello</html>", Verdict.SILENT),
        (200, b'{"message":{}}', Verdict.SILENT),
        (500, b'{"message":{"ack":{"status":"ACK"}}}', Verdict.SILENT),
        (429, b"", Verdict.BUSY),
        (200, b'{"a":' * 5000, Verdict.SILENT),
    ],
)
def test_answers_of_every_shape_are_understood(status: int, said: bytes, verdict: Verdict) -> None:
    assert courier.read(status, said).verdict == verdict


def test_a_rider_is_told_of_an_order_that_its_seller_did_not_take(
    network: NetworkProcess, speaking: Voice, cabs: str
) -> None:
    rider_id = make_rider().pk
    which = ours.ready(rider_id, speaking, uri=cabs)
    network.order("scenario", seller="cabs", name="nack_confirm")
    said = services.confirm_ride(which=which, fare_paise=None, voice=speaking, now=ours.START)

    assert _deliver(said, speaking).state == "REFUSED"

    assert RideOrder.objects.get().stage == "FAILED"
    told = InboxMessage.objects.filter(person_id=rider_id)
    assert [one.title for one in told] == ["Nobody took your ride"]


def test_an_order_is_confirmed_by_one_message_for_ever(
    network: NetworkProcess, speaking: Voice, cabs: str
) -> None:
    assert network.url
    which = ours.ready(make_rider().pk, speaking, uri=cabs)
    said = services.confirm_ride(which=which, fare_paise=None, voice=speaking, now=ours.START)
    again = services.confirm_ride(which=which, fare_paise=None, voice=speaking, now=ours.START)
    assert again.pk == said.pk

    # Whatever a service forgot: the database holds to it.
    order = RideOrder.objects.get()
    question = services.ask(
        journey=Transaction.objects.get(), action="confirm", order=order, now=ours.START
    )
    with pytest.raises(IntegrityError, match="ondc_outbound_confirm_once"), transaction.atomic():
        _copy(said, question_id=question.pk)
    with pytest.raises(IntegrityError, match="ondc_outbound_said_is_said"), transaction.atomic():
        OutboundMessage.objects.filter(pk=said.pk).update(digest="x")
    with pytest.raises(IntegrityError, match="ondc_outbound_never_deleted"), transaction.atomic():
        OutboundMessage.objects.filter(pk=said.pk).delete()


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"order": None}, "ondc_outbound_is_about_an_order"),
        ({"state": "TAKEN"}, "ondc_outbound_settled_at"),
        ({"state": "THOUGHT"}, "ondc_outbound_settled_at"),
        ({"settled_at": datetime.now(UTC)}, "ondc_outbound_settled_at"),
    ],
)
def test_a_message_that_cannot_be_is_refused(
    select: tuple[OutboundMessage, Which], wrong: dict[str, Any], name: str
) -> None:
    order = RideOrder.objects.get()
    question = services.ask(
        journey=Transaction.objects.get(), action="track", order=order, now=ours.START
    )

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        _copy(select[0], question_id=question.pk, **wrong)


def _copy(said: OutboundMessage, *, question_id: UUID, **changed: Any) -> None:  # Any: columns
    facts: dict[str, Any] = {
        "order": said.order,
        "action": said.action,
        "party": said.party,
        "url": said.url,
        "body": said.body,
        "digest": said.digest,
        "said_at": ours.START,
        "next_attempt_at": ours.START,
    }
    OutboundMessage.objects.create(question_id=question_id, **facts | changed)


def test_after_a_year_the_bytes_are_gone_and_their_digest_stays(
    select: tuple[OutboundMessage, Which], speaking: Voice
) -> None:
    said = _deliver(select[0], speaking)
    year = ours.START + timedelta(days=365)

    assert services.purge_outbound(now=year) == 0
    # What is still to be sent is kept: the searches wait.
    assert services.purge_outbound(now=year + timedelta(seconds=9)) == 1

    said.refresh_from_db()
    assert (said.body, len(said.digest)) == ("", 88)

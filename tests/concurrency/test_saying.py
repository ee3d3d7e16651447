"""Two taps on one button, two workers with one message: what is said once is sent once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from apps.ondc import courier, services
from apps.ondc.courier import Outcome, Verdict
from apps.ondc.errors import RideOrderNotFound
from apps.ondc.models import OutboundMessage, RideOrder
from apps.ondc.services import Which, delivering, finding, ordering, recovering, riding, saying
from apps.ondc.voice import Voice, voice
from tests.concurrency.meeting import at_once, paused
from tests.factories import make_rider
from tests.ondc import ours

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.now(UTC)


@pytest.fixture
def ready(settings: Settings) -> Which:
    for name, value in ours.settings_for("http://127.0.0.1:9").items():
        setattr(settings, name, value)
    return ours.ready(make_rider().pk, voice(), uri="http://127.0.0.1:9/cabs", now=NOW)


def confirming(which: Which) -> Callable[[], object]:
    speaking = voice()

    def confirm() -> UUID:
        said = services.confirm_ride(which=which, fare_paise=None, voice=speaking, now=NOW)
        return said.pk

    return confirm


@pytest.fixture
def slow_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each wait between its look at the order and its message."""
    monkeypatch.setattr(ordering, "say", paused(saying.say))


@pytest.mark.usefixtures("slow_words")
def test_an_order_confirmed_by_several_taps_is_confirmed_by_one_message(ready: Which) -> None:
    outcomes = at_once(*[confirming(ready)] * 4)

    assert len(set(outcomes)) == 1
    assert OutboundMessage.objects.filter(action="confirm").count() == 1


@pytest.mark.usefixtures("slow_words")
def test_without_the_orders_lock_the_database_refuses_the_second_confirmation(
    ready: Which, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlocked(which: Which) -> RideOrder:
        orders = RideOrder.objects.select_related("transaction")
        found = orders.filter(transaction_id=which.transaction_id, bpp_id=which.bpp_id).first()
        if found is None:
            raise RideOrderNotFound
        return found

    monkeypatch.setattr(finding.Which, "lock", unlocked)

    outcomes = at_once(*[confirming(ready)] * 4)

    assert "IntegrityError" in outcomes, "the race is real"
    assert OutboundMessage.objects.filter(action="confirm").count() == 1


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count what reaches the wire; nobody is at its other end."""
    urls: list[str] = []

    def post(*, url: str, **_: Any) -> Outcome:  # Any: the rest is not looked at
        urls.append(url)
        return Outcome(Verdict.TAKEN, 200)

    monkeypatch.setattr(courier, "post", post)
    return urls


def delivering_it(outbound_id: UUID, speaking: Voice) -> Callable[[], object]:
    return lambda: services.deliver(outbound_id=outbound_id, voice=speaking, now=NOW)


def test_a_message_that_came_to_several_workers_is_sent_by_one(
    ready: Which, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = services.confirm_ride(which=ready, fare_paise=None, voice=voice(), now=NOW)
    monkeypatch.setattr(OutboundMessage, "save", paused(OutboundMessage.save))

    outcomes = at_once(*[delivering_it(said.pk, voice())] * 4)

    assert sorted(map(str, outcomes)) == ["", "", "", "TAKEN"]
    assert len(sent) == 1


def test_without_the_lease_each_of_them_would_send_it(
    ready: Which, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "LEASE", timedelta(0))
    said = services.confirm_ride(which=ready, fare_paise=None, voice=voice(), now=NOW)
    monkeypatch.setattr(delivering, "_settle", paused(delivering._settle))

    at_once(*[delivering_it(said.pk, voice())] * 4)

    assert len(sent) > 1, "the race is real"


def test_two_sweeps_ask_about_a_lost_confirmation_once(
    ready: Which, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.confirm_ride(which=ready, fare_paise=None, voice=voice(), now=NOW)
    late = NOW + timedelta(seconds=31)
    monkeypatch.setattr(recovering, "say_about", paused(riding.say_about))

    speaking = voice()
    outcomes = at_once(*[lambda: len(services.recover_confirmations(voice=speaking, now=late))] * 3)

    assert sorted(map(str, outcomes)) == ["0", "0", "1"]
    assert OutboundMessage.objects.filter(action="status").count() == 1

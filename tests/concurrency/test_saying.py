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
from apps.ondc.models import Offer, OutboundMessage, RideOrder
from apps.ondc.services import Which, delivering, finding, ordering, recovering, riding, saying
from apps.ondc.voice import Voice, voice
from tests.concurrency.meeting import at_once, beside, paused
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


def choosing(offer: Offer) -> Callable[[], object]:
    rider_id = offer.transaction.rider_id

    def choose() -> UUID | None:
        return services.choose_offer(
            transaction_id=offer.transaction_id, rider_id=rider_id, offer_id=offer.pk, now=NOW
        ).order_id

    return choose


def test_an_offer_that_two_taps_choose_at_once_is_one_order(
    ready: Which, monkeypatch: pytest.MonkeyPatch
) -> None:
    (search, *_) = ours.searched(ready.rider_id, voice(), now=NOW)
    offer = ours.offered(search.question.transaction_id, uri="http://127.0.0.1:9/cabs", now=NOW)

    first, second = beside(
        choosing(offer), choosing(offer), at=(RideOrder, "save"), monkeypatch=monkeypatch
    )

    assert first == second == RideOrder.objects.get(offer=offer).pk


def test_an_order_whose_rider_chooses_another_offer_meanwhile_is_not_confirmed(
    ready: Which, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ours.offered(ready.transaction_id, uri="http://127.0.0.1:9/cabs", now=NOW)

    _, confirmed = beside(
        choosing(other), confirming(ready), at=(RideOrder, "save"), monkeypatch=monkeypatch
    )

    assert confirmed == "RideOrderNotReady"
    assert RideOrder.objects.get(offer=other).stage == "SELECTED"
    assert not OutboundMessage.objects.filter(action="confirm").exists()


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


def test_a_message_that_was_taken_while_another_worker_heard_nothing_stays_taken(
    ready: Which, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sent it: the lease of the first ran out."""
    said = services.confirm_ride(which=ready, fare_paise=None, voice=voice(), now=NOW)

    def hearing(outcome: Outcome) -> Callable[[], str]:
        return lambda: delivering._settle(said.pk, outcome, now=NOW)

    ends = beside(
        hearing(Outcome(Verdict.SILENT)),
        hearing(Outcome(Verdict.TAKEN, 200)),
        at=(OutboundMessage, "save"),
        monkeypatch=monkeypatch,
    )

    assert ends == ["WAITING", "TAKEN"]
    said.refresh_from_db()
    assert said.state == "TAKEN", "or it would be sent once more"


def test_without_the_lease_each_of_them_would_send_it(
    ready: Which, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "LEASE", timedelta(0))
    said = services.confirm_ride(which=ready, fare_paise=None, voice=voice(), now=NOW)
    deliver = delivering_it(said.pk, voice())

    beside(deliver, deliver, at=(delivering, "_settle"), monkeypatch=monkeypatch)

    assert len(sent) == 2, "the race is real"


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

"""The network is told of every message once, without the people in it, and a service that is away costs no report."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from apps.ondc import services
from apps.ondc.checks import observability_is_whole
from apps.ondc.models import Dispatch, OutboundMessage
from apps.ondc.voice import Voice, voice
from apps.sandbox.ondc.control import OBSERVER_TOKEN
from tests.factories import make_rider
from tests.ondc import ours
from tests.ondc.ours import RIDER
from tests.sandbox.pretended_ondc import NetworkProcess
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def observed(network: NetworkProcess, settings: Settings) -> Voice:
    settings.ONDC_OBSERVABILITY_URL = f"{network.url}/observability"
    settings.ONDC_OBSERVABILITY_TOKEN = OBSERVER_TOKEN
    return voice()


def said(speaking: Voice) -> list[OutboundMessage]:
    """Say a search, a choice and who rides; the choice was taken, the rest refused by its seller."""
    now = ours.just_begun()
    _, which = ours.selected(make_rider().pk, speaking, uri="http://127.0.0.1:9/cabs", now=now)
    ours.told(which, stage="QUOTED")
    services.init_ride(which=which, rider=RIDER, voice=speaking, now=now)
    everything = OutboundMessage.objects
    everything.filter(action__in=["search", "select"]).update(state="TAKEN", settled_at=now)
    everything.filter(action="init").update(state="REFUSED", settled_at=now, error_code="40000")
    return list(everything.all())


def test_each_message_and_its_answer_are_told_once_and_name_nobody(
    network: NetworkProcess, observed: Voice
) -> None:
    now = ours.just_begun()
    said(observed)

    assert services.collect_observations(voice=observed, now=now) == 2
    assert services.collect_observations(voice=observed, now=now) == 0
    assert services.send_dispatches(voice=observed, now=now) == 4
    assert services.send_dispatches(voice=observed, now=now) == 0

    told = network.ask("observed")["items"]
    assert sorted(one["type"] for one in told) == [
        "init", "init_response", "select", "select_response",
    ]  # fmt: skip
    by_type = {one["type"]: one["data"] for one in told}
    assert by_type["select_response"]["message"] == {"ack": {"status": "ACK"}}
    assert by_type["init_response"]["error"]["code"] == "40000"
    assert by_type["init"]["context"]["transaction_id"]
    text = json.dumps(told)
    assert RIDER.name not in text
    assert RIDER.phone not in text


def test_a_service_that_is_away_is_tried_again_later(
    network: NetworkProcess, observed: Voice
) -> None:
    now = ours.just_begun()
    said(observed)
    services.collect_observations(voice=observed, now=now)
    network.order("observer", failures=3)

    # After three failures in a row the rest waits.
    assert services.send_dispatches(voice=observed, now=now) == 0
    assert Dispatch.objects.filter(attempts=0).count() == 1
    assert services.send_dispatches(voice=observed, now=now) == 1
    assert services.send_dispatches(voice=observed, now=now + timedelta(minutes=1)) == 3
    assert set(Dispatch.objects.values_list("state", flat=True)) == {"SENT"}
    assert services.forget_dispatches(now=now + timedelta(days=8)) == 4


def test_without_an_address_nothing_is_kept_and_half_a_setting_is_said(
    speaking: Voice, settings: Settings
) -> None:
    said(speaking)

    assert services.collect_observations(voice=speaking, now=ours.just_begun()) == 0
    assert not Dispatch.objects.exists()
    assert list(observability_is_whole()) == []
    settings.ONDC_OBSERVABILITY_TOKEN = "a token alone"
    (wrong,) = observability_is_whole()
    assert wrong.id == "uma.E035"


@pytest.mark.usefixtures("network")
def test_a_report_that_cannot_be_true_is_refused(observed: Voice) -> None:
    said(observed)
    services.collect_observations(voice=observed, now=ours.just_begun())
    row = Dispatch.objects.filter(kind="MESSAGE")[:1].get()

    with pytest.raises(IntegrityError, match="ondc_dispatch_kind_known"), transaction.atomic():
        Dispatch.objects.update(kind="OTHER")
    with pytest.raises(IntegrityError, match="ondc_dispatch_settled_at"), transaction.atomic():
        Dispatch.objects.update(state="SENT")
    row.pk, row._state.adding = new_id(), True
    with pytest.raises(IntegrityError, match="ondc_dispatch_of_ours_once"), transaction.atomic():
        row.save(force_insert=True)

"""What the database refuses, whoever asks."""

from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.notifications import services
from apps.notifications.models import Device, InboxMessage, WebhookDelivery, WebhookEndpoint
from tests.notifications.making import (
    NOON,
    make_device,
    make_message,
    make_person,
)

pytestmark = pytest.mark.django_db

State = InboxMessage.PushState


def _endpoint(merchant_id: UUID, url: str, *events: str) -> WebhookEndpoint:
    return services.add_endpoint(
        merchant_id=merchant_id, url=url, events=list(events), secret="whsec_x", now=NOON
    )


def _queue(merchant_id: UUID, event_id: UUID, amount: int = 150) -> list[WebhookDelivery]:
    return services.queue_webhook(
        merchant_id=merchant_id,
        event_id=event_id,
        type="handshake.success",
        payload={"amount": amount},
        now=NOON,
    )


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"push_state": "LOST"}, "notifications_message_push_known"),
        ({"push_state": "SENT"}, "notifications_message_sent_at"),
        ({"pushed_at": NOON}, "notifications_message_sent_at"),
    ],
)
def test_a_message_is_sent_exactly_when_it_says_when(
    change: dict[str, object], constraint: str
) -> None:
    make_message(make_person())

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        InboxMessage.objects.update(**change)


def test_two_rows_for_one_fact_are_refused() -> None:
    message = make_message(make_person())
    message.pk = uuid4()

    with pytest.raises(IntegrityError, match="dedupe_key"), transaction.atomic():
        message.save(force_insert=True)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"platform": "FAX"}, "notifications_device_platform_known"),
        ({"fid": "", "fcm_token": ""}, "notifications_device_addressed"),
        ({"fid": "same", "fcm_token": ""}, "notifications_device_fid_once"),
        ({"fid": "", "fcm_token": "same"}, "notifications_device_token_once"),
    ],
)
def test_an_address_names_one_phone(change: dict[str, object], constraint: str) -> None:
    make_device(make_person(), fid="f1", fcm_token="t1")
    make_device(make_person(), fid="f2", fcm_token="t2")

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Device.objects.update(**change)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"state": "LOST"}, "notifications_delivery_state_known"),
        ({"state": "DELIVERED"}, "notifications_delivery_delivered_at"),
        ({"delivered_at": NOON}, "notifications_delivery_delivered_at"),
    ],
)
def test_a_delivery_is_delivered_exactly_when_it_says_when(
    change: dict[str, object], constraint: str
) -> None:
    merchant = uuid4()
    _endpoint(merchant, "https://a.example/", "handshake.success")
    _queue(merchant, uuid4())

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        WebhookDelivery.objects.update(**change)


def test_two_deliveries_of_one_event_to_one_endpoint_are_refused() -> None:
    merchant = uuid4()
    _endpoint(merchant, "https://a.example/", "handshake.success")
    (owed,) = _queue(merchant, uuid4())
    owed.pk = uuid4()

    with pytest.raises(IntegrityError, match="delivery_once"), transaction.atomic():
        owed.save(force_insert=True)


def test_an_endpoint_is_registered_once_and_for_something() -> None:
    merchant = uuid4()
    _endpoint(merchant, "https://a.example/", "handshake.success")

    with pytest.raises(IntegrityError, match="endpoint_live_once"), transaction.atomic():
        _endpoint(merchant, "https://a.example/", "campaign.completed")
    with pytest.raises(IntegrityError, match="endpoint_subscribed"), transaction.atomic():
        _endpoint(merchant, "https://b.example/")

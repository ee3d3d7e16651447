"""Phones over HTTP."""

from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from apps.notifications import selectors
from apps.notifications.models import Device
from tests.notifications.making import make_person
from uma.kernel.http.authentication import issue_access_token
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db


def _headers(person_id: UUID, role: str = "rider") -> dict[str, str]:
    token = issue_access_token(
        user_id=person_id, role=role, session_id=new_id(), now=timezone.now()
    )
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("role", ["rider", "merchant"])
def test_an_app_registers_its_installation_for_the_one_who_is_signed_in(
    client: Client, role: str
) -> None:
    person = make_person()

    answer = client.post(
        "/api/user/devices",
        {"platform": "android", "fid": "f-1", "fcmToken": "t-1"},
        content_type="application/json",
        headers=_headers(person, role),
    )

    assert answer.status_code == 201
    (device,) = selectors.devices(person_id=person)
    assert (device.fid, device.fcm_token, device.platform) == ("f-1", "t-1", "ANDROID")
    body = answer.json()
    assert (body["id"], body["platform"]) == (str(device.pk), "android")
    assert set(body) == {"id", "platform", "lastSeenAt"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"platform": "android"}, 422, "validation_failed"),
        ({"platform": "fax", "fid": "f"}, 422, "validation_failed"),
        ({"platform": "ios", "fid": "f" * 65}, 422, "validation_failed"),
        ({"platform": "ios", "fid": "f", "personId": str(new_id())}, 400, "unknown_field"),
    ],
)
def test_a_phone_without_an_address_or_with_odd_fields_is_refused(
    client: Client, body: dict[str, str], status: int, code: str
) -> None:
    answer = client.post(
        "/api/user/devices",
        body,
        content_type="application/json",
        headers=_headers(make_person()),
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Device.objects.exists()


def test_somebody_who_was_erased_registers_nothing(client: Client) -> None:
    answer = client.post(
        "/api/user/devices",
        {"platform": "android", "fid": "f-1"},
        content_type="application/json",
        headers=_headers(new_id()),
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_person")
    assert not Device.objects.exists()


def test_a_stranger_registers_nothing(client: Client) -> None:
    answer = client.post(
        "/api/user/devices",
        {"platform": "android", "fid": "f-1"},
        content_type="application/json",
    )

    assert answer.status_code == 401
    assert not Device.objects.exists()

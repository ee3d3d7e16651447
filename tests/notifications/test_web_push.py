"""Pushes to browsers: what is sent to one, what its pages offer, and that nothing is offered by halves."""

import base64
import json
import re
from collections.abc import Mapping
from uuid import UUID

import pytest
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.notifications import links, quiet, selectors, services
from apps.notifications.checks import web_push_is_whole
from apps.notifications.models import Device, InboxMessage
from tests.business.browsing import signed_in
from tests.factories import make_rider, make_shop
from tests.notifications.clouds import SandboxProcess
from tests.notifications.making import NOON, make_device, make_message, make_person, row
from uma.kernel.http.authentication import issue_access_token
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db
PUBLIC_KEY = base64.urlsafe_b64encode(b"\x04" + bytes(range(64))).decode().rstrip("=")
WHOLE = {
    "PROJECT_ID": "uma-pushes",
    "APP_ID": "1:2:web:3",
    "SENDER_ID": "2",
    "VAPID_KEY": PUBLIC_KEY,
}
NOTHING = dict.fromkeys(WHOLE, "")
GOOGLE = ("firebaseinstallations.googleapis.com", "fcmregistrations.googleapis.com")
BOTH = pytest.mark.parametrize(
    ("role", "path"), [("rider", "/app/notifications"), ("merchant", "/business/more")]
)


def reader(role: str) -> UUID:
    if role == "rider":
        make_shop(now=timezone.now())
        return make_rider().pk
    return make_shop(now=timezone.now()).owner_id


def test_a_browser_is_sent_data_alone_and_shows_it_once_by_the_messages_id(
    sandbox: SandboxProcess,
) -> None:
    person = make_person()
    make_device(person, fid="fid-web", platform="WEB")
    message = make_message(person)

    services.push(message_id=message.pk, now=NOON)

    (sent,) = sandbox.pushes
    # What a listener of Firebase's own would show by itself, beside our worker.
    assert not {"notification", "android", "apns"} & set(sent["message"])
    assert sent["message"]["webpush"] == {"headers": {"Urgency": "high"}}
    assert sent["message"]["data"] == {
        "bookingId": "b-1",
        "amount": "150",
        "messageId": str(message.pk),
        "kind": "handshake.success",
        "title": "Your visit is verified",
        "body": "150 rupees are in your wallet.",
        "link": "/app/tickets/b-1",
    }


def test_what_can_wait_wakes_no_sleeping_phone_and_what_is_muted_is_not_sent(
    sandbox: SandboxProcess,
) -> None:
    person = make_person()
    make_device(person, fid="fid-web", platform="WEB")
    services.choose_pushes(
        person_id=person,
        muted=["ride"],
        night_begins=quiet.NIGHT_BEGINS,
        night_ends=quiet.NIGHT_ENDS,
        now=NOON,
    )
    muted = make_message(person, kind="ride.assigned")
    make_message(person, kind="payout.paid")

    services.push_due(now=NOON)

    (sent,) = sandbox.pushes
    assert sent["message"]["data"]["kind"] == "payout.paid"
    assert sent["message"]["data"]["link"] == ""
    assert sent["message"]["webpush"]["headers"]["Urgency"] == "normal"
    assert (row(muted).push_state, row(muted).last_error) == (
        InboxMessage.PushState.SKIPPED,
        "muted",
    )


@pytest.mark.parametrize(
    ("kind", "data", "name"),
    [
        ("handshake", {"bookingId": str(new_id())}, "rider-ticket"),
        ("reminder.booking", {"bookingId": str(new_id())}, "rider-ticket"),
        ("ride.assigned", {"searchId": str(new_id())}, "rider-ride"),
        ("ticket.ready", {"searchId": str(new_id())}, "rider-trip"),
        ("issue.resolved", {"issueId": str(new_id())}, "rider-complaint"),
        ("strike.given", {}, "rider-strikes"),
        ("balance.adjusted", {}, "rider-wallet"),
        ("badge.awarded", {"badge": "first"}, "rider-missions"),
        ("mission.completed", {}, "rider-missions"),
        ("money.low_balance", {"merchantId": str(new_id())}, "business-wallet"),
    ],
)
def test_a_message_names_a_page_that_there_is(
    kind: str, data: Mapping[str, object], name: str
) -> None:
    assert resolve(links.page_of(kind=kind, data=data)).url_name == name


@pytest.mark.parametrize(
    ("kind", "data"), [("security.new_device", {}), ("payout.paid", {}), ("ride.assigned", {})]
)
def test_a_message_about_no_one_page_is_shown_by_the_inbox(
    kind: str, data: Mapping[str, object]
) -> None:
    assert links.page_of(kind=kind, data=data) == ""


@BOTH
def test_without_the_settings_nothing_of_it_is_there(
    settings: Settings, role: str, path: str
) -> None:
    settings.FIREBASE_WEB = NOTHING

    answer = signed_in(reader(role), role=role).get(path)

    page = answer.content.decode()
    assert "Notify me on this device" not in page
    assert not re.search(r"push-[A-Z0-9]{8}\.js|push-config", page)
    assert not any(host in answer["Content-Security-Policy"] for host in GOOGLE)


@BOTH
def test_with_them_the_page_of_settings_may_speak_to_firebase_and_no_other_page(
    settings: Settings, role: str, path: str
) -> None:
    settings.FIREBASE_WEB = WHOLE
    client = signed_in(reader(role), role=role)

    answer = client.get(path)

    page = answer.content.decode()
    assert "Notify me on this device" in page
    policy = answer["Content-Security-Policy"]
    (connects,) = [one for one in policy.split("; ") if one.startswith("connect-src")]
    assert connects == "connect-src 'self' " + " ".join(f"https://{host}" for host in GOOGLE)
    told = re.search(r'<script id="push-config" type="application/json">(.+?)</script>', page)
    assert told
    assert set(json.loads(told[1])) == {
        "apiKey", "projectId", "appId", "messagingSenderId", "vapidKey",
    }  # fmt: skip
    app = path.rpartition("/")[0]
    for other in (f"{app}/inbox", f"{app}/wallet", f"{app}/sign-in", f"{app}/service-worker.js"):
        assert not any(host in client.get(other)["Content-Security-Policy"] for host in GOOGLE)


def test_a_session_is_shown_the_browser_that_it_registered_and_no_other(
    settings: Settings,
) -> None:
    settings.FIREBASE_WEB = WHOLE
    person, session_id = reader("rider"), new_id()
    client = Client()
    client.cookies["uma_rider_access"] = issue_access_token(
        user_id=person, role="rider", session_id=session_id, now=timezone.now()
    )

    def here() -> str:
        found = re.search(
            r'id="push".*data-device="([^"]*)"', client.get("/app/notifications").content.decode()
        )
        assert found
        return found[1]

    make_device(person, platform="WEB", session_id=new_id())
    make_device(person, platform="ANDROID", session_id=session_id)
    assert here() == ""
    own = make_device(person, platform="WEB", session_id=session_id)
    assert here() == str(own.pk)
    services.forget_installations(person_id=person, session_ids=[session_id], now=NOON)
    assert here() == ""


def test_whoever_switches_a_browser_off_is_pushed_nothing_there(client: Client) -> None:
    person, stranger = make_person(), make_person()
    device = make_device(person, fid="fid-web", platform="WEB")

    def remove(by: UUID) -> int:
        token = issue_access_token(
            user_id=by, role="rider", session_id=new_id(), now=timezone.now()
        )
        return client.delete(
            f"/api/user/devices/{device.pk}", headers={"Authorization": f"Bearer {token}"}
        ).status_code

    assert remove(stranger) == 404
    assert len(selectors.devices(person_id=person)) == 1
    assert (remove(person), remove(person)) == (204, 204)
    assert selectors.devices(person_id=person) == []
    assert Device.objects.get().revoked_reason == "switched_off"


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (NOTHING, 0),
        (WHOLE, 0),
        ({**WHOLE, "APP_ID": ""}, 1),
        # The private half of a pair: the page would show it to everybody.
        ({**WHOLE, "VAPID_KEY": base64.urlsafe_b64encode(bytes(32)).decode()}, 1),
        ({**WHOLE, "VAPID_KEY": "no key"}, 1),
    ],
)
def test_half_a_configuration_starts_no_server(
    settings: Settings, told: dict[str, str], found: int
) -> None:
    settings.FIREBASE_WEB_KEY, settings.FIREBASE_WEB = "key", told

    assert [one.id for one in web_push_is_whole()] == ["uma.E037"] * found


def test_somebody_at_a_business_reads_what_was_said_to_them() -> None:
    shop = make_shop(now=timezone.now())
    make_message(shop.owner_id, kind="money.low_balance", body="Offers pause soon.", data={})
    client = signed_in(shop.owner_id)

    assert '<span class="badge good">1</span>' in client.get("/business/more").content.decode()
    page = client.get("/business/inbox").content.decode()
    assert "Offers pause soon." in page
    assert 'href="/business/wallet">See more</a>' in page
    assert '<span class="badge good">1</span>' not in client.get("/business/more").content.decode()

"""The plain way of a scan and DRF's, side by side: whatever is sent, both answer the same bytes."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from apps.handshake import services
from apps.handshake.models import Handshake
from apps.handshake.views import scans
from apps.merchants import services as merchants
from apps.rides import qr
from apps.rides.models import Booking
from tests.factories import Shop, code_of, keyring, make_booking, make_shop
from tests.kernel.json_cases import ODD, REFUSED
from uma.kernel.http.authentication import authenticate, issue_access_token
from uma.kernel.http.counting import SCANNERS, Taken
from uma.kernel.http.plain import Plain, read_plainly

pytestmark = pytest.mark.django_db
PATH = "/api/handshake/execute"
JSON = "application/json"
NOW = datetime.now(UTC).replace(microsecond=250_000)


class Door:
    """Sends a request by one of the two ways and undoes whatever it did."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.taken: list[Plain | None] = []

    def send(
        self, body: bytes, *, method: str = "POST", content_type: str = JSON, **more: str
    ) -> Any:
        """Return the answer as (status, headers, bytes), and what it left in the database."""
        headers = {"Authorization": f"Bearer {self.token}", "X-Request-ID": "both-doors"} | {
            name.replace("_", "-"): value for name, value in more.items()
        }
        for counts in SCANNERS._counts.values():
            counts.clear()
        client = Client(raise_request_exception=False)
        savepoint = transaction.savepoint()
        response = client.generic(method, PATH, body, content_type=content_type, headers=headers)
        left = [
            {name: value for name, value in row.items() if name != "id"}
            for row in Handshake.objects.values()
        ]
        transaction.savepoint_rollback(savepoint)
        # What is left of a limit depends on who asked before and on the clock.
        answered = {
            name: "" if name.startswith("RateLimit") else value
            for name, value in response.headers.items()
        }
        return response.status_code, answered, _without_id(response), left


def _without_id(response: HttpResponseBase) -> bytes:
    """Return the answer with the handshake's id, new in each run, blanked."""
    content: bytes = response.content  # type: ignore[attr-defined]  # no answer of a scan streams
    if response.status_code != 200:
        return content
    identifier = json.loads(content)["handshake"]["id"]
    return content.replace(identifier.encode(), b"-")


@pytest.fixture
def shop() -> Shop:
    return make_shop(now=NOW)


@pytest.fixture
def booking(shop: Shop) -> Booking:
    return make_booking(shop, now=NOW)


@pytest.fixture
def door(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Door:
    token = issue_access_token(
        user_id=shop.owner_id, role="merchant", session_id=uuid4(), now=datetime.now(UTC)
    )
    authenticate(token)
    door = Door(token)

    def look(request: HttpRequest, **facts: Any) -> Plain | None:
        found = read_plainly(request, **facts)
        door.taken.append(found)
        return found

    monkeypatch.setattr(scans, "read_plainly", look)
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return door


@pytest.fixture
def both(door: Door, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, bool]]:
    """Send by both doors, compare all, and return the status and whether the plain one answered."""

    def send(body: bytes, **facts: Any) -> tuple[int, bool]:
        one = door.send(body, **facts)
        # Some are refused before any view.
        was_plain = bool(door.taken) and door.taken[-1] is not None
        with monkeypatch.context() as patched:
            patched.setattr(scans, "read_plainly", lambda _, **__: None)
            other = door.send(body, **facts)
        assert one == other
        status: int = one[0]
        return status, was_plain

    return send


def scanned(booking: Booking, **more: object) -> bytes:
    return json.dumps({"qrData": code_of(booking, at=NOW), **more}).encode()


Both = Callable[..., tuple[int, bool]]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"outletId": None, "billAmount": None, "location": None},
        {"billAmount": 749.5},
        {"billAmount": 750},
        {"location": {"latitude": 13.3565, "longitude": 74.7928}},
    ],
)
@pytest.mark.parametrize("key", [None, "once", '"quoted"'])
def test_a_good_scan(
    both: Both, booking: Booking, more: dict[str, object], key: str | None
) -> None:
    headers = {} if key is None else {"Idempotency_Key": key}

    assert both(scanned(booking, **more), **headers) == (200, True)


def test_digits_in_place_of_the_code(both: Both, booking: Booking) -> None:
    key = qr.booking_key(keys=keyring(), kid=booking.qr_kid, ref=booking.ref)
    digits = qr.spoken_code(key=key, step=qr.step_at(NOW))

    assert both(json.dumps({"code": digits}).encode()) == (200, True)
    assert both(b'{"code":"000000"}')[1]


@pytest.mark.parametrize(
    ("more", "status"),
    [({"Idempotency_Key": "once"}, 200), ({"Idempotency_Key": "other"}, 200), ({}, 200)],
)
def test_a_scan_of_what_is_settled(
    both: Both, shop: Shop, booking: Booking, door: Door, more: dict[str, str], status: int
) -> None:
    Client().generic(
        "POST",
        PATH,
        scanned(booking),
        content_type=JSON,
        headers={"Authorization": f"Bearer {door.token}", "Idempotency-Key": "once"},
    )
    assert Handshake.objects.filter(merchant_id=shop.merchant.pk).count() == 1

    assert both(scanned(booking), **more) == (status, True)
    assert both(scanned(booking, billAmount=1), Idempotency_Key="once") == (422, True)


def test_every_refusal_of_the_rules(both: Both, shop: Shop, booking: Booking) -> None:
    stale = json.dumps({"qrData": code_of(booking, at=NOW - timedelta(minutes=9))}).encode()
    strange = scanned(make_booking(make_shop("Next door", now=NOW), now=NOW))

    assert both(stale) == (410, True)
    assert both(strange) == (404, True)
    assert both(b'{"qrData":"UMA1.A1"}') == (422, True)
    assert both(scanned(booking, outletId=str(uuid4()))) == (403, True)
    merchants.suspend(merchant_id=shop.merchant.pk, actor_id=None, reason="a test", now=NOW)
    assert both(scanned(booking)) == (409, True)


@pytest.mark.parametrize("name", sorted(REFUSED | ODD))
def test_every_hostile_body(both: Both, name: str) -> None:
    case = (REFUSED | ODD)[name]
    headers = {"Content_Encoding": case.encoding} if case.encoding else {}

    status, was_plain = both(case.body, content_type=case.content_type, **headers)

    assert 400 <= status < 500
    assert not was_plain


@pytest.mark.parametrize(
    "more",
    [
        {"code": "123456"},
        {"price": 1},
        {"outletId": "x"},
        {"billAmount": -1},
        {"billAmount": 1.005},
        {"billAmount": True},
        {"location": {"latitude": 91, "longitude": 0}},
        {"qrData": ""},
        {"qrData": "A" * 65},
        {"qrData": "A" * 5_000},
        {"qrData": None},
        {"qrData": "UMA1\u202e"},
        {"qr_data": "UMA1"},
    ],
)
def test_every_wrong_shape_is_left_to_drf(
    both: Both, booking: Booking, more: dict[str, object]
) -> None:
    status, was_plain = both(scanned(booking, **more))

    assert status in {400, 422}
    assert not was_plain


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer nonsense"}, 401),
        ({"Authorization": "Basic eDp5"}, 401),
        ({"Authorization": "Bearer uma_live_nonsense"}, 401),
        ({"Idempotency_Key": "क"}, 400),
        ({"Idempotency_Key": ""}, 400),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "application/json; charset=latin-1"}, 415),
        ({"content_type": "application/json; charset=utf-8"}, 200),
        ({"method": "GET"}, 405),
        ({"method": "PUT"}, 405),
    ],
)
def test_every_unusual_request_is_left_to_drf(
    both: Both, booking: Booking, facts: dict[str, str], status: int
) -> None:
    assert both(scanned(booking), **facts) == (status, False)


@pytest.mark.parametrize("role", ["rider", "operator"])
def test_another_role_is_left_to_drf(both: Both, door: Door, booking: Booking, role: str) -> None:
    door.token = issue_access_token(
        user_id=uuid4(), role=role, session_id=uuid4(), now=datetime.now(UTC)
    )
    authenticate(door.token)

    assert both(scanned(booking)) == (403, False)


def test_a_session_that_ended_is_left_to_drf(
    both: Both, booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    from uma.kernel.http import revocation  # noqa: PLC0415

    # A thread writes down what it read; whatever that is, everybody's session has ended.
    everybody = property(lambda _: _Everybody(), lambda *_: None)
    monkeypatch.setattr(revocation.Watch, "_ended", everybody, raising=False)

    assert both(scanned(booking)) == (401, False)


class _Everybody(dict[Any, float]):
    def __contains__(self, _: object) -> bool:
        return True


def test_more_scans_than_one_person_may_make(
    both: Both, booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def all_taken(_: object, __: object, limits: Sequence[int]) -> Taken:
        return Taken(allowed=False, counts=list(limits), limits=list(limits))

    monkeypatch.setattr(SCANNERS, "take", all_taken)

    assert both(scanned(booking)) == (429, True)


@pytest.mark.parametrize(
    ("error", "status"), [(OperationalError("gone"), 503), (ZeroDivisionError(), 500)]
)
def test_what_the_database_or_a_bug_does(
    both: Both,
    booking: Booking,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(services, "execute", fail)

    assert both(scanned(booking)) == (status, True)

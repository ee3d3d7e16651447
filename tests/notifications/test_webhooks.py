"""Events to merchants' own systems: signed, sent once, tried again, given up, and sent once more."""

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from apps.notifications import selectors, services, webhooks
from apps.notifications.models import WebhookDelivery, WebhookEndpoint
from tests.factories import NOON
from uma.kernel.http import outward
from uma.kernel.http.outward import Answer

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
EVENT = "handshake.success"


class System:
    """A merchant's system: what it was sent, and what it answers."""

    def __init__(self, *statuses: int | None) -> None:
        self.statuses = list(statuses)
        self.sent: list[tuple[str, bytes, dict[str, str]]] = []

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        self.sent.append((url, body, headers))
        status = self.statuses.pop(0) if self.statuses else 200
        return Answer(status, "" if status else "timeout", 7)


def endpoint(
    merchant_id: UUID | None = None, url: str = "https://pos.example.in/"
) -> WebhookEndpoint:
    return services.add_endpoint(
        merchant_id=merchant_id or uuid4(), url=url, events=[EVENT], secret=SECRET, now=NOON
    )


def owe(row: WebhookEndpoint, payload: dict[str, object] | None = None) -> WebhookDelivery:
    (owed,) = services.queue_webhook(
        merchant_id=row.merchant_id, event_id=uuid4(), type=EVENT, payload=payload or {}, now=NOON
    )
    return owed


def state(row: WebhookDelivery) -> tuple[str, int, str]:
    row.refresh_from_db()
    return row.state, row.attempts, row.last_error


def test_what_arrives_is_proved_by_the_secret_and_names_the_event() -> None:
    owed, system = owe(endpoint(), {"bookingId": "b", "merchantDebit": 232.6}), System()

    assert webhooks.deliver(send=system, now=NOON) == 1

    ((_, body, headers),) = system.sent
    assert json.loads(body)["data"] == {"bookingId": "b", "merchantDebit": 232.6}
    assert headers["webhook-id"] == f"msg_{owed.event_id.hex}"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(b"k" * 32, signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert state(owed) == ("DELIVERED", 1, "")


def test_the_vector_of_the_specification_is_signed_as_it_says() -> None:
    # https://github.com/standard-webhooks/standard-webhooks: the reference libraries' own vector.
    signed = webhooks.signature(
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at_s=1614265330,
        body=b'{"test": 2432232314}',
    )

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_a_secret_is_rotated_both_sign_and_then_the_new_one_alone() -> None:
    row, system = endpoint(), System()
    services.rotate_endpoint_secret(endpoint_id=row.pk, old_until=NOON + timedelta(hours=1))
    owe(row)
    webhooks.deliver(send=system, now=NOON)
    owe(row)
    webhooks.deliver(send=system, now=NOON + timedelta(hours=1))

    both, alone = (headers["webhook-signature"].split() for _, _, headers in system.sent)

    assert (len(both), len(alone)) == (2, 1)
    old = webhooks.signature(
        secret=SECRET, message_id=system.sent[0][2]["webhook-id"], at_s=int(NOON.timestamp()),
        body=system.sent[0][1],
    )  # fmt: skip
    assert both[1] == old
    assert old != both[0]


def test_a_system_that_is_down_is_tried_ten_times_in_three_days_and_then_not_again() -> None:
    owed, now = owe(endpoint()), NOON
    system = System(*[500] * 20)

    while state(owed)[0] == "PENDING":
        WebhookEndpoint.objects.update(paused_until=None, failing_since=None)
        webhooks.deliver(send=system, now=now)
        owed.refresh_from_db()
        now = max(now, owed.next_attempt_at)

    assert state(owed) == ("FAILED", webhooks.TRIES, "status_500")
    assert timedelta(days=3) < now - NOON < timedelta(days=4)


def test_a_dead_system_is_left_alone_and_others_go_on() -> None:
    dead, alive = endpoint(), endpoint(url="https://other.example.in/")
    for _ in range(webhooks.CIRCUIT_FAILURES):
        owe(dead)
        webhooks.deliver(send=System(None), now=NOON)
    owe(dead)
    owe(alive)
    system = System()

    webhooks.deliver(send=system, now=NOON)

    assert [url for url, _, _ in system.sent] == ["https://other.example.in/"]
    webhooks.deliver(send=system, now=NOON + webhooks.CIRCUIT_BASE)
    assert len(system.sent) == 2
    dead.refresh_from_db()
    assert (dead.failures, dead.paused_until) == (0, None)


@pytest.mark.parametrize(
    ("status", "since", "reason"),
    [(410, timedelta(), "gone"), (500, webhooks.GIVEN_UP_AFTER, "failing")],
)
def test_what_is_gone_is_disabled_and_keeps_what_it_was_owed(
    status: int, since: timedelta, reason: str
) -> None:
    row = endpoint()
    owed, other = owe(row), owe(row)
    WebhookEndpoint.objects.update(failing_since=NOON - since)

    webhooks.deliver(send=System(status), now=NOON)

    row.refresh_from_db()
    assert (row.disabled_at, row.disabled_reason) == (NOON, reason)
    assert {state(owed)[0], state(other)[0]} == {"DISABLED"}
    assert webhooks.deliver(send=System(), now=NOON + timedelta(days=1)) == 0


def test_one_batch_asks_each_system_once_so_that_a_slow_one_holds_back_nobody() -> None:
    row, other = endpoint(), endpoint(url="https://other.example.in/")
    for _ in range(3):
        owe(row)
    owe(other)
    system = System()

    webhooks.deliver(send=system, now=NOON)

    assert sorted(url for url, _, _ in system.sent) == [
        "https://other.example.in/", "https://pos.example.in/",
    ]  # fmt: skip


def test_two_workers_send_an_event_once() -> None:
    owed = owe(endpoint())
    seen: list[str] = []

    def slow(url: str, body: bytes, headers: dict[str, str]) -> Answer:
        # While this one sends, another worker looks for what is due.
        seen.append(url)
        assert webhooks.deliver(send=System(), now=NOON) == 0
        connection.close()
        del body, headers
        return Answer(200, "", 1)

    webhooks.deliver(send=slow, now=NOON)

    assert seen == ["https://pos.example.in/"]
    assert state(owed) == ("DELIVERED", 1, "")


def test_a_worker_whose_lease_ran_out_records_nothing() -> None:
    owed = owe(endpoint())

    def late(url: str, body: bytes, headers: dict[str, str]) -> Answer:
        del url, body, headers
        WebhookDelivery.objects.update(attempts=2)
        connection.close()
        return Answer(500, "", 1)

    webhooks.deliver(send=late, now=NOON)

    assert state(owed) == ("PENDING", 2, "")
    assert WebhookEndpoint.objects.get().failures == 0


def test_a_replay_sends_what_is_over_once_more_under_its_own_id() -> None:
    row = endpoint()
    owed, system = owe(row), System()
    webhooks.deliver(send=system, now=NOON)
    waiting = owe(row)

    count = services.replay_deliveries(
        endpoint_id=row.pk, since=NOON, until=NOON + timedelta(seconds=1), limit=10, now=NOON
    )
    webhooks.deliver(send=system, now=NOON)
    webhooks.deliver(send=system, now=NOON)

    assert count == 1, "what still waits is not sent twice"
    assert [sent[2]["webhook-id"] for sent in system.sent].count(f"msg_{owed.event_id.hex}") == 2
    assert state(owed) == ("DELIVERED", 2, "")
    assert state(waiting)[0] == "DELIVERED"


def test_nothing_is_sent_inside_a_transaction() -> None:
    with transaction.atomic(), pytest.raises(AssertionError):
        webhooks.deliver(send=System(), now=NOON)


def test_the_log_shows_the_shape_of_what_was_sent_and_no_guest() -> None:
    shown = selectors.redacted({"customer": "c", "merchantDebit": 232.6, "bookingId": "b"})

    assert shown == {"customer": "•••", "merchantDebit": "•••", "bookingId": "b"}


# --- where a request goes ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
     "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1",
     "64:ff9b::a00:1", "2002:a00:1::", "ff02::1", "198.51.100.7", "240.0.0.1"],
)  # fmt: skip
def test_an_address_that_is_not_everybodys_is_not_asked(address: str) -> None:
    assert not outward.is_public(address)
    host = f"[{address.partition('%')[0]}]" if ":" in address else address
    answer = outward.post(f"https://{host}/", b"{}", {}, private=False)
    assert (answer.status, answer.error) == (None, "address_refused")


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888"])
def test_an_address_that_is_everybodys_may_be_asked(address: str) -> None:
    assert outward.is_public(address)


@pytest.mark.parametrize(
    "url",
    ["http://pos.example.in/", "https://pos.example.in:8443/", "https://a:b@pos.example.in/",
     "https:///x", "ftp://pos.example.in/", "https://pos.example.in/#x", "https://pos.example.in/ x",
     "https://pos.example.in/\r\nX: y", "https://[::1", "https://p\u043es.example.in/", "x" * 600,
     "https://2130706433/", "https://localhost/", "https://127.1/"],
)  # fmt: skip
def test_what_is_no_public_https_address_is_refused(url: str) -> None:
    assert outward.post(url, b"{}", {}, private=False).error == "address_refused"


class Listening(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # the library's name
        self.server.heard.append((self.path, self.headers["Host"]))  # type: ignore[attr-defined]  # set below
        self.rfile.read(int(self.headers["Content-Length"]))
        status = 302 if self.path == "/elsewhere" else 204
        self.send_response(status)
        self.send_header("Location", "/stolen")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's; Any: its own
        """Say nothing."""


@pytest.fixture
def listener() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listening)
    server.heard = []  # type: ignore[attr-defined]  # what it was asked
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_the_connection_goes_to_what_was_checked_and_not_to_what_the_name_says_later(
    listener: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listener.server_address[1]
    asked: list[str] = []

    def rebinding(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "192.0.2.1"
        return [(2, 1, 6, "", (address, port))]

    resolve: Callable[..., Any] = socket.getaddrinfo  # Any: the library's
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **k:
        rebinding(host) if host == "pos.example.in" else resolve(host, *a, **k))  # fmt: skip

    answer = outward.post(f"http://pos.example.in:{port}/in?a=b", b"{}", {}, private=True)

    assert answer.status == 204
    assert asked == ["pos.example.in"], "the name is looked up once"
    assert listener.heard == [("/in?a=b", f"pos.example.in:{port}")]  # type: ignore[attr-defined]  # set above


def test_a_redirect_is_an_answer_and_is_not_followed(listener: ThreadingHTTPServer) -> None:
    url = f"http://127.0.0.1:{listener.server_address[1]}/elsewhere"

    assert outward.post(url, b"{}", {}, private=True).status == 302
    assert len(listener.heard) == 1  # type: ignore[attr-defined]  # set above


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [(2, 1, 6, "", ("8.8.8.8", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    assert (
        outward.post("https://pos.example.in/", b"", {}, private=False).error == "address_refused"
    )


def test_an_answer_that_drips_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outward, "WHOLE_S", 0.3)
    wire = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip() -> None:
        peer, _ = wire.accept()
        with peer:
            while not stop.wait(0.05):
                try:
                    peer.send(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    answer = outward.post(f"http://127.0.0.1:{wire.getsockname()[1]}/", b"{}", {}, private=True)
    stop.set()
    thread.join()
    wire.close()

    assert answer.status is None
    assert answer.error in {"slow", "unreachable"}

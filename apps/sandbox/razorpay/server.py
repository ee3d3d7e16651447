"""The pretended Razorpay's HTTP side: the API, the checkout page, and `/_control` to steer it."""

import base64
import hmac
import json
import re
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from apps.sandbox.answer import NOT_FOUND, Answer, object_in
from apps.sandbox.razorpay import checkout, control
from apps.sandbox.razorpay.payments import Payments
from apps.sandbox.razorpay.payouts import Payouts
from apps.sandbox.razorpay.refusing import Refused
from apps.sandbox.razorpay.store import Store, shown
from apps.sandbox.razorpay.validations import Validations
from apps.sandbox.razorpay.webhooks import Webhooks

HOST = "127.0.0.1"
BODY_MAX_BYTES = 64 * 1024
_UNAUTHORIZED = Answer(
    401, {"error": {"code": "BAD_REQUEST_ERROR", "description": "Authentication failed"}}
)


class Razorpay(ThreadingHTTPServer):
    """One pretended account, a thread for each connection."""

    daemon_threads = True
    request_queue_size = 256
    webhooks: Webhooks
    store: Store
    payments: Payments
    payouts: Payouts
    validations: Validations
    weather: control.Weather

    def __init__(
        self,
        *,
        port: int,
        key_id: str,
        key_secret: str,
        webhooks: Webhooks,
        file: Path | None = None,
    ) -> None:
        super().__init__((HOST, port), Handler)
        self.base_url = f"http://{HOST}:{self.server_address[1]}"
        self.key_id = key_id
        token = base64.b64encode(f"{key_id}:{key_secret}".encode()).decode()
        self.authorization = f"Basic {token}"
        self.webhooks = webhooks
        self.store = Store(file=file)
        self.payments = Payments(store=self.store, webhooks=webhooks, key_secret=key_secret)
        self.payouts = Payouts(store=self.store, webhooks=webhooks)
        self.validations = Validations(store=self.store, webhooks=webhooks, payouts=self.payouts)
        self.weather = control.Weather()
        # Method and path of the newest API calls, for tests that count them.
        self.calls: deque[str] = deque(maxlen=2_000)

    def handle_error(self, request: Any, client_address: Any) -> None:  # Any: the base class's
        """Tell of our own mistakes; a client that went away, or was killed, is no news."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def call(
        self, method: str, path: str, *, query: Mapping[str, str], body: Any, key: str
    ) -> Answer:
        """Answer one call of the API; `body` is the JSON object that came."""
        for wanted, pattern, act in ROUTES:
            found = re.fullmatch(pattern, path) if wanted == method else None
            if found is not None:
                return Answer(
                    200, shown(act(self, found[1] if found.groups() else "", query, body, key))
                )
        return NOT_FOUND


# Any: JSON objects of Razorpay's shapes.
Act = Callable[[Razorpay, str, Mapping[str, str], Any, str], Any]
_ID = r"([A-Za-z0-9_]+)"
ROUTES: tuple[tuple[str, str, Act], ...] = (
    ("POST", "/v1/orders", lambda r, _i, _q, body, _k: r.payments.create_order(body)),
    ("GET", "/v1/orders", lambda r, _i, query, _b, _k: r.payments.orders(query)),
    ("GET", f"/v1/orders/{_ID}", lambda r, i, _q, _b, _k: r.payments.order(i)),
    ("GET", f"/v1/orders/{_ID}/payments", lambda r, i, _q, _b, _k: r.payments.payments_of(i)),
    ("GET", "/v1/payments", lambda r, _i, query, _b, _k: r.payments.payments(query)),
    ("GET", f"/v1/payments/{_ID}", lambda r, i, _q, _b, _k: r.payments.payment(i)),
    ("POST", f"/v1/payments/{_ID}/capture", lambda r, i, _q, b, _k: r.payments.capture(i, b)),
    ("POST", f"/v1/payments/{_ID}/refund", lambda r, i, _q, b, k: r.payments.refund(i, b, key=k)),
    ("GET", f"/v1/payments/{_ID}/refunds", lambda r, i, _q, _b, _k: r.payments.refunds_of(i)),
    ("GET", "/v1/settlements/recon/combined", lambda r, _i, q, _b, _k: r.payments.recon(q)),
    ("GET", f"/v1/disputes/{_ID}", lambda r, i, _q, _b, _k: r.payments.dispute_of(i)),
    ("POST", "/v1/contacts", lambda r, _i, _q, body, _k: r.payouts.create_contact(body)),
    ("POST", "/v1/fund_accounts", lambda r, _i, _q, b, _k: r.payouts.create_fund_account(b)),
    ("POST", "/v1/fund_accounts/validations", lambda r, _i, _q, b, _k: r.validations.create(b)),
    ("GET", "/v1/fund_accounts/validations", lambda r, _i, q, _b, _k: r.validations.validations(q)),
    (
        "GET",
        f"/v1/fund_accounts/validations/{_ID}",
        lambda r, i, _q, _b, _k: r.validations.validation(i),
    ),
    ("POST", "/v1/payouts", lambda r, _i, _q, body, key: r.payouts.create(body, key=key)),
    ("GET", "/v1/payouts", lambda r, _i, query, _b, _k: r.payouts.payouts(query)),
    ("GET", f"/v1/payouts/{_ID}", lambda r, i, _q, _b, _k: r.payouts.payout(i)),
    ("POST", f"/v1/payouts/{_ID}/cancel", lambda r, i, _q, _b, _k: r.payouts.cancel(i)),
    ("GET", "/v1/transactions", lambda r, _i, query, _b, _k: r.payouts.transactions(query)),
    ("GET", "/v1/banking_balances", lambda r, _i, _q, _b, _k: r.payouts.balance()),
)


class Handler(BaseHTTPRequestHandler):
    """Routes by path; every answer has a length, so that connections live on."""

    server: Razorpay
    protocol_version = "HTTP/1.1"
    # One packet an answer: a body after its header would wait for a delayed acknowledgement.
    wbufsize = -1
    timeout = 60

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/checkout":
            self._answer(checkout.page(self.server, dict(parse_qsl(url.query))))
        elif url.path.startswith("/_control/"):
            self._answer(control.tell(self.server, url.path.removeprefix("/_control/")))
        else:
            self._api("GET", url.path, url.query, b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > BODY_MAX_BYTES:
            self.close_connection = True
            self._answer(Answer(413, {"error": "a length of at most 64 KiB is required"}))
            return
        raw = self.rfile.read(int(length))
        url = urlsplit(self.path)
        try:
            if url.path == "/v1/checkout/embedded":
                # Where a shop's form sends the browser, as to Razorpay's hosted checkout.
                self._answer(checkout.page(self.server, dict(parse_qsl(raw.decode()))))
            elif url.path == "/checkout":
                self._answer(checkout.pay(self.server, dict(parse_qsl(raw.decode()))))
            elif url.path.startswith("/_control/"):
                action = url.path.removeprefix("/_control/")
                self._answer(control.order(self.server, action, object_in(raw)))
            else:
                self._api("POST", url.path, url.query, raw)
        except Refused as refused:
            self._answer(refused.answer())

    def _api(self, method: str, path: str, query: str, raw: bytes) -> None:
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given, self.server.authorization):
            self._answer(_UNAUTHORIZED)
            return
        self.server.calls.append(f"{method} {path}")
        weather = self.server.weather
        stormy = path.startswith(weather.path)
        if stormy and weather.delay_s:
            time.sleep(weather.delay_s)
        lost = stormy and weather.failures_left > 0
        if lost:
            weather.failures_left -= 1
        if lost and not weather.after:
            self._answer(Refused("The server is out of order.", status=weather.status).answer())
            return
        answer = self._carried_out(method, path, query, raw)
        if lost:
            # Done, and nobody will know: the connection ends without a byte.
            self.close_connection = True
            return
        self._answer(answer)

    def _carried_out(self, method: str, path: str, query: str, raw: bytes) -> Answer:
        try:
            body = json.loads(raw) if raw else {}
            if not isinstance(body, dict):
                raise Refused("The request body is not an object.")  # noqa: TRY301
            return self.server.call(
                method,
                path,
                query=dict(parse_qsl(query)),
                body=body,
                key=self.headers.get("X-Payout-Idempotency", "")
                or self.headers.get("X-Refund-Idempotency", ""),
            )
        except ValueError:
            return Refused("The request body is not JSON.").answer()
        except Refused as refused:
            return refused.answer()

    def _answer(self, answer: Answer) -> None:
        payload = answer.payload()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(payload)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: paths and statuses are no news, bodies are nobody's business."""

"""The sandbox's HTTP side: Google's paths, `/_control` to steer it, and the pretended phone at `/`."""

import re
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from apps.sandbox import control, phone, recaptcha
from apps.sandbox.account import GrantRefused, Key, Tokens
from apps.sandbox.answer import NOT_FOUND, Answer, Refused, object_in, unauthenticated
from apps.sandbox.fcm import Inbox
from apps.sandbox.identity import CERTIFICATES, Identity

HOST = "127.0.0.1"
BODY_MAX_BYTES = 64 * 1024
CROSS_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "content-type",
}
PARAMS = "/v1/recaptchaParams"
_SEND = re.compile(r"/v1/projects/([a-z0-9-]+)/messages:send")
_NO_KEY = Answer(
    403,
    {
        "error": {
            "code": 403,
            "message": "The request is missing a valid API key.",
            "status": "PERMISSION_DENIED",
        }
    },
)


@dataclass
class Weather:
    """How Firebase Auth is to misbehave, as the control endpoints said."""

    status: int = 503
    failures_left: int = 0
    delay_s: float = 0.0
    # How many requests the delay has met since it was ordered.
    held: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def strikes(self) -> Answer | None:
        """Wait as long as ordered; return the failure that is due, if any."""
        if self.delay_s:
            with self._counting:
                self.held += 1
            time.sleep(self.delay_s)
        if not self.failures_left:
            return None
        self.failures_left -= 1
        return Answer(
            self.status, {"error": {"code": self.status, "message": "The sandbox is out of order."}}
        )


class Sandbox(ThreadingHTTPServer):
    """One pretended project, a thread for each connection."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, *, port: int, key: Key, identity: Identity) -> None:
        super().__init__((HOST, port), Handler)
        self.base_url = f"http://{HOST}:{self.server_address[1]}"
        self.tokens = Tokens(key=key)
        self.inbox = Inbox()
        self.identity = identity
        self.weather = Weather()

    def handle_error(self, request: Any, client_address: Any) -> None:  # Any: the base class's
        """Tell of our own mistakes; a client that went away, or was killed, is no news."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Routes by path; every answer has a length, so that connections live on."""

    server: Sandbox
    protocol_version = "HTTP/1.1"
    # One packet an answer: a body after its header would wait for a delayed acknowledgement.
    wbufsize = -1
    timeout = 60

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        path = url.path
        if path == "/":
            self._answer(phone.page())
        elif path == PARAMS:
            self._answer(self._recaptcha_params(key=url.query))
        elif path == recaptcha.SCRIPT:
            self._answer(recaptcha.script())
        elif path == recaptcha.FRAME:
            self._answer(recaptcha.frame())
        elif path == CERTIFICATES:
            self._answer(self.server.weather.strikes() or self.server.identity.certificates())
        elif path.startswith("/_control/"):
            self._answer(control.tell(self.server, path.removeprefix("/_control/")))
        else:
            self._answer(NOT_FOUND)

    def do_OPTIONS(self) -> None:
        """Let pages of any origin ask Identity Toolkit, as Google does; the key says which project."""
        self._answer(Answer(204, b"", {**CROSS_ORIGIN, "Access-Control-Max-Age": "600"}))

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > BODY_MAX_BYTES:
            self.close_connection = True
            self._answer(Answer(413, {"error": "a length of at most 64 KiB is required"}))
            return
        raw = self.rfile.read(int(length))
        url = urlsplit(self.path)
        send = _SEND.fullmatch(url.path)
        try:
            if send is not None:
                answer = self._send(send[1], raw)
            elif url.path == "/token":
                answer = self._token(raw)
            elif url.path == recaptcha.VERIFY:
                passed = self.server.identity.proofs.of_browser(site_key=object_in(raw).get("k"))
                answer = Answer(200, {"token": passed})
            elif url.path.startswith("/_control/"):
                answer = control.order(
                    self.server, url.path.removeprefix("/_control/"), object_in(raw)
                )
            else:
                answer = self._identity(url.path, key=url.query, raw=raw)
        except Refused as refused:
            answer = refused.answer()
        self._answer(answer)

    def _send(self, project: str, raw: bytes) -> Answer:
        delay_s = self.server.inbox.orders.delay_s
        if delay_s:
            time.sleep(delay_s)
        if not self._is_server():
            return unauthenticated()
        return self.server.inbox.send(project=project, request=object_in(raw), size=len(raw))

    def _token(self, raw: bytes) -> Answer:
        form = dict(parse_qsl(raw.decode("ascii", "replace")))
        try:
            return Answer(200, self.server.tokens.exchange(form))
        except GrantRefused as refused:
            return Answer(400, {"error": str(refused)})

    def _identity(self, path: str, *, key: str, raw: bytes) -> Answer:
        identity = self.server.identity
        if path in identity.public:
            if not parse_qs(key).get("key"):
                return _NO_KEY
            act = identity.public[path]
        elif path in identity.admin:
            if not self._is_server():
                return unauthenticated()
            act = identity.admin[path]
        else:
            return NOT_FOUND
        return self.server.weather.strikes() or Answer(200, act(_body(raw)))

    def _recaptcha_params(self, *, key: str) -> Answer:
        if not parse_qs(key).get("key"):
            return _NO_KEY
        return self.server.weather.strikes() or Answer(200, self.server.identity.recaptcha_params())

    def _is_server(self) -> bool:
        return self.server.tokens.is_valid(self.headers.get("Authorization", ""))

    def _answer(self, answer: Answer) -> None:
        payload = answer.payload()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(payload)))
        public = urlsplit(self.path).path.startswith(("/v1/accounts:", PARAMS))
        shared = CROSS_ORIGIN if public else {}
        for name, value in {**shared, **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: a push's path and status are no news, its body is nobody's business."""


def _body(raw: bytes) -> Mapping[str, object]:
    """Return the fields of a JSON object, or of a form such as the token endpoint takes as well."""
    if raw.lstrip().startswith(b"{"):
        return object_in(raw)
    return dict(parse_qsl(raw.decode("ascii", "replace")))

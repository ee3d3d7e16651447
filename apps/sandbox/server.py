"""The sandbox's HTTP side: Google's token endpoint, FCM's send, and `/_control` to steer it."""

import json
import re
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from apps.sandbox.account import GrantRefused, Key, Tokens
from apps.sandbox.fcm import FAILURES, Answer, Inbox, unauthenticated

HOST = "127.0.0.1"
BODY_MAX_BYTES = 64 * 1024
_SEND = re.compile(r"/v1/projects/([a-z0-9-]+)/messages:send")
_NOT_FOUND = Answer(404, {"error": "not found"})


class Sandbox(ThreadingHTTPServer):
    """One pretended project, a thread for each connection."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, *, port: int, key: Key) -> None:
        super().__init__((HOST, port), Handler)
        self.base_url = f"http://{HOST}:{self.server_address[1]}"
        self.tokens = Tokens(key=key)
        self.inbox = Inbox()

    def handle_error(self, request: Any, client_address: Any) -> None:  # Any: the base class's
        """Tell of our own mistakes; a client that went away, or was killed, is no news."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Routes by path; every answer is JSON with a length, so that connections live on."""

    server: Sandbox
    protocol_version = "HTTP/1.1"
    # One packet an answer: a body after its header would wait for a delayed acknowledgement.
    wbufsize = -1
    timeout = 60

    def do_GET(self) -> None:
        if self.path == "/_control/fcm":
            self._answer(Answer(200, self.server.inbox.report()))
        elif self.path == "/_control/health":
            self._answer(Answer(200, {"status": "ok", "tokens": self.server.tokens.given}))
        else:
            self._answer(_NOT_FOUND)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > BODY_MAX_BYTES:
            self.close_connection = True
            self._answer(Answer(413, {"error": "a length of at most 64 KiB is required"}))
            return
        raw = self.rfile.read(int(length))
        send = _SEND.fullmatch(self.path)
        if send is not None:
            self._answer(self._send(send[1], raw))
        elif self.path == "/token":
            self._answer(self._token(raw))
        elif self.path.startswith("/_control/"):
            self._answer(self._control(self.path.removeprefix("/_control/"), raw))
        else:
            self._answer(_NOT_FOUND)

    def _send(self, project: str, raw: bytes) -> Answer:
        delay_s = self.server.inbox.orders.delay_s
        if delay_s:
            time.sleep(delay_s)
        if not self.server.tokens.is_valid(self.headers.get("Authorization", "")):
            return unauthenticated()
        return self.server.inbox.send(project=project, request=_object(raw), size=len(raw))

    def _token(self, raw: bytes) -> Answer:
        form = dict(parse_qsl(raw.decode("ascii", "replace")))
        try:
            return Answer(200, self.server.tokens.exchange(form))
        except GrantRefused as refused:
            return Answer(400, {"error": str(refused)})

    def _control(self, action: str, raw: bytes) -> Answer:
        body, inbox = _object(raw), self.server.inbox
        try:
            if action == "reset":
                inbox.reset()
                self.server.tokens.given = 0
            elif action == "revoke-tokens":
                self.server.tokens.forget()
            elif action == "fcm/addresses":
                inbox.orders.addresses.update(_codes(body))
            elif action == "fcm/fail":
                inbox.orders.failure = _code(body["code"])
                inbox.orders.retry_after_s = int(str(body.get("retryAfter", 0)))
                inbox.orders.failures_left = int(str(body["times"]))
            elif action == "fcm/delay":
                inbox.orders.delay_s = float(str(body["seconds"]))
            else:
                return _NOT_FOUND
        except (KeyError, ValueError) as failure:
            return Answer(400, {"error": f"{type(failure).__name__}: {failure}"})
        return Answer(200, {"done": action})

    def _answer(self, answer: Answer) -> None:
        payload = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: a push's path and status are no news, its body is nobody's business."""


def _object(raw: bytes) -> Mapping[str, object]:
    """Return the JSON object in `raw`, or an empty one."""
    try:
        parsed = json.loads(raw or b"{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _code(value: object) -> str:
    if value not in FAILURES:
        raise ValueError(f"{value} is none of {', '.join(sorted(FAILURES))}")
    return str(value)


def _codes(body: Mapping[str, object]) -> dict[str, str]:
    """Return address → error code."""
    return {address: _code(code) for address, code in body.items()}

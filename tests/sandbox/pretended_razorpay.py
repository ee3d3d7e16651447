"""The pretended Razorpay as a process of its own, and a receiver for its webhooks."""

import hashlib
import hmac
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import razorpay
import requests

KEY_ID, KEY_SECRET = "rzp_test_sandbox", "razorpay-secret-of-no-value"
WEBHOOK_SECRET, WEBHOOK_SECRET_X = "webhook-secret-of-no-value", "x-webhook-secret-of-no-value"
PATIENCE_S = 10.0


class RazorpayProcess:
    """The stand-in, started with `webhooks` as the platform's address."""

    def __init__(self, *, webhooks: str = "", file: Path | None = None) -> None:
        command = [sys.executable, "-m", "apps.sandbox.razorpay", "--webhooks", webhooks]
        secrets = {
            "UMA_RAZORPAY_KEY_ID": KEY_ID,
            "UMA_RAZORPAY_KEY_SECRET": KEY_SECRET,
            "UMA_RAZORPAY_WEBHOOK_SECRETS": WEBHOOK_SECRET,
            "UMA_RAZORPAYX_WEBHOOK_SECRETS": WEBHOOK_SECRET_X,
        }
        self._process = subprocess.Popen(
            command + (["--file", str(file)] if file else []),
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | secrets,
        )
        assert self._process.stdout is not None
        name, _, self.url = self._process.stdout.readline().strip().partition(" ")
        assert name == "razorpay"

    def client(self) -> Any:  # Any: the SDK has no types
        return razorpay.Client(auth=(KEY_ID, KEY_SECRET), base_url=self.url)

    def order(self, action: str, **facts: object) -> Any:  # Any: a JSON document
        answer = requests.post(f"{self.url}/_control/{action}", json=facts, timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def ask(self, what: str) -> Any:  # Any: as above
        return requests.get(f"{self.url}/_control/{what}", timeout=5).json()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)
        assert self._process.stdout is not None
        self._process.stdout.close()


class Receiver:
    """A server that takes webhooks, checks their signatures, and refuses when told to."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, Any]] = []  # Any: the event's JSON
        self.refuse = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                secret = WEBHOOK_SECRET_X if self.path.endswith("x") else WEBHOOK_SECRET
                made = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
                good = made == self.headers["X-Razorpay-Signature"]
                refused = receiver.refuse > 0
                receiver.refuse -= refused
                if good and not refused:
                    event_id = self.headers["x-razorpay-event-id"]
                    body = json.loads(raw)
                    receiver.events.append((event_id, body["event"], body))
                self.send_response(200 if good and not refused else 500)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def names(self) -> list[str]:
        return [name for _, name, _ in self.events]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def eventually(true: Callable[[], bool]) -> None:
    """Wait until it is true, at most ten seconds."""
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.02)

"""The pretended network as a process of its own, and a buyer app that signs and listens."""

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests

from apps.ondc import signing
from apps.ondc.outgoing import wire
from apps.ondc.outgoing.context import BuyerApp, Context, Counterparty, Json
from uma.stack import ports

BUYER_ID, KEY_ID = "bap.sandbox.example.in", "key-1"
PACE_S = 0.05
MERCHANT_OF_AUTOS = "nammayatri.sandbox.example.in/beckn/7f7896dd-787e-4a0b-8675-e9e6fe93bb8f"
LARGEST_BYTES = 5 * 1024 * 1024


class NetworkProcess:
    """The stand-in; `keys` are the buyer's, which its registry lists from the start."""

    def __init__(
        self,
        *,
        keys: signing.NewKeys,
        buyer: str = "",
        file: Path | None = None,
        pace_s: float = PACE_S,
    ) -> None:
        command = [sys.executable, "-m", "apps.sandbox.ondc", "--buyer", buyer]
        command += ["--pace", str(pace_s)] + (["--file", str(file)] if file else [])
        names = {
            "UMA_ONDC_SUBSCRIBER_ID": BUYER_ID,
            "UMA_ONDC_SIGNING_KEYS": f"{KEY_ID}:{keys.signing_private_key}",
        }
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=os.environ | names
        )
        assert self._process.stdout is not None
        name, _, self.url = self._process.stdout.readline().strip().partition(" ")
        assert name == "ondc"

    def order(self, action: str, /, **facts: object) -> None:
        answer = requests.post(f"{self.url}/_control/{action}", json=facts, timeout=5)
        assert answer.status_code == 200, answer.text

    def ask(self, what: str) -> Any:  # Any: a JSON document
        return requests.get(f"{self.url}/_control/{what}", timeout=5).json()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)
        assert self._process.stdout is not None
        self._process.stdout.close()


def buyer_settings(
    network: NetworkProcess, *, keys: signing.NewKeys, web_port: int
) -> dict[str, str]:
    """Return the environment of a platform that is the buyer app on this network."""
    return {
        "UMA_ONDC_ENVIRONMENT": "staging",
        "UMA_ONDC_SUBSCRIBER_ID": BUYER_ID,
        "UMA_ONDC_SUBSCRIBER_URI": f"http://{ports.HOST}:{web_port}/api/ondc",
        "UMA_ONDC_SIGNING_KEYS": f"{KEY_ID}:{keys.signing_private_key}",
        "UMA_ONDC_ENCRYPTION_KEYS": keys.encryption_private_key,
        "UMA_ONDC_REGISTRY_URL": f"{network.url}/registry",
        "UMA_ONDC_GATEWAY_URL": f"{network.url}/gateway",
        "UMA_ONDC_SETTLEMENT_AGENCY_ID": "settlements.sandbox.example.in",
        "UMA_ONDC_SETTLEMENT_AGENCY_URI": f"{network.url}/agency",
    }


@dataclass
class Buyer:
    """A buyer app in a thread: says what it is told to, and keeps every callback that is proved."""

    keys: signing.NewKeys
    heard: list[Any] = field(default_factory=list)  # Any: JSON documents
    unproved: list[Any] = field(default_factory=list)  # Any: as above
    network: str = ""

    def __post_init__(self) -> None:
        buyer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                buyer.take(raw, self.headers.get("Authorization", ""))
                payload = b'{"message":{"ack":{"status":"ACK"}}}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, raw: bytes, authorization: str) -> None:
        try:
            said = signing.parse_header(authorization)
            wanted = {"subscriber_id": said.subscriber_id, "ukId": said.unique_key_id}
            found = self.call("/registry/v2.0/lookup", wanted).json()
            public = signing.signing_public(found[0]["signing_public_key"])
            signing.verify(raw, authorization, public_key=public, now=int(time.time()))
            body = json.loads(raw)
        except (signing.NotVerified, LookupError, ValueError):
            self.unproved.append(raw)
            return
        # As large as nothing in the field is: what a buyer app must refuse by its size alone.
        (self.unproved if len(raw) > LARGEST_BYTES else self.heard).append(body)

    def call(self, path: str, body: Any, *, raw: bytes = b"") -> requests.Response:
        """Sign a body and send it to a path of the network, or to an address."""
        raw = raw or json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        url = path if path.startswith("http") else self.network + path
        return requests.post(url, data=raw, headers=self.signed(raw), timeout=5)

    def signed(self, raw: bytes) -> dict[str, str]:
        now = int(time.time())
        header = signing.sign(
            raw,
            key=signing.signing_seed(self.keys.signing_private_key),
            subscriber_id=BUYER_ID,
            unique_key_id=KEY_ID,
            created=now,
            expires=now + 300,
        )
        return {"Authorization": header, "Content-Type": "application/json"}

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Journey:
    """One transaction with a seller: says an action and waits for what comes of it."""

    buyer: Buyer
    domain: str
    version: str
    city: str = "std:080"
    id: UUID = field(default_factory=uuid4)
    to: Counterparty | None = None

    def say(self, action: str, message: Json, *, raw: bytes = b"") -> requests.Response:
        context = Context(
            domain=self.domain,
            version=self.version,
            action=action,
            city=self.city,
            sender=BuyerApp(BUYER_ID, self.buyer.url),
            to=self.to,
            transaction_id=self.id,
            message_id=uuid4(),
            at=datetime.now(UTC),
        )
        written = context.retail() if self.domain == "ONDC:RET11" else context.beckn()
        raw = raw or wire.encode(context=written, message=message)
        path = "/gateway/search" if self.to is None else f"{self.to.uri}/{action}"
        return self.buyer.call(path, None, raw=raw)

    def heard(self, action: str, *, state: str = "") -> list[Any]:  # Any: JSON documents
        """Return this journey's callbacks of an action, the oldest first."""
        found = [
            one
            for one in list(self.buyer.heard)
            if one["context"]["transaction_id"] == str(self.id)
            and one["context"]["action"] == action
        ]
        return [one for one in found if not state or _state(one) == state]

    def hears(self, action: str, *, state: str = "", times: int = 1) -> Any:  # Any: as above
        """Wait for a callback, at most ten seconds, and return the newest."""
        until = time.monotonic() + 10
        while len(found := self.heard(action, state=state)) < times:
            assert time.monotonic() < until, f"no {action} {state} came"
            time.sleep(0.01)
        return found[-1]


def _state(document: Any) -> str:  # Any: as above
    order = document.get("message", {}).get("order", {})
    code: str = order["fulfillments"][0]["state"]["descriptor"]["code"] if "id" in order else ""
    return code.removeprefix("RIDE_")


def total(order: Any) -> float:  # Any: as above
    """Return what an order costs, in rupees: its quote is the sum of its lines."""
    lines = sum(float(each["price"]["value"]) for each in order["quote"]["breakup"])
    assert lines == pytest.approx(float(order["quote"]["price"]["value"]))
    return lines

"""What every seller does: check who asks, acknowledge at once, answer later from a thread of its own."""

import json
import secrets
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import requests

from apps.sandbox.answer import Answer
from apps.sandbox.ondc.money import MONEY, MONEY_VERSIONS, Books
from apps.sandbox.ondc.participants import Participant, stamp
from apps.sandbox.ondc.scenarios import PLAIN

if TYPE_CHECKING:
    from apps.sandbox.ondc.server import Network

TIMEOUT_S = 10
# Beyond what anybody takes, a whole catalogue included.
OVERSIZE_BYTES = 9 * 1024 * 1024
_OLD_S = 86_400
_THROTTLED = 429

Json = dict[str, Any]  # Any: JSON documents


@dataclass(frozen=True)
class Request:
    """One message of the buyer's, as it came."""

    action: str
    context: Json
    message: Json

    @property
    def transaction_id(self) -> str:
        return str(self.context["transaction_id"])


class Nack(Exception):
    """The request is refused: the network's code and a sentence."""

    def __init__(self, code: str, message: str, *, status: int = 200) -> None:
        super().__init__(message)
        self.code, self.status = code, status

    def answer(self) -> Answer:
        error = {"code": self.code, "message": str(self)}
        return Answer(self.status, {"message": {"ack": {"status": "NACK"}}, "error": error})


ACK = Answer(200, {"message": {"ack": {"status": "ACK"}}})


class Seller:
    """One provider's platform; a kind of seller says what it answers in `respond`."""

    versions: tuple[str, ...] = ()
    # Where the version stands in the context.
    version_key = "version"

    def __init__(self, *, network: "Network", name: str, participant: Participant) -> None:
        self.network, self.name, self.participant = network, name, participant
        self.manners = PLAIN
        self.lock = threading.RLock()
        self.received: deque[Json] = deque(maxlen=1_000)
        self.sent: deque[Json] = deque(maxlen=1_000)
        self._known: dict[str, bytes] = {}
        self.books = Books(self)

    def reset(self) -> None:
        """Behave again and forget what was said; orders are a kind of seller's own."""
        with self.lock:
            self.manners = PLAIN
            self.received.clear()
            self.sent.clear()
            self._known.clear()

    def respond(self, request: Request) -> None:
        """Send the callbacks that this request deserves."""
        raise NotImplementedError

    def receive(self, action: str, raw: bytes, headers: Mapping[str, str]) -> Answer:
        """Acknowledge a message of the buyer's or refuse it."""
        entry: Json = {"action": action, "at": stamp(datetime.now(UTC)), "body": raw.decode()}
        self.received.append(entry)
        failed = self._fails(action)
        if failed is not None:
            entry["answered"] = failed.status
            return failed
        time.sleep(self.manners.slow_ack_s)
        try:
            request = self._checked(action, raw, headers)
        except Nack as refused:
            entry["answered"] = refused.code
            return refused.answer()
        entry["answered"] = "ACK"
        if self._is_new(request, raw):
            respond = self.books.asked if request.action == "recon" else self.respond
            threading.Thread(target=respond, args=(request,), daemon=True).start()
        return ACK

    def call_back(
        self,
        request: Request,
        action: str,
        message: Mapping[str, Any] | None,
        *,
        error: tuple[str, str] | None = None,
        asked: bool = True,
    ) -> None:
        """Send `on_…`: the answer to `request`, or news about its order under an id of its own."""
        if asked and request.action in self.manners.silent:
            return
        context = dict(request.context) | {
            "action": action,
            "bpp_id": self.participant.subscriber_id,
            "bpp_uri": self.participant.url,
            "timestamp": stamp(datetime.now(UTC)),
        }
        if not asked or (self.manners.other_ids and request.action != "search"):
            context["message_id"] = str(uuid.uuid4())
        if self.manners.odd_times:
            context["timestamp"] = str(request.context["timestamp"]).replace("T", " ")
            context["ttl"] = "PT2S"
        if asked and (failure := self.manners.errors.get(request.action)) is not None:
            message, error = None, (failure, "Failed as ordered.")
        body: Json = {"context": context}
        if message is not None:
            body["message"] = message
        if error is not None:
            body["error"] = {"code": error[0], "message": error[1]}
        if asked:
            time.sleep(self.manners.slow_callback_s)
        raw = self._raw(body)
        for _ in range(1 + self.manners.duplicates):
            self.deliver(f"{str(context['bap_uri']).rstrip('/')}/{action}", action, raw)

    def deliver(self, url: str, action: str, raw: bytes) -> None:
        """Sign and send one body, and note what the buyer said to it."""
        entry: Json = {"action": action, "url": url, "body": raw[:100_000].decode(errors="replace")}
        self.sent.append(entry)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if (authorization := self._authorization(raw)) is not None:
            headers["Authorization"] = authorization
        try:
            answer = requests.post(url, data=raw, headers=headers, timeout=TIMEOUT_S)
            entry["status"], entry["answer"] = answer.status_code, answer.text[:2_000]
        except requests.RequestException as failure:
            entry["status"], entry["answer"] = 0, type(failure).__name__

    def _authorization(self, raw: bytes) -> str | None:
        now = int(time.time())
        if self.manners.signature == "missing":
            return None
        if self.manners.signature == "expired":
            return self.participant.sign(raw, created=now - _OLD_S)
        if self.manners.signature in {"wrong", "stranger"}:
            other = replace(self.participant)
            other.rekey()
            if self.manners.signature == "wrong":
                # The name of the listed key, and another one's hand.
                other.key_id = self.participant.key_id
            return other.sign(raw, created=now)
        return self.participant.sign(raw, created=now)

    def _raw(self, body: Json) -> bytes:
        if self.manners.body == "other_action":
            body["context"]["action"] = "on_issue"
        raw = json.dumps(body, ensure_ascii=False).encode()
        if self.manners.body == "garbage":
            return raw[: len(raw) // 2]
        if self.manners.body == "oversize":
            return raw[:-1] + b',"filler":"' + b"x" * OVERSIZE_BYTES + b'"}'
        return raw

    def _fails(self, action: str) -> Answer | None:
        with self.lock:
            manners = self.manners
            if not manners.failures or (manners.failing and action not in manners.failing):
                return None
            self.manners = replace(manners, failures=manners.failures - 1)
        throttled = manners.status == _THROTTLED
        headers = {"Retry-After": str(manners.retry_after_s)} if throttled else {}
        return Answer(manners.status, {"error": "out of order"}, headers)

    def _checked(self, action: str, raw: bytes, headers: Mapping[str, str]) -> Request:
        verdict = self.network.verdict(raw, headers.get("Authorization", ""))
        if verdict:
            raise Nack("30016", f"Invalid signature: {verdict}", status=401)
        gateway = headers.get("X-Gateway-Authorization")
        if gateway is not None and (verdict := self.network.verdict(raw, gateway)):
            raise Nack("30016", f"Invalid signature of the gateway: {verdict}", status=401)
        body = json.loads(raw)
        again = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        if again != raw:
            # As sellers in JavaScript see it: they hash what they print, not what they read.
            raise Nack("30016", "Invalid signature: the body does not survive printing", status=401)
        context = body["context"]
        if context["action"] != action:
            raise Nack("30000", "The action is not the path's.")
        about_money = context["domain"] == MONEY
        spoken = MONEY_VERSIONS if about_money else self.versions
        if context["version" if about_money else self.version_key] not in spoken:
            raise Nack("40001", f"Versions spoken here: {', '.join(spoken)}.")
        if action != "search" and context.get("bpp_id") != self.participant.subscriber_id:
            raise Nack("30000", "The message is for somebody else.")
        if (code := self.manners.nack.get(action)) is not None:
            raise Nack(code, "Refused as ordered.")
        return Request(action, context, body["message"])

    def _is_new(self, request: Request, raw: bytes) -> bool:
        """Say whether to act: the same message again is acknowledged and nothing more."""
        key = f"{request.transaction_id}|{request.action}|{request.context['message_id']}"
        with self.lock:
            known = key in self._known
            self._known[key] = raw
        return not known


def code(letters: int = 6) -> str:
    """Return a short id as sellers make them."""
    return secrets.token_hex(letters)[:letters]

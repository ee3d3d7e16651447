"""Firebase Cloud Messaging's send method: what it takes, and how it refuses."""

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.sandbox.account import PROJECT
from apps.sandbox.answer import Answer

_TARGETS = ("fid", "token", "topic", "condition")
_PAYLOAD_MAX_BYTES = 4_096
# FCM's error codes with their HTTP and google.rpc statuses (FCM reference, ErrorCode).
_STATUS = {
    "UNREGISTERED": (404, "NOT_FOUND"),
    "SENDER_ID_MISMATCH": (403, "PERMISSION_DENIED"),
    "INVALID_ARGUMENT": (400, "INVALID_ARGUMENT"),
    "QUOTA_EXCEEDED": (429, "RESOURCE_EXHAUSTED"),
    "UNAVAILABLE": (503, "UNAVAILABLE"),
    "INTERNAL": (500, "INTERNAL"),
    "THIRD_PARTY_AUTH_ERROR": (401, "UNAUTHENTICATED"),
}
FAILURES = frozenset(_STATUS)


@dataclass
class Orders:
    """How to misbehave, as the control endpoints said."""

    # Installation ids or tokens → the error code they are answered with.
    addresses: dict[str, str] = field(default_factory=dict)
    failure: str = ""
    failures_left: int = 0
    retry_after_s: int = 0
    delay_s: float = 0.0


class Inbox:
    """Every push that was accepted, and every call that was made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pushes: list[dict[str, object]] = []
        self._calls = 0
        self.orders = Orders()

    def send(self, *, project: str, request: Mapping[str, object], size: int) -> Answer:
        """Take one message, or refuse it as FCM would."""
        with self._lock:
            self._calls += 1
            if self.orders.failures_left:
                self.orders.failures_left -= 1
                return refusal(self.orders.failure, retry_after_s=self.orders.retry_after_s)
            message = request.get("message")
            if project != PROJECT:
                return refusal("SENDER_ID_MISMATCH")
            if not isinstance(message, dict) or not _is_sound(message, size):
                return refusal("INVALID_ARGUMENT")
            address = next(str(message[name]) for name in _TARGETS if name in message)
            if address in self.orders.addresses:
                return refusal(self.orders.addresses[address])
            name = f"projects/{project}/messages/{secrets.token_hex(8)}"
            if not request.get("validate_only"):
                self._pushes.append(
                    {"name": name, "address": address, "message": message, "at": time.time()}
                )
            return Answer(200, {"name": name})

    def report(self) -> dict[str, object]:
        """Return the accepted pushes in order, and the number of calls."""
        with self._lock:
            return {"pushes": list(self._pushes), "calls": self._calls}

    def pushes(self) -> list[dict[str, object]]:
        """Return the accepted pushes, oldest first."""
        with self._lock:
            return list(self._pushes)

    def reset(self) -> None:
        """Forget everything that was received and ordered."""
        with self._lock:
            self._pushes.clear()
            self._calls = 0
            self.orders = Orders()


def refusal(code: str, *, retry_after_s: int = 0) -> Answer:
    """Return FCM's error answer for one of its error codes."""
    status, rpc_status = _STATUS[code]
    error = {
        "code": status,
        "message": f"The sandbox answers {code}.",
        "status": rpc_status,
        "details": [
            {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}
        ],
    }
    headers = {"Retry-After": str(retry_after_s)} if retry_after_s else {}
    return Answer(status, {"error": error}, headers)


def _is_sound(message: Mapping[str, object], size: int) -> bool:
    """Answer whether FCM would take the message: one target, string data, a bounded size."""
    data = message.get("data", {})
    return (
        sum(name in message for name in _TARGETS) == 1
        and isinstance(data, dict)
        and all(isinstance(value, str) for value in data.values())
        # Headers and platform parts do not count; twice the limit is surely too much.
        and size <= 2 * _PAYLOAD_MAX_BYTES
    )

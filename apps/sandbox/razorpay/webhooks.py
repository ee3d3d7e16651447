"""Events to the merchant's server: signed, and as unreliable as it was ordered."""

import hashlib
import hmac
import json
import random
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import requests

from apps.sandbox.razorpay.store import shown

ACCOUNT = "acc_UmaSandbox0001"
TIMEOUT_S = 5
# Razorpay goes on for a day; a developer's machine needs to see it within minutes.
PAUSES_S = (1, 2, 4, 8, 16, 32, 64)
_GOOD = range(200, 300)


@dataclass
class Manners:
    """How deliveries are to misbehave, as the control endpoints said."""

    # Each event is sent so many times more.
    duplicates: int = 0
    # The next events never leave.
    lose: int = 0
    delay_s: float = 0.0
    # So many events are collected and sent in any order.
    shuffle: int = 0


@dataclass
class Delivery:
    """One event on its way to one address."""

    event_id: str
    name: str
    body: bytes
    address: str
    secret: str
    due_at: float
    attempts: int = 0
    statuses: list[int] = field(default_factory=list)
    done: bool = False

    def described(self) -> dict[str, object]:
        return {
            "eventId": self.event_id,
            "event": self.name,
            "attempts": self.attempts,
            "statuses": self.statuses,
            "done": self.done,
        }


class Webhooks:
    """Sends events from a thread of its own, again and again until they are taken."""

    def __init__(self, *, addresses: dict[str, tuple[str, str]]) -> None:
        # Product ("payments" or "payouts") → address and secret; RazorpayX allows one address.
        self.addresses = addresses
        self.manners = Manners()
        self.log: deque[Delivery] = deque(maxlen=500)
        self._waiting: list[Delivery] = []
        self._held: list[Delivery] = []
        self._wake = threading.Condition()
        self._delivering = False
        self._session = requests.Session()
        threading.Thread(target=self._run, name="webhooks", daemon=True).start()

    def send(self, product: str, name: str, **entities: Any) -> None:  # Any: Razorpay's entities
        """Send an event about these entities, `payment={…}` and so on."""
        address, secret = self.addresses.get(product, ("", ""))
        if not address:
            return
        body = json.dumps(
            {
                "entity": "event",
                "account_id": ACCOUNT,
                "event": name,
                "contains": list(entities),
                "payload": {kind: {"entity": shown(entity)} for kind, entity in entities.items()},
                "created_at": int(time.time()),
            }
        ).encode()
        due_at = time.monotonic() + self.manners.delay_s
        sent = Delivery(secrets.token_hex(7), name, body, address, secret, due_at)
        with self._wake:
            self.log.append(sent)
            if self.manners.lose:
                self.manners.lose -= 1
                sent.done = True
                return
            self._held.extend([sent] * (1 + self.manners.duplicates))
            if len(self._held) > self.manners.shuffle:
                # The order is the point, not the secrecy.
                random.shuffle(self._held) if self.manners.shuffle else None
                self._waiting.extend(self._held)
                self._held.clear()
                self._wake.notify()

    def release(self) -> None:
        """Send what was held back to be shuffled."""
        with self._wake:
            random.shuffle(self._held)
            self._waiting.extend(self._held)
            self._held.clear()
            self._wake.notify()

    def again(self, event_id: str) -> None:
        """Send an event once more, as the dashboard's button does."""
        with self._wake:
            for one in list(self.log):
                if one.event_id == event_id:
                    one.done, one.due_at = False, time.monotonic()
                    self._waiting.append(one)
            self._wake.notify()

    def reset(self) -> None:
        """Forget everything; what is being delivered arrives before this returns, if it arrives soon."""
        with self._wake:
            self._wake.wait_for(lambda: not self._delivering, timeout=TIMEOUT_S / 2)
            self.manners = Manners()
            self._waiting.clear()
            self._held.clear()
            self.log.clear()

    def _run(self) -> None:
        while True:
            with self._wake:
                now = time.monotonic()
                due = [one for one in self._waiting if one.due_at <= now]
                if not due:
                    self._wake.wait(0.05 if self._waiting else None)
                    continue
                one = due[0]
                self._waiting.remove(one)
                self._delivering = True
            self._deliver(one)

    def _deliver(self, one: Delivery) -> None:
        signature = hmac.new(one.secret.encode(), one.body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Razorpay-Signature": signature,
            "x-razorpay-event-id": one.event_id,
            "User-Agent": "Razorpay-Webhook/v1",
        }
        try:
            answer = self._session.post(
                one.address, data=one.body, headers=headers, timeout=TIMEOUT_S
            )
            status = answer.status_code
        except requests.RequestException:
            status = 0
        with self._wake:
            one.attempts += 1
            one.statuses.append(status)
            if status in _GOOD or one.attempts > len(PAUSES_S):
                one.done = True
            else:
                one.due_at = time.monotonic() + PAUSES_S[one.attempts - 1]
                self._waiting.append(one)
            self._delivering = False
            self._wake.notify_all()

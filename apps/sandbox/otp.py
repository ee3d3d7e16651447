"""One-time codes by SMS: who may ask for how many, how often they may be tried, how long they live."""

import re
import secrets
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field

from apps.sandbox.answer import Refused

CODE_LIFE_S = 300
# Until then an old code is told that it is old.
FORGOTTEN_AFTER_S = 3_600
TRIES = 5
# Per number; what Firebase calls TOO_MANY_ATTEMPTS_TRY_LATER.
SENDS = 5
SENDS_WITHIN_S = 600
SMS_KEPT = 200
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass
class Challenge:
    """One code that was sent: to whom, until when, and how many tries it still has."""

    phone: str
    code: str
    ends_at: float
    tries_left: int = TRIES


@dataclass
class TestNumbers:
    """Numbers that need no SMS: whatever begins with `prefix` has always the same code."""

    __test__ = False  # no test class, whatever its name

    prefix: str = ""
    code: str = ""

    def code_of(self, phone: str) -> str:
        return self.code if self.prefix and phone.startswith(self.prefix) else ""


@dataclass
class Sms:
    """A text message as the pretended phone shows it."""

    phone: str
    code: str
    at: float


@dataclass
class Codes:
    """The codes under way, and the messages that carried them; all is forgotten with the process."""

    test_numbers: TestNumbers = field(default_factory=TestNumbers)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _challenges: dict[str, Challenge] = field(default_factory=dict)
    _sent: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _messages: deque[Sms] = field(default_factory=lambda: deque(maxlen=SMS_KEPT))

    @staticmethod
    def number(written: object) -> str:
        """Return the number that somebody wrote, if it is one. Raises: Refused."""
        if not written:
            raise Refused("MISSING_PHONE_NUMBER")
        if not isinstance(written, str) or not _E164.fullmatch(written):
            raise Refused("INVALID_PHONE_NUMBER : Invalid format.")
        return written

    def send(self, *, phone: str) -> str:
        """Send a code and return the session that it answers. Raises: Refused."""
        session, now = "sandbox-session-" + secrets.token_urlsafe(48), time.time()
        with self._lock:
            fixed = self.test_numbers.code_of(phone)
            code = fixed or f"{secrets.randbelow(1_000_000):06}"
            if not fixed:
                self._spend(phone, now=now)
                self._messages.append(Sms(phone=phone, code=code, at=now))
            self._challenges = {
                name: one
                for name, one in self._challenges.items()
                if one.ends_at > now - FORGOTTEN_AFTER_S
            }
            self._challenges[session] = Challenge(phone, code, ends_at=now + CODE_LIFE_S)
        return session

    def redeem(self, *, session: object, code: object) -> str:
        """Use a code up and return the number it proves. Raises: Refused."""
        if not session:
            raise Refused("MISSING_SESSION_INFO")
        if not code:
            raise Refused("MISSING_CODE")
        with self._lock:
            challenge = self._challenges.get(str(session))
            if challenge is None:
                raise Refused("INVALID_SESSION_INFO")
            if challenge.ends_at <= time.time():
                raise Refused("SESSION_EXPIRED")
            if challenge.tries_left <= 0:
                raise Refused("TOO_MANY_ATTEMPTS_TRY_LATER")
            if not secrets.compare_digest(challenge.code.encode(), str(code).encode()):
                challenge.tries_left -= 1
                raise Refused("INVALID_CODE")
            del self._challenges[str(session)]
            return challenge.phone

    def age(self, *, seconds: float) -> None:
        """Make every code and every spent budget older, as if time had passed."""
        with self._lock:
            for challenge in self._challenges.values():
                challenge.ends_at -= seconds
            for times in self._sent.values():
                for place, at in enumerate(times):
                    times[place] = at - seconds

    def messages(self) -> list[Sms]:
        """Return the messages that were sent, oldest first."""
        with self._lock:
            return list(self._messages)

    def reset(self) -> None:
        with self._lock:
            self._challenges.clear()
            self._sent.clear()
            self._messages.clear()

    def _spend(self, phone: str, *, now: float) -> None:
        times = self._sent[phone]
        while times and times[0] <= now - SENDS_WITHIN_S:
            times.popleft()
        if len(times) >= SENDS:
            raise Refused("TOO_MANY_ATTEMPTS_TRY_LATER")
        times.append(now)

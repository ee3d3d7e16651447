"""
Who may have a code sent: a browser that passed reCAPTCHA, or an app that its phone vouches for.

The fields are those of Identity Toolkit v1, `accounts.sendVerificationCode`
(cloud.google.com/identity-platform/docs/reference/rest/v1/accounts/sendVerificationCode); what is
answered when they fail are the server errors that Firebase's own SDKs know.
"""

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.sandbox.answer import Refused

# The key of reCAPTCHA v2 that Firebase makes for a project; `recaptchaParams` tells it to anybody.
SITE_KEY = "sandbox-recaptcha-site-key"
# A token of reCAPTCHA is good once, for two minutes (developers.google.com/recaptcha/docs/verify).
LIFE_S = 120
BROWSER, PHONE = "recaptchaToken", "playIntegrityToken"
_REFUSALS = {
    BROWSER: "CAPTCHA_CHECK_FAILED : Recaptcha verification failed - EXPIRED",
    PHONE: "INVALID_APP_CREDENTIAL : Invalid app info in play_integrity_token",
}


@dataclass
class Proofs:
    """The tokens that were given out and not yet shown, by kind and token: until when each counts."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _until: dict[tuple[str, str], float] = field(default_factory=dict)

    def of_browser(self, *, site_key: object) -> str:
        """Return what a browser shows that passed. Raises: Refused."""
        if site_key != SITE_KEY:
            raise Refused("INVALID_SITE_KEY")
        return self._give(BROWSER)

    def of_phone(self) -> str:
        """Return what a phone's own services say of the app that runs on it."""
        return self._give(PHONE)

    def use_up(self, shown: Mapping[str, object]) -> None:
        """Take the token among these fields, which counts once. Raises: Refused."""
        kind = next((kind for kind in (BROWSER, PHONE) if shown.get(kind)), None)
        if kind is None:
            raise Refused("MISSING_CLIENT_IDENTIFIER")
        with self._lock:
            until = self._until.pop((kind, str(shown[kind])), 0.0)
        if until <= time.time():
            raise Refused(_REFUSALS[kind])

    def age(self, *, seconds: float) -> None:
        """Make every token older, as if time had passed."""
        with self._lock:
            self._until = {token: until - seconds for token, until in self._until.items()}

    def _give(self, kind: str) -> str:
        token, now = secrets.token_urlsafe(96), time.time()
        with self._lock:
            self._until = {one: until for one, until in self._until.items() if until > now}
            self._until[kind, token] = now + LIFE_S
        return token

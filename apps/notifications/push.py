"""Firebase Cloud Messaging through Google's own SDK: one attempt a message, every answer sorted."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache, partial
from typing import Any

import firebase_admin
import google.auth.transport.requests
from django.conf import settings
from firebase_admin import credentials, exceptions, messaging
from google.auth.exceptions import GoogleAuthError
from requests.adapters import HTTPAdapter

HTTP_TIMEOUT_S = 5
# The SDK opens a thread per message; fifty of them is what a small worker bears.
BATCH = 50
_making = threading.Lock()
_GOOGLE_URL: str = messaging._MessagingService.FCM_URL  # noqa: SLF001 - the SDK has no setting for it


class Verdict(Enum):
    """What becomes of one attempt."""

    ACCEPTED = "accepted"
    DEAD = "dead"  # this address will never work again
    REFUSED = "refused"  # this message will never be taken
    RETRY = "retry"


@dataclass(frozen=True)
class Parcel:
    """
    One message for one installation; `fid` is used when known, the older token otherwise.

    `link` is the page of ours that a browser opens; empty where the inbox says it all.
    """

    message_id: str
    kind: str
    title: str
    body: str
    data: Mapping[str, str]
    urgent: bool
    fid: str
    fcm_token: str
    in_browser: bool = False
    link: str = ""


@dataclass(frozen=True)
class Receipt:
    """The answer to one parcel; `code` is FCM's error code in lower case, empty when accepted."""

    verdict: Verdict
    code: str = ""
    retry_after_s: int = 0


@dataclass(frozen=True)
class Client:
    """A configured SDK: the project it speaks for, ready to send."""

    app: firebase_admin.App

    def send(self, parcels: Sequence[Parcel]) -> list[Receipt]:
        """Send at most `BATCH` parcels, each once; return a receipt for each in the same order."""
        assert len(parcels) <= BATCH
        if not parcels:
            return []
        try:
            self._authorize()
            batch = messaging.send_each([_message(parcel) for parcel in parcels], app=self.app)
        except (GoogleAuthError, exceptions.FirebaseError) as failure:
            code = "fcm_unauthorized" if isinstance(failure, GoogleAuthError) else "fcm_unknown"
            return [Receipt(Verdict.RETRY, code)] * len(parcels)
        return [_receipt(response.exception) for response in batch.responses]

    def _authorize(self) -> None:
        # Once here, instead of once in each of the fifty threads when the token has run out.
        credential = self.app.credential.get_credential()
        if not credential.valid:
            request = google.auth.transport.requests.Request()
            credential.refresh(partial(request, timeout=HTTP_TIMEOUT_S))


def client() -> Client | None:
    """Return the client that the settings describe, or `None` when pushing is not configured."""
    if not settings.FIREBASE_CREDENTIALS:
        return None
    # Two pushes that come first would each make the app, and the SDK refuses the second of a name.
    with _making:
        return _client(settings.FIREBASE_CREDENTIALS, settings.FCM_URL)


@lru_cache(maxsize=8)
def _client(credentials_path: str, url: str) -> Client:
    certificate = credentials.Certificate(credentials_path)
    if url:
        # Google's library asks Google in the background where an account may be used; a pretended
        # account has no business there. (An instance's attribute: there is no setting for it.)
        certificate.get_credential()._is_regional_access_boundary_lookup_required = bool  # noqa: SLF001
    app = firebase_admin.initialize_app(
        certificate,
        options={"httpTimeout": HTTP_TIMEOUT_S},
        name=f"uma {credentials_path} {url}",
    )
    messaging._MessagingService.FCM_URL = (  # noqa: SLF001 - the SDK has no setting for it
        f"{url.rstrip('/')}/v1/projects/{{0}}/messages:send" if url else _GOOGLE_URL
    )
    service = messaging._get_messaging_service(app)  # noqa: SLF001 - reads the address just set
    # The SDK repeats a POST after a read timeout (a second push) and waits out up to four 503s
    # inside the lease. The row's own back-off is the only one.
    for scheme in ("https://fcm.googleapis.com", "https://", "http://"):
        service._client.session.mount(scheme, HTTPAdapter(pool_maxsize=BATCH, max_retries=0))  # noqa: SLF001
    return Client(app)


def _message(parcel: Parcel) -> messaging.Message:
    message = _for_browser(parcel) if parcel.in_browser else _for_phone(parcel)
    if parcel.fid:
        message.fid = parcel.fid
    else:
        # Set here, because the constructor warns about every token; old apps have nothing else.
        message.token = parcel.fcm_token
    return message


def _for_phone(parcel: Parcel) -> messaging.Message:
    # A push repeated after a crash replaces its first copy in the phone's shade instead of standing
    # beside it. Not Android's collapse_key: a phone keeps only four of those.
    return messaging.Message(
        data={**parcel.data, "messageId": parcel.message_id, "kind": parcel.kind},
        notification=messaging.Notification(title=parcel.title, body=parcel.body),
        android=messaging.AndroidConfig(
            priority="high" if parcel.urgent else "normal",
            notification=messaging.AndroidNotification(tag=parcel.message_id),
        ),
        apns=messaging.APNSConfig(headers={"apns-collapse-id": parcel.message_id}),
    )


def _for_browser(parcel: Parcel) -> messaging.Message:
    # Data alone: our service worker shows it, under the message's id as tag. A `notification` beside it
    # would be shown by whatever else listens for one, and the person would read everything twice.
    return messaging.Message(
        data={
            **parcel.data,
            "messageId": parcel.message_id,
            "kind": parcel.kind,
            "title": parcel.title,
            "body": parcel.body,
            "link": parcel.link,
        },
        # Without it a browser on a phone that sleeps gets data late (RFC 8030, section 5.3).
        webpush=messaging.WebpushConfig(headers={"Urgency": "high" if parcel.urgent else "normal"}),
    )


def _receipt(failure: exceptions.FirebaseError | None) -> Receipt:
    if failure is None:
        return Receipt(Verdict.ACCEPTED)
    if isinstance(failure, messaging.UnregisteredError):
        return Receipt(Verdict.DEAD, "unregistered")
    if isinstance(failure, messaging.SenderIdMismatchError):
        return Receipt(Verdict.DEAD, "sender_id_mismatch")
    code = str(failure.code).lower()[:40]
    if isinstance(failure, exceptions.InvalidArgumentError):
        return Receipt(Verdict.REFUSED, code)
    return Receipt(Verdict.RETRY, code, _retry_after_s(failure.http_response))


def _retry_after_s(response: Any) -> int:  # Any: a requests.Response or nothing, as the SDK has it
    if response is None:
        return 0
    asked = response.headers.get("Retry-After", "")
    return min(int(asked), 3600) if asked.isascii() and asked.isdigit() else 0

"""
What other participants say to us: proved, kept, acknowledged; a worker acts.

These answer in Beckn's ACK and NACK and not in problem documents, and are plain views: whoever signs is
let in, nobody else gets past the signature, and a storm of them must cost as little as possible.
"""

import json
import logging
from collections.abc import Mapping
from datetime import datetime

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import Counter

from apps.ondc import beckn, callbacks, money_calls, services, signing, tasks
from apps.ondc.beckn import Nack, NotAuthentic, NotPlain, TooLarge, TooMany
from apps.ondc.handlers import HANDLERS
from apps.ondc.network import Network, NotConfigured, network
from apps.ondc.reading import MOST_KEYS, exact, read_json
from apps.ondc.services import Proved
from apps.ondc.trust import Keyring, keyring_of
from uma.kernel import context
from uma.kernel.queue import enqueue_id

logger = logging.getLogger(__name__)

LARGEST = 1024 * 1024
# One seller's whole catalogue comes in one piece.
LARGEST_CATALOGUE = 8 * 1024 * 1024
MOST_KEYS_OF_A_CATALOGUE = 500_000
LONGEST_CHALLENGE = 4_096
JSON = "application/json; charset=utf-8"
SEEN = Counter(
    "uma_ondc_callbacks_total", "Callbacks by action and verdict.", ["action", "verdict"]
)


def _answer(body: Mapping[str, object], status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(body, separators=(",", ":")), status=status, content_type=JSON)


@csrf_exempt
def callback(request: HttpRequest, name: str) -> HttpResponse:
    """Take one callback: `POST /api/ondc/on_<name>`."""
    return _call(request, f"on_{name}")


@csrf_exempt
def reconcile(request: HttpRequest) -> HttpResponse:
    """Take a seller's question about money: `POST /api/ondc/recon`; the answer is a call of ours."""
    return _call(request, "recon")


def _call(request: HttpRequest, action: str) -> HttpResponse:
    if request.method != "POST":
        answer = _answer(Nack(beckn.BREAKS_CONTRACT, "Callbacks are POSTed.").body(), 405)
        answer["Allow"] = "POST"
        return answer
    label = action if action in HANDLERS else "other"
    realm = "nobody"
    try:
        ours = network()
        realm = ours.subscriber_id
        _take(request, action, ours, keyring_of(ours), timezone.now())
    except NotConfigured:
        return _refused(NotAuthentic("network", "We are on no network."), label, realm)
    except Nack as nack:
        if action in callbacks.ABOUT_MONEY:
            nack = money_calls.in_own_code(nack)
        return _refused(nack, label, realm)
    except DatabaseError:
        # Nothing was kept, so nothing may be acknowledged; the sender tries again.
        logger.exception("a callback could not be kept", extra={"code": label})
        SEEN.labels(label, "unavailable").inc()
        answer = _answer(Nack(beckn.TRY_AGAIN, "Try again in a moment.").body(), 503)
        answer["Retry-After"] = "1"
        return answer
    SEEN.labels(label, "ack").inc()
    return _answer(beckn.ACK)


def _refused(nack: Nack, label: str, realm: str) -> HttpResponse:
    SEEN.labels(label, nack.step if isinstance(nack, NotAuthentic) else nack.code).inc()
    answer = _answer(nack.body(), nack.status)
    if nack.status == NotAuthentic.status:
        answer["WWW-Authenticate"] = f'Signature realm="{realm}",headers="{signing.SIGNED}"'
    if isinstance(nack, TooMany):
        answer["Retry-After"] = str(nack.retry_after_s)
    return answer


def _take(
    request: HttpRequest, action: str, ours: Network, keyring: Keyring, now: datetime
) -> None:
    header_text = request.headers.get("Authorization", "")
    said, record = callbacks.authenticate(header_text, keyring=keyring, now=now)
    large = action == "on_search"
    raw = _raw(request, LARGEST_CATALOGUE if large else LARGEST)
    callbacks.check_signature(raw, said, record, keyring=keyring, now=now)
    if gateway := request.headers.get("X-Gateway-Authorization", ""):
        callbacks.check_gateway(raw, gateway, keyring=keyring, now=now)
    body = read_json(raw, most_keys=MOST_KEYS_OF_A_CATALOGUE if large else MOST_KEYS)
    if action not in HANDLERS:
        raise Nack(beckn.NOT_SUPPORTED, "This action is not supported.")
    envelope = callbacks.read_envelope(
        body, action=action, signer=said.subscriber_id, ours=ours.subscriber_id
    )
    proved = Proved(raw=raw, header_text=header_text, header=said)
    try:
        callbacks.check_message(body, envelope, now=now)
        if action == "recon":
            money_calls.refuse_flood(body, sender=envelope.sender, now=now)
        order_id = exact(body.get("message"), "order", "id", most=128)
        match = callbacks.correlate(envelope, now=now, order_id=order_id)
    except TooMany:
        # What is one too many is not kept either.
        raise
    except Nack as refusal:
        if action in callbacks.ABOUT_MONEY:
            money_calls.in_own_code(refusal)
        services.receive(proved=proved, envelope=envelope, match=None, refusal=refusal, now=now)
        raise
    # What else is known of it is a question more, which the worker asks.
    context.about(journey_id=match.transaction_id)
    message_id = services.receive(
        proved=proved, envelope=envelope, match=match, refusal=None, now=now
    )
    if message_id is not None:
        enqueue_id(tasks.process_inbound, message_id)


def _raw(request: HttpRequest, largest: int) -> bytes:
    """Return the bytes as they came, before any parser; one more than allowed tells "too long"."""
    if request.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise NotPlain("A compressed body is not accepted.")
    try:
        raw = request.read(largest + 1)
    except OSError:
        raise Nack(beckn.BREAKS_CONTRACT, "The body ended early.") from None
    if len(raw) > largest:
        raise TooLarge(f"The body is longer than {largest} bytes.")
    return raw


@csrf_exempt
def subscribed(request: HttpRequest) -> HttpResponse:
    """Answer the registry's challenge: `POST /api/ondc/on_subscribe`, in its own form."""
    if request.method != "POST":
        return _answer({"error": "Challenges are POSTed."}, 405)
    try:
        ours = network()
        body = read_json(_raw(request, LONGEST_CHALLENGE))
        challenge = exact(body, "challenge", most=LONGEST_CHALLENGE)
        if exact(body, "subscriber_id") != ours.subscriber_id:
            raise Nack(beckn.BREAKS_CONTRACT, "This is not our subscriber_id.")  # noqa: TRY301
        return _answer({"answer": answer_challenge(challenge, ours)})
    except NotConfigured:
        return _answer({"error": "We are on no network."}, 401)
    except signing.NotVerified as wrong:
        return _answer({"error": str(wrong)}, 401)
    except Nack as nack:
        return _answer({"error": nack.sentence}, 400)


def answer_challenge(challenge: str, ours: Network) -> str:
    """
    Return what a challenge hides, with the newest of our keys that opens it.

    Raises:
        NotVerified
    """
    for secret in ours.encryption_secrets:
        try:
            return signing.answer_challenge(
                challenge, secret=secret, peer_public=ours.registry_public
            )
        except signing.NotVerified:
            continue
    raise signing.NotVerified("challenge", "The challenge was not made for our key.")


def site_verification(request: HttpRequest) -> HttpResponse:
    """Show the signed request id, by which the registry sees that the host is ours."""
    del request
    try:
        ours = network()
    except NotConfigured:
        return HttpResponse("We are on no network.", status=404, content_type="text/plain")
    if not ours.site_request_id:
        return HttpResponse("No request id is set.", status=404, content_type="text/plain")
    return HttpResponse(site_page(ours))


def site_page(ours: Network) -> str:
    """Return the page: base64 is all that the signature can be, so nothing needs escaping."""
    signature = signing.sign_text(ours.site_request_id, key=ours.keys[0][1])
    return (
        "<!doctype html><html><head>"
        f"<meta name='ondc-site-verification' content='{signature}' />"
        "<title>ONDC site verification</title></head>"
        "<body>ONDC Site Verification Page</body></html>"
    )

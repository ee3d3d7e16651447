"""The registry's paths: three kinds of lookup, and a subscription that proves itself as ONDC asks."""

import json
import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import requests

from apps.ondc import signing
from apps.sandbox.answer import Answer
from apps.sandbox.ondc.participants import Participant

if TYPE_CHECKING:
    from apps.sandbox.ondc.server import Network

_KINDS = {"buyerApp": "BAP", "sellerApp": "BPP", "gateway": "BG"}
_SEARCHABLE = ("subscriber_id", "country", "ukId", "unique_key_id", "city", "domain", "type")
_META = re.compile(r"name=['\"]ondc-site-verification['\"]\s+content=['\"]([^'\"]+)['\"]")
_TIMEOUT_S = 5

Body = Mapping[str, Any]  # Any: JSON that came


def lookup_v2(network: "Network", raw: bytes, authorization: str) -> Answer:
    """Answer the signed lookup: who asks must be a subscriber."""
    verdict = network.verdict(raw, authorization)
    if verdict:
        return _refused("1045", f"Authentication failed: {verdict}", status=401)
    body = json.loads(raw)
    wanted = {name: body[name] for name in _SEARCHABLE if body.get(name)}
    if len(wanted) < 2:  # noqa: PLR2004
        return _refused("1050", "At least two search parameters are needed.")
    return _records(network.participants.find(wanted))


def lookup_v1(network: "Network", body: Body) -> Answer:
    """Answer the old lookup, which nobody signs."""
    return _records(network.participants.find(_translated(body)))


def vlookup(network: "Network", body: Body) -> Answer:
    """Answer the signed lookup of version 1: the signature is over the parameters."""
    wanted = body.get("search_parameters") or {}
    asker = network.participants.find({"subscriber_id": body.get("sender_subscriber_id")})
    text = signing.vlookup_text(
        country=str(wanted.get("country")),
        domain=str(wanted.get("domain")),
        participant_type=str(wanted.get("type")),
        city=str(wanted.get("city")),
        subscriber_id=str(wanted.get("subscriber_id")),
    )
    signature = str(body.get("signature"))
    if not any(
        signing.verify_text(text, signature, public_key=signing.signing_public(each.signing_public_key))
        for each in asker
    ):  # fmt: skip
        return _refused("1045", "Cannot verify the signature.", status=401)
    return _records(network.participants.find(_translated(wanted)))


def subscribe(network: "Network", body: Body) -> Answer:
    """
    Enter a buyer app that proves whose it is: by the signed file on its site, and by our challenge.

    The pretended internet has no names: a subscriber's host is asked at the buyer's address.
    """
    message = body.get("message") or {}
    entity = message.get("entity") or {}
    keys = entity.get("key_pair") or {}
    try:
        public = signing.signing_public(str(keys.get("signing_public_key")))
        their = signing.encryption_public(str(keys.get("encryption_public_key")))
    except signing.KeyInvalid as wrong:
        return _refused("132", str(wrong), kind="POLICY-ERROR")
    request_id = str(message.get("request_id"))
    site = _get(f"{network.buyer_address}/ondc-site-verification.html")
    found = _META.search(site)
    if found is None:
        return _refused("132", "The site verification file was not found.", kind="POLICY-ERROR")
    if not signing.verify_text(request_id, found[1], public_key=public):
        return _refused("132", "Domain verification failed.", kind="POLICY-ERROR")
    answer = secrets.token_urlsafe(16)
    sealed = signing.challenge(answer, secret=network.registry_secret, peer_public=their)
    url = f"{network.buyer_address}{entity.get('callback_url', '')}/on_subscribe"
    told = _post(url, {"subscriber_id": entity.get("subscriber_id"), "challenge": sealed})
    if told.get("answer") != answer:
        return _refused(
            "132", "Encryption verification failed at /on_subscribe.", kind="POLICY-ERROR"
        )
    for one in body["message"].get("network_participant", []):
        network.participants.add(
            Participant(
                subscriber_id=str(entity["subscriber_id"]),
                domain=str(one["domain"]),
                kind=_KINDS.get(str(one["type"]), "BAP"),
                url=f"https://{entity['subscriber_id']}{one.get('subscriber_url', '')}",
                key_id=str(entity["unique_key_id"]),
                signing_public_key=str(keys["signing_public_key"]),
                encryption_public_key=str(keys["encryption_public_key"]),
            )
        )
    nothing = dict.fromkeys(("type", "code", "path", "message"))
    return Answer(200, {"message": {"ack": {"status": "ACK"}}, "error": nothing})


def _translated(body: Body) -> dict[str, Any]:  # Any: as above
    wanted = {name: body[name] for name in _SEARCHABLE if body.get(name)}
    if wanted.get("type") in _KINDS:
        wanted["type"] = _KINDS[str(wanted["type"])]
    return wanted


def _records(found: list[Participant]) -> Answer:
    return Answer(200, json.dumps([one.record() for one in found]).encode())


def _refused(code: str, message: str, *, status: int = 200, kind: str = "CONTEXT-ERROR") -> Answer:
    error = {"type": kind, "code": code, "message": message, "path": ""}
    return Answer(status, {"message": {"ack": {"status": "NACK"}}, "error": error})


def _get(url: str) -> str:
    try:
        return requests.get(url, timeout=_TIMEOUT_S).text
    except requests.RequestException:
        return ""


def _post(url: str, body: Body) -> dict[str, Any]:  # Any: as above
    try:
        answer = requests.post(url, json=body, timeout=_TIMEOUT_S).json()
    except (requests.RequestException, ValueError):
        return {}
    return answer if isinstance(answer, dict) else {}

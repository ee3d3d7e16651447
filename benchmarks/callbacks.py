"""Callbacks of a seller over HTTP, genuinely signed: proved, kept and acknowledged, each held to account."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from apps.ondc import services, signing
from apps.ondc.models import InboundMessage, Participant
from benchmarks import load
from benchmarks.data import ZONE
from benchmarks.figures import percentile
from benchmarks.scans import BrokenBenchError
from uma.kernel.geo import Point

CLIENTS = 16
DOMAIN, CITY, VERSION = "ONDC:TRV10", "std:080", "2.1.0"
BUYER, SELLER, KEY_ID = "bap.example.in", "bpp.example.in", "k1"
# A catalogue of about nine kilobytes, as a seller of rides answers a search.
ITEMS = 32
# A search is answered by some twenty sellers at once (performance rule 2); here one seller speaks for all.
ANSWERS_OF_A_SEARCH = 20
PLACE = Point(13.3525, 74.7928)


class Seller:
    """Somebody on the network whose key we know, and the buyer app that it answers."""

    def __init__(self) -> None:
        ours, theirs = signing.new_keys(), signing.new_keys()
        self._seed = signing.signing_seed(theirs.signing_private_key)
        # Its key was looked up before the measurement; nobody answers at the registry's address.
        nowhere = "https://nowhere.example.in"
        self.environment = {
            "UMA_ONDC_ENVIRONMENT": "staging",
            "UMA_ONDC_SUBSCRIBER_ID": BUYER,
            "UMA_ONDC_SUBSCRIBER_URI": f"{nowhere}/api/ondc",
            "UMA_ONDC_SIGNING_KEYS": f"ours:{ours.signing_private_key}",
            "UMA_ONDC_ENCRYPTION_KEYS": ours.encryption_private_key,
            "UMA_ONDC_REGISTRY_URL": nowhere,
            "UMA_ONDC_GATEWAY_URL": nowhere,
        }
        now = datetime.now(UTC)
        Participant.objects.create(
            subscriber_id=SELLER,
            unique_key_id=KEY_ID,
            kind="BPP",
            status="SUBSCRIBED",
            url=f"https://{SELLER}/ondc",
            domains=[DOMAIN],
            signing_public_key=signing.published(signing.public_of(self._seed)),
            encryption_public_key="",
            valid_from=now - timedelta(days=1),
            valid_until=now + timedelta(days=1),
            fetched_at=now,
        )

    def answers(self, rider_id: UUID, count: int) -> list[bytes]:
        """Return so many different answers to fresh searches of a rider's, as they are sent."""
        now = datetime.now(UTC)
        contexts = [self._context(rider_id, now) for _ in range(-(-count // ANSWERS_OF_A_SEARCH))]
        bodies = (
            {"context": contexts[number // ANSWERS_OF_A_SEARCH], "message": _catalogue(number)}
            for number in range(count)
        )
        return [self._sent(signing.wire(body), now) for body in bodies]

    def _context(self, rider_id: UUID, now: datetime) -> dict[str, Any]:  # Any: a JSON document
        question = services.open_search(
            rider_id=rider_id, zone_code=ZONE, domain=DOMAIN, city=CITY, pickup=PLACE, drop=PLACE,
            now=now, ttl=timedelta(minutes=10),
        )  # fmt: skip
        return {
            "location": {"country": {"code": "IND"}, "city": {"code": CITY}},
            "domain": DOMAIN, "action": "on_search", "version": VERSION,
            "bap_id": BUYER, "bap_uri": f"https://{BUYER}/api/ondc",
            "bpp_id": SELLER, "bpp_uri": f"https://{SELLER}/ondc",
            "transaction_id": str(question.transaction_id),
            "message_id": str(question.message_id),
            "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "ttl": "PT30S",
        }  # fmt: skip

    def _sent(self, raw: bytes, now: datetime) -> bytes:
        created = int(now.timestamp())
        signed = signing.sign(
            raw,
            key=self._seed,
            subscriber_id=SELLER,
            unique_key_id=KEY_ID,
            created=created,
            expires=created + 300,
        )
        head = [
            "POST /api/ondc/on_search HTTP/1.1",
            "Host: 127.0.0.1",
            f"Authorization: {signed}",
            "Content-Type: application/json; charset=utf-8",
            f"Content-Length: {len(raw)}",
        ]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + raw


def send(requests: list[bytes], *, port: int) -> tuple[float, float]:
    """Send them all; return how many were acknowledged a second, and the p99 in milliseconds."""
    done = load.send(requests, port=port, connections=CLIENTS)
    for answer in done.answers:
        if answer.status != 200 or b'"NACK"' in answer.body or b'"ACK"' not in answer.body:
            raise BrokenBenchError(f"{answer.status}: {answer.body[:300]!r}")
    p99_ms = percentile([answer.latency_ms for answer in done.answers], 99)
    return len(requests) / done.seconds, p99_ms


def verify_kept(count: int) -> None:
    """
    Find every acknowledged callback in the inbox.

    Raises:
        BrokenBenchError
    """
    kept = InboundMessage.objects.count()
    if kept != count:
        raise BrokenBenchError(f"{count} callbacks were acknowledged, {kept} are kept")


def _catalogue(number: int) -> dict[str, Any]:  # Any: a JSON document
    items = [
        {
            "id": f"I{number}-{item}",
            "descriptor": {"code": "RIDE", "name": "Auto Ride"},
            "fulfillment_ids": ["F1"],
            "price": {"currency": "INR", "value": "100.50", "maximum_value": "120.50"},
            "tags": [
                {
                    "descriptor": {"code": "INFO"},
                    "list": [{"descriptor": {"code": "ETA_TO_NEAREST_DRIVER_MIN"}, "value": "3"}],
                }
            ],
        }
        for item in range(ITEMS)
    ]
    provider = {
        "id": "P1",
        "descriptor": {"name": "Autos"},
        "fulfillments": [{"id": "F1", "type": "DELIVERY", "vehicle": {"category": "CAB"}}],
        "items": items,
    }
    return {"catalog": {"descriptor": {"name": "Autos"}, "providers": [provider]}}

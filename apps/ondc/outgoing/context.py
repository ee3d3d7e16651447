"""The envelope of every message: who speaks to whom, about which journey, and until when."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

TTL = timedelta(seconds=30)
COUNTRY = "IND"
EVERYWHERE = "*"
_CITY = re.compile(r"std:0\d+")

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class BuyerApp:
    """Ourselves, as the registry knows us."""

    id: str
    uri: str


@dataclass(frozen=True, slots=True)
class Counterparty:
    """A seller's platform; both strings exactly as its own signed callback wrote them."""

    id: str
    uri: str

    def __post_init__(self) -> None:
        if not self.id or not self.uri:
            raise ValueError("a counterparty has an id and an address")


@dataclass(frozen=True, slots=True)
class Context:
    """
    One message's envelope. `to` is absent from a broadcast search and nowhere else.

    `at` must be later than that of every earlier message of the journey: the network's workbench
    checks it (ondc.md 8).
    """

    domain: str
    version: str
    action: str
    city: str
    sender: BuyerApp
    to: Counterparty | None
    transaction_id: UUID
    message_id: UUID
    at: datetime
    ttl: timedelta = TTL

    def __post_init__(self) -> None:
        if not _CITY.fullmatch(self.city) and self.city != EVERYWHERE:
            raise ValueError(f"{self.city} is no city code of the network")
        if self.transaction_id == self.message_id:
            raise ValueError("a message is never named like its journey")
        if self.at.tzinfo is None or self.ttl < timedelta(seconds=1):
            raise ValueError("a moment has a time zone, and a message lives for a second at least")
        if self.to is None and self.action != "search":
            raise ValueError(f"only a search is broadcast, not {self.action}")

    def beckn(self) -> Json:
        """Return the context of the mobility domains (protocol 2)."""
        return {
            "location": {"country": {"code": COUNTRY}, "city": {"code": self.city}},
            "domain": self.domain,
            "action": self.action,
            "version": self.version,
            **self._parties(),
            "transaction_id": str(self.transaction_id),
            "message_id": str(self.message_id),
            "timestamp": moment(self.at),
            "ttl": seconds(self.ttl),
        }

    def retail(self) -> Json:
        """Return the older context that retail still speaks."""
        return {
            "domain": self.domain,
            "country": COUNTRY,
            "city": self.city,
            "action": self.action,
            "core_version": self.version,
            **self._parties(),
            "transaction_id": str(self.transaction_id),
            "message_id": str(self.message_id),
            "timestamp": moment(self.at),
            "ttl": seconds(self.ttl),
        }

    def _parties(self) -> Json:
        ours: Json = {"bap_id": self.sender.id, "bap_uri": self.sender.uri}
        return ours if self.to is None else ours | {"bpp_id": self.to.id, "bpp_uri": self.to.uri}


def moment(at: datetime) -> str:
    """Return RFC 3339 in UTC with three digits of milliseconds, as every validator wants it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(span: timedelta) -> str:
    """Return the span in the one form all validators accept: `PT30S`."""
    return f"PT{int(span.total_seconds())}S"

"""
The registry's three ways of asking, read leniently: whose key is this, who sells here.

Every call is made once, with short time-outs and without following redirects; what the registry says
is typed here, and what it does not say is silence.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import requests

from apps.ondc import signing
from apps.ondc.network import Network

# Connect, read (reliability.md, O-10).
TIMEOUT_S = (1.0, 3.0)
LARGEST_ANSWER = 4 * 1024 * 1024
SUBSCRIBED = "SUBSCRIBED"
KINDS = {
    "BAP": "BAP", "BUYERAPP": "BAP", "BPP": "BPP", "SELLERAPP": "BPP", "BG": "BG", "GATEWAY": "BG",
}  # fmt: skip
# What the older registry calls the kinds.
OLD_KINDS = {"BAP": "buyerApp", "BPP": "sellerApp", "BG": "gateway"}


class RegistrySilent(Exception):
    """No answer, or one that says nothing: what is known already stays true for a while."""


class RegistryRefused(Exception):
    """The registry refused the question; `code` and the sentence are its own."""

    def __init__(self, *, code: str, sentence: str) -> None:
        super().__init__(f"{code} {sentence}".strip())
        self.code, self.sentence = code, sentence


@dataclass(frozen=True, slots=True)
class Record:
    """One key of one participant as the registry lists it."""

    subscriber_id: str
    unique_key_id: str
    kind: str
    status: str
    url: str
    domains: tuple[str, ...]
    cities: tuple[str, ...]
    signing_public_key: str
    encryption_public_key: str
    valid_from: datetime | None
    valid_until: datetime | None

    def is_good(self, *, now: datetime) -> bool:
        """Say whether the registry vouches for the key at this moment."""
        return (
            self.status == SUBSCRIBED
            and (self.valid_from is None or self.valid_from <= now)
            and (self.valid_until is None or now <= self.valid_until)
        )


@dataclass(frozen=True, slots=True)
class Registry:
    """The registry of one environment, asked as one participant."""

    network: Network

    def key(self, *, subscriber_id: str, unique_key_id: str, now: datetime) -> list[Record]:
        """
        Return what the registry lists under a key: nothing when it knows none.

        Raises:
            RegistrySilent, RegistryRefused
        """
        found = self.lookup({"subscriber_id": subscriber_id, "ukId": unique_key_id}, now=now)
        wanted = (subscriber_id, unique_key_id)
        # Whatever else it lists is not what was asked for.
        return [row for row in found if (row.subscriber_id, row.unique_key_id) == wanted]

    def sellers(self, *, domain: str, city: str, now: datetime) -> list[Record]:
        """
        Return who sells in a domain and a city.

        Raises:
            RegistrySilent, RegistryRefused
        """
        asked = {"country": "IND", "domain": domain, "type": "BPP", "city": city}
        found = self.lookup(asked, now=now)
        return [row for row in found if row.kind == "BPP" and row.is_good(now=now)]

    def lookup(self, asked: Mapping[str, str], *, now: datetime) -> list[Record]:
        """
        Ask by the second version: signed.

        Raises:
            RegistrySilent, RegistryRefused
        """
        raw = signing.wire(asked)
        header = self.network.sign(raw, now=int(now.timestamp()))
        return self._records(self.network.environment.lookup_v2, raw, {"Authorization": header})

    def lookup_v1(self, asked: Mapping[str, str]) -> list[Record]:
        """
        Ask by the first version: unsigned, on its way out.

        Raises:
            RegistrySilent, RegistryRefused
        """
        return self._records(self.network.environment.lookup, signing.wire(asked), {})

    def vlookup(
        self, *, domain: str, kind: str, city: str, subscriber_id: str, now: datetime
    ) -> list[Record]:
        """
        Ask by the signed form of the first version.

        Raises:
            RegistrySilent, RegistryRefused
        """
        asked = {
            "country": "IND",
            "domain": domain,
            "type": OLD_KINDS[kind],
            "city": city,
            "subscriber_id": subscriber_id,
        }
        text = signing.vlookup_text(
            country="IND",
            domain=domain,
            participant_type=OLD_KINDS[kind],
            city=city,
            subscriber_id=subscriber_id,
        )
        body = {
            "sender_subscriber_id": self.network.subscriber_id,
            "request_id": str(uuid4()),
            "timestamp": moment(now),
            "signature": signing.sign_text(text, key=self.network.keys[0][1]),
            "search_parameters": asked,
        }
        return self._records(self.network.environment.vlookup, signing.wire(body), {})

    def subscribe(self, body: Mapping[str, Any]) -> Mapping[str, Any]:  # Any: JSON
        """
        Apply to be listed, or to have a new key listed; return the registry's answer.

        Raises:
            RegistrySilent, RegistryRefused
        """
        said = self._call(self.network.environment.subscribe, signing.wire(body), {})
        if not isinstance(said, Mapping):
            raise RegistrySilent("an answer of another shape")
        if _text(said, "message", "ack", "status") != "ACK":
            raise _refusal(said)
        return said

    def _records(self, path: str, raw: bytes, headers: Mapping[str, str]) -> list[Record]:
        said = self._call(path, raw, headers)
        if isinstance(said, Mapping):
            raise _refusal(said)
        if not isinstance(said, list):
            raise RegistrySilent("an answer of another shape")
        return list(_read(said))

    def _call(self, path: str, raw: bytes, headers: Mapping[str, str]) -> object:
        try:
            with requests.post(
                f"{self.network.environment.registry}{path}",
                data=raw,
                headers={"Content-Type": "application/json; charset=utf-8", **headers},
                timeout=TIMEOUT_S,
                # A redirect would let somebody else say whose key is whose.
                allow_redirects=False,
                stream=True,
            ) as answer:
                said = answer.raw.read(LARGEST_ANSWER + 1, decode_content=True)
                status = answer.status_code
        except (requests.RequestException, OSError) as silence:
            raise RegistrySilent(type(silence).__name__) from None
        if status >= 500 or status == 429 or len(said) > LARGEST_ANSWER:  # noqa: PLR2004
            raise RegistrySilent(f"status {status}")
        try:
            return json.loads(said)
        except (ValueError, RecursionError):
            raise RegistrySilent(f"status {status} and no JSON") from None


def moment(at: datetime) -> str:
    """Return a moment as the network writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read(rows: Iterable[object]) -> Iterator[Record]:
    for row in rows:
        if not isinstance(row, Mapping):
            continue
        nested = row.get("network_participant")
        # The first version nests what the second lists flat.
        parts = nested if isinstance(nested, list) and nested else [row]
        for part in parts:
            if isinstance(part, Mapping) and (record := _record({**row, **part})) is not None:
                yield record


def _record(row: Mapping[str, Any]) -> Record | None:  # Any: JSON
    subscriber_id = _first(row, "subscriber_id")
    kind = KINDS.get(_first(row, "type").upper())
    if not subscriber_id or kind is None:
        return None
    url = _first(row, "subscriber_url", "callback_url")
    begins, ends = _when(_first(row, "valid_from")), _when(_first(row, "valid_until"))
    if begins is not None and ends is not None and ends <= begins:
        return None
    return Record(
        subscriber_id=subscriber_id,
        unique_key_id=_first(row, "ukId", "unique_key_id", "uk_id"),
        kind=kind,
        status=_first(row, "status").upper(),
        url=f"https://{subscriber_id}{url}" if url.startswith("/") else url,
        domains=tuple(_several(row.get("domain"))),
        cities=tuple(_several(row.get("city", row.get("city_code")))),
        signing_public_key=_first(row, "signing_public_key"),
        encryption_public_key=_first(row, "encr_public_key", "encryption_public_key"),
        valid_from=begins,
        valid_until=ends,
    )


def _first(row: Mapping[str, Any], *names: str) -> str:  # Any: JSON
    found = next((row[name] for name in names if isinstance(row.get(name), str)), "")
    return str(found).replace("\x00", "").strip()


def _several(value: object) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [part for part in value if isinstance(part, str)] if isinstance(value, list) else []


def _when(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _refusal(said: Mapping[str, Any]) -> RegistryRefused:  # Any: JSON
    error = said.get("error")
    error = error if isinstance(error, Mapping) else {}
    return RegistryRefused(
        code=str(error.get("code") or "unknown")[:32],
        sentence=str(error.get("message") or "")[:500],
    )


def _text(said: Mapping[str, Any], *path: str) -> str:  # Any: JSON
    found: object = said
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else ""

"""Who is on the pretended network: ids, addresses and keys, as the registry lists them."""

import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apps.ondc import signing

CITIES = "std:080,std:0820,std:011,std:022"
_YEAR = timedelta(days=365)


@dataclass
class Participant:
    """One subscriber: what the registry says of it, and for our own the seeds it signs with."""

    subscriber_id: str
    domain: str
    kind: str
    url: str
    key_id: str
    signing_public_key: str
    encryption_public_key: str
    city: str = CITIES
    status: str = "SUBSCRIBED"
    # None: somebody else's, the buyer app's.
    seed: bytes | None = field(default=None, repr=False)
    valid_until: datetime = field(default_factory=lambda: datetime.now(UTC) + _YEAR)

    def record(self) -> dict[str, object]:
        """Return the record of the v2 lookup."""
        return {
            "subscriber_id": self.subscriber_id,
            "status": self.status,
            "ukId": self.key_id,
            "subscriber_url": self.url,
            "country": "IND",
            "domain": self.domain,
            "valid_from": stamp(self.valid_until - 2 * _YEAR),
            "valid_until": stamp(self.valid_until),
            "type": self.kind,
            "signing_public_key": self.signing_public_key,
            "encr_public_key": self.encryption_public_key,
            "created": stamp(self.valid_until - 2 * _YEAR),
            "updated": stamp(self.valid_until - 2 * _YEAR),
            "br_id": "sandbox",
            "city": self.city,
        }

    def sign(self, raw: bytes, *, created: int, life_s: int = 300) -> str:
        """Return the Authorization header of a body of ours."""
        assert self.seed is not None
        return signing.sign(
            raw,
            key=self.seed,
            subscriber_id=self.subscriber_id,
            unique_key_id=self.key_id,
            created=created,
            expires=created + life_s,
        )

    def rekey(self) -> None:
        """Take new keys under a new name, as a participant does from time to time."""
        made = signing.new_keys()
        self.key_id = f"key-{secrets.token_hex(3)}"
        self.seed = signing.signing_seed(made.signing_private_key)
        self.signing_public_key = made.signing_public_key
        self.encryption_public_key = made.encryption_public_key


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Participants:
    """All subscribers; the sellers' keys are kept in a file, for buyers remember keys as well."""

    def __init__(self, *, file: Path | None = None) -> None:
        self._rows: dict[str, Participant] = {}
        self._lock = threading.Lock()
        self._file = file
        self._kept: dict[str, str] = (
            json.loads(file.read_text()) if file is not None and file.exists() else {}
        )

    def add_ours(self, *, subscriber_id: str, domain: str, kind: str, url: str) -> Participant:
        """Register one of the pretended ones, with the keys it had before if it was kept."""
        text = self._kept.get(subscriber_id) or signing.new_keys().signing_private_key
        self._kept[subscriber_id] = text
        seed = signing.signing_seed(text)
        one = Participant(
            subscriber_id=subscriber_id,
            domain=domain,
            kind=kind,
            url=url,
            key_id="key-1",
            signing_public_key=signing.published(signing.public_of(seed)),
            encryption_public_key=signing.new_keys().encryption_public_key,
            seed=seed,
        )
        if self._file is not None:
            self._file.touch(mode=0o600)
            self._file.write_text(json.dumps(self._kept))
        return self.add(one)

    def add(self, one: Participant) -> Participant:
        with self._lock:
            self._rows[f"{one.subscriber_id}|{one.domain}"] = one
        return one

    def of(self, subscriber_id: str, key_id: str) -> Participant | None:
        """Return whose key this is, if the registry lists it as subscribed."""
        for one in self.all():
            if (one.subscriber_id, one.key_id) == (subscriber_id, key_id):
                return one if one.status == "SUBSCRIBED" else None
        return None

    def find(self, wanted: Mapping[str, Any]) -> list[Participant]:  # Any: JSON that came
        """Return the subscribers that fit every given field of a lookup."""
        return [one for one in self.all() if _fits(one, wanted)]

    def all(self) -> list[Participant]:
        with self._lock:
            return list(self._rows.values())


def _fits(one: Participant, wanted: Mapping[str, Any]) -> bool:  # Any: as above
    record = one.record()
    for name, value in wanted.items():
        key = {"unique_key_id": "ukId", "uk_id": "ukId"}.get(name, name)
        if key == "city":
            if value not in ("*", "") and str(value) not in str(record["city"]).split(","):
                return False
        elif key in record and record[key] != value:
            return False
    return True

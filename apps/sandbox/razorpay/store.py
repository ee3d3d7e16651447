"""What the pretended Razorpay remembers: its entities by id, in a file when given one."""

import json
import os
import secrets
import string
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Any: an entity is a JSON object of Razorpay's own shape.
Entity = dict[str, Any]
_ALPHABET = string.ascii_letters + string.digits
KINDS = ("order", "pay", "rfnd", "disp", "adj", "setl", "cont", "fa", "fav", "pout", "txn")


def new_id(kind: str) -> str:
    """Return an id as Razorpay makes them: the kind and fourteen characters."""
    assert kind in KINDS
    return f"{kind}_" + "".join(secrets.choice(_ALPHABET) for _ in range(14))


class Store:
    """Entities by kind and id, behind one lock; what a change leaves is in the file at once."""

    def __init__(self, *, file: Path | None = None) -> None:
        self._file = file
        self._lock = threading.RLock()
        self._tables: dict[str, dict[str, Entity]] = {kind: {} for kind in KINDS}
        # Seconds since 1970 of an ordered clock; none is the real one.
        self.clock: int | None = None
        # Idempotency key → (what was asked, payout id).
        self.keys: dict[str, tuple[str, str]] = {}
        if file is not None and file.exists():
            kept = json.loads(file.read_text())
            self._tables.update(kept["tables"])
            self.keys = {key: (asked, payout) for key, (asked, payout) in kept["keys"].items()}

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold everything still for one change, and keep it."""
        with self._lock:
            yield
            self._save()

    def now(self) -> int:
        return int(time.time()) if self.clock is None else self.clock

    def add(self, kind: str, **facts: object) -> Entity:
        """Return a new entity with an id and its time in Unix seconds."""
        made: Entity = {"id": new_id(kind), **facts, "created_at": self.now()}
        self._tables[kind][made["id"]] = made
        return made

    def get(self, kind: str, entity_id: str) -> Entity | None:
        with self._lock:
            return self._tables[kind].get(entity_id)

    def all(self, kind: str, **equal: object) -> list[Entity]:
        """Return the entities with these facts, the newest first, as Razorpay lists them."""
        with self._lock:
            rows = [
                row
                for row in self._tables[kind].values()
                if all(row.get(name) == value for name, value in equal.items())
            ]
        return rows[::-1]

    def clear(self) -> None:
        """Forget every entity."""
        with self.changing():
            for table in self._tables.values():
                table.clear()
            self.keys.clear()
            self.clock = None

    def _save(self) -> None:
        if self._file is None:
            return
        partial = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump({"tables": self._tables, "keys": self.keys}, file)
        partial.replace(self._file)


def shown(value: Any) -> Any:  # Any: JSON of every shape
    """Return an entity, or a list of them, without what only the sandbox knows (`_…`)."""
    if isinstance(value, dict):
        return {name: shown(item) for name, item in value.items() if not name.startswith("_")}
    if isinstance(value, list):
        return [shown(item) for item in value]
    return value


def collection(rows: list[Entity]) -> Entity:
    """Return a list as Razorpay answers one."""
    return {"entity": "collection", "count": len(rows), "items": rows}

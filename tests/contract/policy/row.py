"""What a row of the policy says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.contract.policy.actors import Who

Objects = Mapping[str, Any]  # Any: ids, and what bodies are made of
EVERY_ROLE = "owner manager scanner accountant"


@dataclass(frozen=True)
class Row:
    """A route, a request that succeeds for whom it should, and everybody's answer."""

    method: str
    path: str
    who: Who
    body: Callable[[Objects], object] | object = None
    at: Mapping[str, str] = field(default_factory=dict)
    # Answers something else than JSON.
    media: str = "application/json"

    @property
    def is_about_an_object(self) -> bool:
        return "{" in self.path

    def sent(self, objects: Objects) -> object:
        return self.body(objects) if callable(self.body) else self.body

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

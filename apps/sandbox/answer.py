"""What every pretended cloud answers with, and Google's shape of an error."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = "application/json; charset=UTF-8"
HTML = "text/html; charset=UTF-8"


@dataclass(frozen=True)
class Answer:
    """An HTTP status, a body (JSON, or bytes as they are) and extra headers."""

    status: int
    body: Mapping[str, object] | bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON

    def payload(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


NOT_FOUND = Answer(404, {"error": "not found"})


class Refused(Exception):
    """Identity Toolkit said no: its code, such as `INVALID_CODE`, and the HTTP status."""

    def __init__(self, code: str, *, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.status = status

    def answer(self) -> Answer:
        inner = {"message": self.code, "domain": "global", "reason": "invalid"}
        return Answer(
            self.status,
            {"error": {"code": self.status, "message": self.code, "errors": [inner]}},
        )


def unauthenticated() -> Answer:
    """Return Google's answer to a missing or dead access token."""
    return Answer(
        401,
        {"error": {"code": 401, "message": "No valid access token.", "status": "UNAUTHENTICATED"}},
    )


def object_in(raw: bytes) -> Mapping[str, object]:
    """Return the JSON object in `raw`, or an empty one."""
    try:
        parsed = json.loads(raw or b"{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}

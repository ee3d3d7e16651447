"""The messages that the network's own rules accepted, and its schemas where they are at hand."""

import json
import os
from pathlib import Path
from typing import Any

CANONICAL = Path(__file__).parent / "canonical"
# Other people's data is read in place: only our own accepted messages are part of the project.
DATA = Path(os.environ.get("UMA_ONDC_DATA") or Path(__file__).parents[3] / "shared" / "ondc-data")


def canonical() -> dict[str, Any]:  # Any: JSON documents
    """Return every accepted message by `domain-version/file`."""
    return {
        f"{path.parent.name}/{path.stem}": json.loads(path.read_text())
        for path in sorted(CANONICAL.glob("*/*.json"))
    }


def schema(domain: str, version: str, action: str) -> dict[str, Any] | None:  # Any: as above
    """Return the official schema of an action, None where the data is not at hand."""
    short = domain.removeprefix("ONDC:")
    path = DATA / short.lower() / "schema" / f"openapi-{short}-{version}.json"
    if not path.exists():
        return None
    document: dict[str, Any] = json.loads(path.read_text())
    pointer = f"#/paths/~1{action}/post/requestBody/content/application~1json/schema"
    return document | {"$ref": pointer}

"""A person's data as one file: for machines as JSON, for people as a page that opens offline."""

import zipfile
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from django.template.loader import render_to_string

from uma.kernel.http.renderers import to_wire

JSON_NAME, PAGE_NAME = "personal-data.json", "personal-data.html"


def pack(*, sections: dict[str, dict[str, object]], made_at: datetime) -> bytes:
    """Return a ZIP archive of the sections: heading → named lists and facts."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        stamp = made_at.astimezone(UTC).timetuple()[:6]
        for name, content in (
            (JSON_NAME, to_wire({"made_at": made_at, **sections})),
            (PAGE_NAME, _page(sections, made_at).encode()),
        ):
            archive.writestr(
                zipfile.ZipInfo(name, stamp), content, compress_type=zipfile.ZIP_DEFLATED
            )
    return packed.getvalue()


def _page(sections: dict[str, dict[str, object]], made_at: datetime) -> str:
    parts = [
        {"heading": heading, "facts": _facts(section), "tables": _tables(section)}
        for heading, section in sections.items()
    ]
    return render_to_string("accounts/personal_data.html", {"parts": parts, "made_at": made_at})


def _facts(section: dict[str, object]) -> list[tuple[str, object]]:
    return [
        (_label(key), _text(value)) for key, value in section.items() if not isinstance(value, list)
    ]


def _tables(section: dict[str, object]) -> list[dict[str, object]]:
    return [_table(key, value) for key, value in section.items() if isinstance(value, list)]


def _table(key: str, rows: list[dict[str, Any]]) -> dict[str, object]:  # Any: values of many types
    columns = list(rows[0]) if rows else []
    return {
        "caption": _label(key),
        "columns": [_label(column) for column in columns],
        "rows": [[_text(row[column]) for column in columns] for row in rows],
    }


def _label(name: str) -> str:
    if name == "at":
        return "When"
    return name.replace("__", " ").replace("_", " ").capitalize()


def _text(value: object) -> str:
    """Return a value as people read it."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%d %b %Y, %H:%M}"
    return str(value)

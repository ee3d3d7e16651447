"""A folder of its own for the files of each test."""

from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(settings, "EXPORTS_FOLDER", str(tmp_path / "exports"))
    return tmp_path / "exports"

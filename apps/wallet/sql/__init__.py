"""The ledger's SQL, one file for each migration that runs it; a released file is never edited."""

from pathlib import Path


def read_sql(name: str) -> str:
    """Return the text of one SQL file of this folder."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")

"""Where a sealed value lives."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """One column of one row; a value opens nowhere else."""

    table: str
    column: str
    row: str

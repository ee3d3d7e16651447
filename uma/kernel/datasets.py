"""
What analysts may take away: a dataset is a named, versioned list of columns over the tables of one app.

Each app describes its own in `datasets.py`; `apps.exports` writes them. Everything becomes one SELECT, so that
PostgreSQL's COPY does the work and Python only passes blocks on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a column holds, which decides how it is written and what a manifest calls it."""

    CODE = "code"  # an identifier or a state: letters that we chose
    TEXT = "text"  # words of people's, which a spreadsheet must not take for a formula
    INTEGER = "integer"
    PAISE = "paise"  # written twice: as paise and as rupees
    TIME = "time"  # UTC
    FLAG = "flag"


# What spreadsheets take for the beginning of a formula, in ASCII and full width; also behind blanks, which
# they drop (OWASP ASVS 5.0, 1.2.10: the value gets a leading apostrophe, so that nothing is lost).
_FORMULA = (
    r"'^[[:space:]\u00A0\u2000-\u200B\u202F\u3000\uFEFF]*[=+@\-\uFF1D\uFF0B\uFF20\uFF0D]|^[\t\r\n]'"
)


@dataclass(frozen=True, slots=True)
class Column:
    """One fact of a row: its name, how it is found in SQL, and what it says in a sentence."""

    name: str
    kind: Kind
    sql: str
    about: str

    @property
    def names(self) -> tuple[str, ...]:
        """Return the headings that it is written under."""
        if self.kind is Kind.PAISE:
            return f"{self.name}_paise", f"{self.name}_rupees"
        return (self.name,)

    @property
    def select(self) -> str:
        """Return its part of the SELECT."""
        if self.kind is Kind.PAISE:
            paise, in_rupees = self.names
            return f'{self.sql} AS "{paise}", {self.sql} * 0.01 AS "{in_rupees}"'
        if self.kind is Kind.TEXT:
            safe = f"CASE WHEN {self.sql} ~ {_FORMULA} THEN '''' || {self.sql} ELSE {self.sql} END"
            return f'{safe} AS "{self.name}"'
        return f'{self.sql} AS "{self.name}"'


@dataclass(frozen=True, slots=True)
class Dataset:
    """
    Rows of one kind. `version` grows with each change of the columns, so that a reader can refuse a file.

    Everything here is SQL of our own: `source` is what follows FROM, `key` orders the rows and is unique, `at`
    is the time that a period narrows, `zone` the code of a row's zone. `permission` is what an operator needs
    to read the same rows at the desk, in the same zones; `model` names their list there, and `filters` which
    of that list's filters narrow the dataset as well: lookup → SQL.
    """

    name: str
    version: int
    about: str
    columns: tuple[Column, ...]
    source: str
    key: str
    at: str
    zone: str
    model: str
    permission: str
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def headings(self) -> list[str]:
        return [name for column in self.columns for name in column.names]

    def select(self, condition: str) -> str:
        """Return the whole query in the order of the key; `condition` is SQL with named parameters."""
        selected = ", ".join(column.select for column in self.columns)
        return f"SELECT {selected} FROM {self.source} WHERE {condition} ORDER BY {self.key}"  # noqa: S608 — constants

    def count(self, condition: str) -> str:
        return f"SELECT count(*) FROM {self.source} WHERE {condition}"  # noqa: S608 — constants

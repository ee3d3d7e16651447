"""What the work at hand was asked by: a request's id and address, a message's id, or nothing."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

NOBODY = "-"


def _nowhere() -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Origin:
    """
    Where work comes from.

    `address` is asked for seldom (by the audit trail) and costs something, hence a function.
    """

    request_id: str = NOBODY
    address: Callable[[], str | None] = _nowhere


# What work turned out to be about, by the key of a log line: ids of ours and codes of zones, no more.
Facts = Mapping[str, UUID | str]

_NONE = Origin()
_NOTHING: Facts = {}
_origin: ContextVar[Origin] = ContextVar("uma_origin", default=_NONE)
_facts: ContextVar[Facts] = ContextVar("uma_facts", default=_NOTHING)


def begin(origin: Origin) -> None:
    """Say what the work from here on was asked by."""
    _origin.set(origin)
    _facts.set(_NOTHING)


def end() -> None:
    """Say that the work is over: what a thread does next was not asked by it."""
    _origin.set(_NONE)
    _facts.set(_NOTHING)


def about(**facts: UUID | str | None) -> None:
    """
    Say what the work at hand turned out to be about: its lines in the log say it from here on.

    None takes a fact back: what comes next in a batch is about none.
    """
    known = {**_facts.get(), **facts}
    _facts.set({name: fact for name, fact in known.items() if fact is not None})


def facts() -> Facts:
    """Return what is known of the work at hand."""
    return _facts.get()


def request_id() -> str:
    """Return the id under which the work at hand can be found again, "-" when it has none."""
    return _origin.get().request_id


def address() -> str | None:
    """Return the address that the work at hand was asked from, `None` for a job."""
    return _origin.get().address()

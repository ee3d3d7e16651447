"""What the work at hand was asked by: a request's id and address, a message's id, or nothing."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

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


_NONE = Origin()
_origin: ContextVar[Origin] = ContextVar("uma_origin", default=_NONE)


def begin(origin: Origin) -> None:
    """Say what the work from here on was asked by."""
    _origin.set(origin)


def end() -> None:
    """Say that the work is over: what a thread does next was not asked by it."""
    _origin.set(_NONE)


def request_id() -> str:
    """Return the id under which the work at hand can be found again, "-" when it has none."""
    return _origin.get().request_id


def address() -> str | None:
    """Return the address that the work at hand was asked from, `None` for a job."""
    return _origin.get().address()

"""What was done to an object, as the desk shows it on the object's own page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.accounts.models import AuditEvent, User
from uma.kernel.money import PAISE_PER_RUPEE


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that an act changed; what was not there before or after is a dash."""

    fact: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Done:
    """One act: what, when, by whom, why, from where, and what it changed."""

    at: datetime
    action: str
    actor: str
    actor_id: UUID | None
    reason: str
    address: str
    request_id: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """That something was done to an object, and when."""

    object_id: str
    action: str
    at: datetime


MISSING, PAISE = "—", "_paise"


def trail(*, object_ids: Sequence[str], limit: int = 20) -> list[Done]:
    """Return the newest acts on any of the objects, the newest first."""
    events = list(
        AuditEvent.objects.filter(object_id__in=list(object_ids)).order_by("-at", "-id")[:limit]
    )
    names = _names(event.actor_id for event in events)
    return [
        Done(
            at=event.at,
            action=event.action,
            actor=names.get(event.actor_id, str(event.actor_id)) if event.actor_id else "a job",
            actor_id=event.actor_id,
            reason=event.reason,
            address=event.address or "",
            request_id=event.request_id,
            changes=tuple(_changes(event.before, event.after)),
        )
        for event in events
    ]


def acts(
    *, objects: Iterable[tuple[str, str]], actions: Iterable[str], since: datetime, until: datetime
) -> list[Act]:
    """
    Return what was done to the objects from `since` to `until`, both included, the oldest first.

    An object is its type and its key in the trail.
    """
    named = list(objects)
    rows = AuditEvent.objects.filter(
        object_type__in={kind for kind, _ in named},
        object_id__in={key for _, key in named},
        action__in=list(actions),
        at__gte=since,
        at__lte=until,
    )
    return [Act(*row) for row in rows.order_by("at", "id").values_list("object_id", "action", "at")]


def _names(actor_ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    ids = {actor_id for actor_id in actor_ids if actor_id is not None}
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "username"))


def _changes(before: dict[str, object], after: dict[str, object]) -> Iterable[Change]:
    for fact in dict.fromkeys((*before, *after)):
        old, new = before.get(fact, MISSING), after.get(fact, MISSING)
        if old != new:
            name = fact.removesuffix(PAISE)
            yield Change(name.replace("_", " "), _as_read(fact, old), _as_read(fact, new))


def _as_read(fact: str, value: object) -> object:
    """Return an amount with its sign: `amount` is written down in rupees, `…_paise` in paise."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if fact.endswith(PAISE):
        return f"₹{value / PAISE_PER_RUPEE:,.2f}"
    return f"₹{value:,.2f}" if fact == "amount" else value

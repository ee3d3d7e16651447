"""
View-as: an operator looks at an app as one person sees it, for a quarter of an hour and for a reason.

The trail is the record: what began, what was opened and what ended are acts that nobody changes
afterwards, so a view can be neither prolonged nor taken up again (decisions/0065).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction

from apps.accounts.errors import AccountClosed, OperatorReasonRequired, UnknownPerson
from apps.accounts.models import AuditEvent, User
from apps.accounts.selectors import zones_with
from apps.accounts.services.trail import record
from uma.kernel.ids import new_id

VIEW_AS = "accounts.view_as"
LIFE = timedelta(minutes=15)
BEGAN, OPENED, ENDED = "view-as.began", "view-as.page-opened", "view-as.ended"
KIND = "view-as"
# How far back the job looks for views that nobody ended; it runs every minute.
LOOKS_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Viewing:
    """One view: who looks at whose app, where the right to it must hold, and since when."""

    id: UUID
    operator_id: UUID
    person_id: UUID
    # The app that is looked at, by the role of a session in it.
    role: str
    zone_code: str
    merchant_id: UUID | None
    reason: str
    began_at: datetime

    @property
    def until(self) -> datetime:
        return self.began_at + LIFE


@transaction.atomic
def begin_viewing(
    *,
    person_id: UUID,
    role: str,
    zone_code: str,
    operator_id: UUID,
    reason: str,
    now: datetime,
    merchant_id: UUID | None = None,
) -> Viewing:
    """
    Begin a view of somebody's app; for a business, of the one that the person has a post in.

    Raises:
        OperatorReasonRequired, UnknownPerson, AccountClosed
    """
    if not reason.strip():
        raise OperatorReasonRequired
    person = User.objects.filter(pk=person_id).first()
    if person is None:
        raise UnknownPerson
    if not _is_there(person):
        raise AccountClosed
    begun = Viewing(
        new_id(), operator_id, person_id, role, zone_code, merchant_id, reason, began_at=now
    )
    after: dict[str, object] = {
        "person": str(person_id),
        "app": role,
        "zone": zone_code,
        "merchant": str(merchant_id or ""),
        "until": begun.until.isoformat(timespec="seconds"),
    }
    _record(BEGAN, begun, now=now, before={}, after=after)
    return begun


def find_viewing(*, viewing_id: UUID) -> Viewing | None:
    """Return a view that was begun and that nobody has ended, however long ago it began."""
    if AuditEvent.objects.filter(pk=_key(viewing_id, ENDED, KIND)).exists():
        return None
    began = AuditEvent.objects.filter(
        action=BEGAN, object_type=KIND, object_id=str(viewing_id)
    ).first()
    return None if began is None else _viewing_of(began)


def why_over(*, viewing: Viewing, operator: object, now: datetime) -> str:
    """Return why a view may not go on, "" while it may: everything is read now."""
    if now >= viewing.until:
        return "expired"
    if not isinstance(operator, User) or operator.pk != viewing.operator_id:
        return "signed_out"
    zones = zones_with(operator, VIEW_AS)
    if zones is not None and viewing.zone_code not in zones:
        return "right_lost"
    person = User.objects.filter(pk=viewing.person_id).first()
    if person is None or not _is_there(person):
        return "person_gone"
    return ""


def note_page(*, viewing: Viewing, path: str, now: datetime) -> None:
    """Keep that a page was opened: each address once, before it is shown."""
    record(
        action=OPENED,
        object_type=KIND,
        object_id=str(viewing.id),
        actor_id=viewing.operator_id,
        at=now,
        reason=viewing.reason,
        after={"path": path},
        key=_key(viewing.id, OPENED, path),
    )


@transaction.atomic
def end_viewing(*, viewing: Viewing, why: str, now: datetime) -> None:
    """End a view; what ended already stays ended as it did."""
    pages = AuditEvent.objects.filter(
        action=OPENED, object_type=KIND, object_id=str(viewing.id)
    ).order_by("at", "id")
    paths = [event.after["path"] for event in pages]
    _record(
        ENDED,
        viewing,
        # Nobody looked for longer than the view lasted, whenever its end was noticed.
        now=min(now, viewing.until),
        before={"state": "looking"},
        after={"state": "over", "why": why, "pages": ", ".join(paths), "count": len(paths)},
    )


def end_overdue_viewings(*, now: datetime) -> int:
    """Put the end of each view on the trail whose time ran out unnoticed; return how many."""
    began = AuditEvent.objects.filter(
        action=BEGAN, object_type=KIND, at__gt=now - LOOKS_BACK, at__lte=now - LIFE
    )
    found = {_key(UUID(event.object_id), ENDED, KIND): event for event in began}
    ended = set(AuditEvent.objects.filter(pk__in=found).values_list("pk", flat=True))
    left = [event for key, event in found.items() if key not in ended]
    for event in left:
        end_viewing(viewing=_viewing_of(event), why="expired", now=now)
    return len(left)


def _is_there(person: User) -> bool:
    return person.is_active and person.status == User.Status.ACTIVE


def _key(viewing_id: UUID, *what: str) -> UUID:
    """Return the key under which an act of a view is on the trail: it cannot be there twice."""
    return uuid5(viewing_id, "\n".join(what))


def _viewing_of(began: AuditEvent) -> Viewing:
    facts = began.after
    assert began.actor_id is not None
    return Viewing(
        id=UUID(began.object_id),
        operator_id=began.actor_id,
        person_id=UUID(facts["person"]),
        role=facts["app"],
        zone_code=facts["zone"],
        merchant_id=UUID(facts["merchant"]) if facts["merchant"] else None,
        reason=began.reason,
        began_at=began.at,
    )


def _record(
    action: str,
    viewing: Viewing,
    *,
    now: datetime,
    before: dict[str, object],
    after: dict[str, object],
) -> None:
    """Write an act of the view under its own key, the person's and the business's."""
    about = {KIND: viewing.id, "user": viewing.person_id, "merchant": viewing.merchant_id}
    for kind, object_id in about.items():
        if object_id is not None:
            record(
                action=action,
                object_type=kind,
                object_id=str(object_id),
                actor_id=viewing.operator_id,
                at=now,
                reason=viewing.reason,
                before=before,
                after={"view": str(viewing.id), **after},
                key=_key(viewing.id, action, kind),
            )

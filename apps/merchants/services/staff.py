"""Writes about the people who act for a merchant."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts import services as accounts
from apps.merchants import selectors
from apps.merchants.errors import (
    AlreadyOnStaff,
    LastOwner,
    RoleNotAllowed,
    UnknownOutlet,
    UnknownStaff,
)
from apps.merchants.models import Merchant, Staff
from apps.merchants.selectors import StaffScope
from apps.merchants.services import businesses
from apps.merchants.services.reasons import require


@transaction.atomic
def add_staff(
    *,
    merchant_id: UUID,
    user_id: UUID,
    role: str,
    now: datetime,
    outlet_ids: Sequence[UUID] = (),
) -> Staff:
    """
    Let a person act for the merchant, at the named outlets or at all of them; once more, too.

    Raises:
        UnknownOutlet, AlreadyOnStaff
    """
    _check_outlets(merchant_id, outlet_ids)
    if Staff.objects.filter(user_id=user_id, is_active=True).exists():
        raise AlreadyOnStaff
    former = Staff.objects.filter(user_id=user_id, merchant_id=merchant_id).first()
    staff = former or Staff(merchant_id=merchant_id, user_id=user_id)
    staff.role, staff.outlet_ids, staff.is_active = role, list(outlet_ids), True
    staff.created_at = now
    try:
        # Of two posts taken at once the unique constraints let one stand.
        with transaction.atomic():
            staff.save(force_insert=former is None)
    except IntegrityError as other:
        raise AlreadyOnStaff from other
    return staff


@transaction.atomic
def change_staff(
    *,
    staff_id: UUID,
    by: StaffScope,
    now: datetime,
    role: str | None = None,
    outlet_ids: Sequence[UUID] | None = None,
) -> Staff:
    """
    Give a colleague another role or other outlets; None leaves as it is, no outlets means all.

    Raises:
        UnknownStaff, RoleNotAllowed, UnknownOutlet, LastOwner
    """
    businesses.lock(by.merchant_id)
    staff = _active(staff_id, by.merchant_id)
    check_may_post(by, role=staff.role, outlet_ids=staff.outlet_ids)
    before = _facts(staff)
    if outlet_ids is not None:
        _check_outlets(by.merchant_id, outlet_ids)
        staff.outlet_ids = list(dict.fromkeys(outlet_ids))
    if role is not None and role != staff.role:
        _check_not_last(staff)
        staff.role = role
    if staff.role == Staff.Role.OWNER:
        # Whoever answers for everything is bound to no door.
        staff.outlet_ids = []
    check_may_post(by, role=staff.role, outlet_ids=staff.outlet_ids)
    if _facts(staff) != before:
        staff.save(update_fields=["role", "outlet_ids"])
        _record("changed", staff, actor_id=by.actor_id, reason="", now=now, before=before)
    return staff


@transaction.atomic
def dismiss_staff(
    *,
    staff_id: UUID,
    actor_id: UUID | None,
    reason: str,
    now: datetime,
    by: StaffScope | None = None,
) -> None:
    """
    End a person's post: from the next request on, no scan and no change is theirs.

    `by` is the colleague who ends it (oneself to leave), None an operator. Ending it again changes
    nothing.

    Raises:
        ReasonRequired, UnknownStaff, RoleNotAllowed, LastOwner
    """
    require(reason)
    found = Staff.objects.filter(pk=staff_id)
    if by is not None:
        found = found.filter(merchant_id=by.merchant_id)
    employer = found.values_list("merchant_id", flat=True).first()
    if employer is None:
        raise UnknownStaff
    businesses.lock(employer)
    staff = Staff.objects.get(pk=staff_id)
    if not staff.is_active:
        return
    if by is not None and staff.user_id != by.actor_id:
        check_may_post(by, role=staff.role, outlet_ids=staff.outlet_ids)
    _check_not_last(staff)
    before = _facts(staff)
    staff.is_active = False
    staff.save(update_fields=["is_active"])
    _record("dismissed", staff, actor_id=actor_id, reason=reason, now=now, before=before)


def check_may_post(by: StaffScope, *, role: str, outlet_ids: Sequence[UUID]) -> None:
    """
    Refuse to give or take a post that is not this person's to give: owners give all, managers those
    of scanners at the outlets where they manage.

    Raises:
        RoleNotAllowed
    """
    if by.role == Staff.Role.OWNER:
        return
    if by.role != Staff.Role.MANAGER or role != Staff.Role.SCANNER:
        raise RoleNotAllowed("Owners decide about this post.")
    if by.outlet_ids and not (outlet_ids and set(by.outlet_ids).issuperset(outlet_ids)):
        raise RoleNotAllowed("You decide about scanners at your own outlets.")


def end_posts(merchant: Merchant, *, actor_id: UUID | None, reason: str, now: datetime) -> None:
    """End every post at a locked merchant that is closed: its people may act for another."""
    assert merchant.status == Merchant.Status.CLOSED
    for staff in Staff.objects.filter(merchant=merchant, is_active=True).order_by("pk"):
        before = _facts(staff)
        staff.is_active = False
        staff.save(update_fields=["is_active"])
        _record("dismissed", staff, actor_id=actor_id, reason=reason, now=now, before=before)


def _active(staff_id: UUID, merchant_id: UUID) -> Staff:
    staff = Staff.objects.filter(pk=staff_id, merchant_id=merchant_id, is_active=True).first()
    if staff is None:
        raise UnknownStaff
    return staff


def _check_not_last(staff: Staff) -> None:
    """A sentence for what the database refuses too; sure because the merchant is locked."""
    if staff.role != Staff.Role.OWNER:
        return
    owners = Staff.objects.filter(
        merchant_id=staff.merchant_id, role=Staff.Role.OWNER, is_active=True
    )
    if not owners.exclude(pk=staff.pk).exists():
        raise LastOwner


def _check_outlets(merchant_id: UUID, outlet_ids: Sequence[UUID]) -> None:
    own = {outlet.pk for outlet in selectors.outlets(merchant_id=merchant_id)}
    if not own.issuperset(outlet_ids):
        raise UnknownOutlet


def _facts(staff: Staff) -> dict[str, object]:
    return {"role": staff.role, "outlet_ids": [str(pk) for pk in staff.outlet_ids]}


def _record(
    act: str,
    staff: Staff,
    *,
    actor_id: UUID | None,
    reason: str,
    now: datetime,
    before: dict[str, object],
) -> None:
    accounts.record(
        action=f"staff.{act}",
        object_type="staff",
        object_id=str(staff.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before=before,
        after=_facts(staff) if staff.is_active else {},
    )

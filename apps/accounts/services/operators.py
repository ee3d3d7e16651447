"""Giving and taking the roles of operators."""

import re
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts.errors import (
    AccountClosed,
    OperatorReasonRequired,
    OperatorRoleNotYours,
    RoleAlreadyGranted,
    RoleUnknown,
    UnknownOperatorRole,
    UnknownPerson,
)
from apps.accounts.models import OperatorRole, User
from apps.accounts.roles import PERMISSIONS
from apps.accounts.selectors import zones_with
from apps.accounts.services.trail import record

_ZONE = re.compile(r"[A-Z0-9]{2,8}")
_GRANT = "accounts.grant_operator_role"


@transaction.atomic
def grant_role(
    *,
    user_id: UUID,
    role: str,
    zone_code: str,
    actor_id: UUID | None,
    reason: str,
    now: datetime,
) -> OperatorRole:
    """
    Make the person an operator in this role, in one zone or, with an empty code, in all of them.

    Nobody gives a role to themselves, nor one beyond the zones in which they may give roles;
    `actor_id` is None for the platform's own commands.

    Raises:
        UnknownPerson, AccountClosed, RoleUnknown, RoleAlreadyGranted, OperatorRoleNotYours,
        OperatorReasonRequired
    """
    _require(reason)
    if role not in PERMISSIONS or (zone_code and not _ZONE.fullmatch(zone_code)):
        raise RoleUnknown
    # The person's lock: of two grants of one role at once the second finds the first.
    person = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if person is None:
        raise UnknownPerson
    if person.status == User.Status.CLOSED or not person.is_active:
        raise AccountClosed
    _check_giver(actor_id, user_id=user_id, zone_code=zone_code)
    live = OperatorRole.objects.filter(user_id=user_id, revoked_at__isnull=True)
    if live.filter(role=role, zone_code=zone_code).exists():
        raise RoleAlreadyGranted
    granted = OperatorRole.objects.create(
        user_id=user_id, role=role, zone_code=zone_code, granted_by=actor_id, granted_at=now
    )
    if not person.is_staff:
        person.is_staff = True
        person.save(update_fields=["is_staff"])
    _record("operator.role-granted", granted, actor_id=actor_id, reason=reason, now=now)
    return granted


@transaction.atomic
def revoke_role(*, role_id: UUID, actor_id: UUID | None, reason: str, now: datetime) -> None:
    """
    Take a role away: from the next request on it allows nothing. Taking it again changes nothing.

    Raises:
        UnknownOperatorRole, OperatorRoleNotYours, OperatorReasonRequired
    """
    _require(reason)
    found = OperatorRole.objects.filter(pk=role_id).first()
    if found is None:
        raise UnknownOperatorRole
    # The person first, as granting does: the question whether any role is left is asked alone.
    person = User.objects.select_for_update(no_key=True).get(pk=found.user_id)
    found.refresh_from_db()
    _check_giver(actor_id, user_id=found.user_id, zone_code=found.zone_code)
    if found.revoked_at is not None:
        return
    found.revoked_at = now
    found.save(update_fields=["revoked_at"])
    left = OperatorRole.objects.filter(user_id=found.user_id, revoked_at__isnull=True).exists()
    if not (left or person.is_superuser):
        person.is_staff = False
        person.save(update_fields=["is_staff"])
    _record("operator.role-revoked", found, actor_id=actor_id, reason=reason, now=now)


def _require(reason: str) -> None:
    if not reason.strip():
        raise OperatorReasonRequired


def _check_giver(actor_id: UUID | None, *, user_id: UUID, zone_code: str) -> None:
    if actor_id is None:
        return
    if actor_id == user_id:
        raise OperatorRoleNotYours("Somebody else gives and takes your roles.")
    zones = zones_with(User.objects.filter(pk=actor_id).first(), _GRANT)
    if zones is not None and zone_code not in zones:
        raise OperatorRoleNotYours


def _record(
    action: str, role: OperatorRole, *, actor_id: UUID | None, reason: str, now: datetime
) -> None:
    record(
        action=action,
        object_type="user",
        object_id=str(role.user_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        after={"role": role.role, "zone": role.zone_code or "every zone"},
    )

"""Reads about what operators may do, and where."""

from collections.abc import Callable
from uuid import UUID

from apps.accounts.models import OperatorRole, User
from apps.accounts.roles import PERMISSIONS

# From a permission to the zones where it is held; None means everywhere.
Reach = Callable[[str], frozenset[str] | None]


def permissions_of(*, user_id: UUID) -> set[str]:
    """Return what the person's live roles allow, in whatever zone."""
    roles = OperatorRole.objects.filter(user_id=user_id, revoked_at__isnull=True)
    allowed: set[str] = set()
    for role in roles.values_list("role", flat=True):
        allowed |= PERMISSIONS[role]
    return allowed


def zones_with(user: object, permission: str) -> frozenset[str] | None:
    """
    Return the zones in which an operator has a permission; None means everywhere.

    Nobody but an active operator has it anywhere.
    """
    return reach_of(user)(permission)


def reach_of(user: object) -> Reach:
    """Read an operator's roles once; what is returned answers as `zones_with` does."""
    if not isinstance(user, User) or not user.is_active or user.status != User.Status.ACTIVE:
        return lambda _: frozenset()
    if user.is_superuser:
        return lambda _: None
    roles = OperatorRole.objects.filter(user_id=user.pk, revoked_at__isnull=True)
    held = list(roles.values_list("role", "zone_code"))

    def zones(permission: str) -> frozenset[str] | None:
        found = frozenset(zone for role, zone in held if permission in PERMISSIONS[role])
        return None if "" in found else found

    return zones


def operators_with(*, permission: str, zone_code: str) -> list[UUID]:
    """Return who may do this in a zone by a live role; superusers are nobody's mailbox."""
    allowing = [role for role, allowed in PERMISSIONS.items() if permission in allowed]
    rows = OperatorRole.objects.filter(
        role__in=allowing, revoked_at__isnull=True, zone_code__in=[zone_code, ""]
    )
    return sorted(set(rows.values_list("user_id", flat=True)))


def is_operator(*, user_id: UUID) -> bool:
    """Say whether the person may sign in as an operator: a live role, or everything."""
    person = User.objects.filter(pk=user_id, is_active=True, status=User.Status.ACTIVE).first()
    if person is None:
        return False
    return (
        person.is_superuser
        or OperatorRole.objects.filter(user_id=user_id, revoked_at__isnull=True).exists()
    )

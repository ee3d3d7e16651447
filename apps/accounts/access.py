"""Which operator calls, and where this operator may do what: what the views of operators ask."""

from dataclasses import dataclass
from uuid import UUID

from rest_framework.request import Request

from apps.accounts import selectors
from apps.accounts.errors import UnknownPerson
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.errors import PermissionDenied


@dataclass(frozen=True, slots=True)
class OperatorScope:
    """An operator who has a permission, and in which zones; None means everywhere."""

    user_id: UUID
    zones: frozenset[str] | None

    def covers(self, zone_code: str) -> bool:
        """Whether the permission reaches into that zone; beyond it, objects do not exist."""
        return self.zones is None or zone_code in self.zones


def operating(request: Request, permission: str) -> OperatorScope:
    """
    Return the calling operator and where the permission holds, read now: a revoked role is over.

    Raises:
        NotAuthenticated, PermissionDenied
    """
    caller = principal_of(request)
    if caller.role != "operator":
        raise PermissionDenied
    try:
        person = selectors.person(user_id=caller.user_id)
    except UnknownPerson:
        raise PermissionDenied from None
    zones = selectors.zones_with(person, permission)
    if zones is not None and not zones:
        raise PermissionDenied
    return OperatorScope(caller.user_id, zones)

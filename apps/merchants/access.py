"""For whom a caller acts, and whether the caller may: what the views of merchants' matters ask."""

from collections.abc import Iterable
from uuid import UUID

from rest_framework.request import Request

from apps.merchants import selectors
from apps.merchants.duties import KEY, Duty
from apps.merchants.errors import NotAMerchant, OutletNotYours, RoleNotAllowed
from apps.merchants.selectors import StaffScope
from uma.kernel.http.authentication import Caller, caller_of
from uma.kernel.http.errors import InsufficientScope, PermissionDenied
from uma.kernel.http.keys import KeyPrincipal

# What `acting` can refuse with, beside what every view can.
REFUSALS = (InsufficientScope, NotAMerchant, RoleNotAllowed)


def acting(request: Request, duty: Duty) -> StaffScope:
    """
    Return for which merchant the caller may do this duty now: a person by the post, a key by scope.

    Raises:
        NotAuthenticated, PermissionDenied, InsufficientScope, NotAMerchant, RoleNotAllowed
    """
    return acting_as(caller_of(request), duty)


def acting_as(caller: Caller, duty: Duty) -> StaffScope:
    """
    Return the same for a caller who is known already, such as the visitor of a page.

    Raises:
        PermissionDenied, InsufficientScope, NotAMerchant, RoleNotAllowed
    """
    if isinstance(caller, KeyPrincipal):
        if duty.scope is None:
            raise PermissionDenied
        if duty.scope not in caller.scopes:
            raise InsufficientScope(scope=duty.scope)
        return StaffScope(caller.merchant_id, KEY, caller.outlet_ids, caller.key_id)
    if caller.role != "merchant":
        raise PermissionDenied
    staff = selectors.staff_of(user_id=caller.user_id)
    if staff is None:
        raise NotAMerchant
    if staff.role not in duty.roles:
        raise RoleNotAllowed(f"Your role does not allow you to {duty.name}.")
    return staff


def may(request: Request, staff: StaffScope, duty: Duty) -> bool:
    """Say whether the caller, who acts for this merchant already, may do another duty as well."""
    caller = caller_of(request)
    if isinstance(caller, KeyPrincipal):
        return duty.scope in caller.scopes
    return staff.role in duty.roles


def require_outlets(staff: StaffScope, outlet_ids: Iterable[UUID]) -> None:
    """
    Refuse what concerns other outlets than those where the caller is posted.

    Raises:
        OutletNotYours
    """
    if not all(staff.covers(outlet_id) for outlet_id in outlet_ids):
        raise OutletNotYours

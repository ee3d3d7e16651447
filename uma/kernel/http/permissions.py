"""Who may call an endpoint at all; which objects they see is the selectors' business."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission

from uma.kernel.http.authentication import Principal
from uma.kernel.http.errors import InsufficientScope
from uma.kernel.http.keys import KeyPrincipal

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class DenyAll(BasePermission):
    """Nobody: what a view has that forgot to say."""

    def has_permission(self, request: "Request", view: "APIView") -> bool:  # noqa: ARG002
        return False


class Public(BasePermission):
    """Anybody, signed in or not."""

    def has_permission(self, request: "Request", view: "APIView") -> bool:  # noqa: ARG002
        return True


def key_scope_of(view: object, method: str | None) -> str | None:
    """Return the scope that opens a view to API keys, `None` where no key enters."""
    stated: str | Mapping[str, str] | None = getattr(view, "key_scope", None)
    return stated.get(method or "") if isinstance(stated, Mapping) else stated


def _is_open_to_key(request: "Request", view: "APIView", key: KeyPrincipal) -> bool:
    """Say whether a key enters: only where the view names a scope, and the key has it."""
    scope = key_scope_of(view, request.method)
    if scope is None:
        return False
    if scope not in key.scopes:
        raise InsufficientScope(scope=scope)
    return True


class IsAuthenticated(BasePermission):
    """Anybody who presents a valid access token, and a key where the view's `key_scope` says so."""

    def has_permission(self, request: "Request", view: "APIView") -> bool:
        if isinstance(request.user, KeyPrincipal):
            return _is_open_to_key(request, view, request.user)
        return isinstance(request.user, Principal)


class _HasRole(BasePermission):
    role: str

    def has_permission(self, request: "Request", view: "APIView") -> bool:  # noqa: ARG002
        return isinstance(request.user, Principal) and request.user.role == self.role


class IsRider(_HasRole):
    """A rider's token."""

    role = "rider"


class IsMerchant(_HasRole):
    """A token of a merchant's staff, and a key where the view's `key_scope` says so."""

    role = "merchant"

    def has_permission(self, request: "Request", view: "APIView") -> bool:
        if isinstance(request.user, KeyPrincipal):
            return _is_open_to_key(request, view, request.user)
        return super().has_permission(request, view)


class IsOperator(_HasRole):
    """A token of the platform's own people."""

    role = "operator"

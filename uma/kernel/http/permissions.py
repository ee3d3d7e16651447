"""Who may call an endpoint at all; which objects they see is the selectors' business."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission

from uma.kernel.http.authentication import Principal

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


class IsAuthenticated(BasePermission):
    """Anybody who presents a valid access token."""

    def has_permission(self, request: "Request", view: "APIView") -> bool:  # noqa: ARG002
        return isinstance(request.user, Principal)


class _HasRole(BasePermission):
    role: str

    def has_permission(self, request: "Request", view: "APIView") -> bool:  # noqa: ARG002
        return isinstance(request.user, Principal) and request.user.role == self.role


class IsRider(_HasRole):
    """A rider's token."""

    role = "rider"


class IsMerchant(_HasRole):
    """A token of a merchant's staff."""

    role = "merchant"


class IsOperator(_HasRole):
    """A token of the platform's own people."""

    role = "operator"

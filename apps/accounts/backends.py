"""What somebody may do at the operators' desk: what the roles say, and nothing given by hand."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from apps.accounts import selectors
from apps.accounts.models import User


class OperatorBackend(ModelBackend):
    """
    Django's sign-in by password, with the permissions of `apps.accounts.roles`.

    Groups and permissions of single people are not read: who may do what stands in one table.
    """

    # Any: Django's own type for a user of whatever model.
    def user_can_authenticate(self, user: Any) -> bool:
        """Let nobody in whose account is closed or disabled, nor keep them in."""
        active = isinstance(user, User) and user.status == User.Status.ACTIVE
        return active and super().user_can_authenticate(user)

    def get_user_permissions(self, user_obj: Any, obj: object = None) -> set[str]:  # noqa: ARG002
        return set()

    def get_group_permissions(self, user_obj: Any, obj: object = None) -> set[str]:  # noqa: ARG002
        return set()

    def get_all_permissions(self, user_obj: Any, obj: object = None) -> set[str]:
        if obj is not None or not self.user_can_authenticate(user_obj):
            return set()
        if user_obj.is_superuser:
            return super().get_all_permissions(user_obj)
        # For this request: a role that is revoked ends with the next one.
        known: set[str] | None = getattr(user_obj, "_operator_permissions", None)
        if known is None:
            known = selectors.permissions_of(user_id=user_obj.pk)
            user_obj._operator_permissions = known  # noqa: SLF001
        return known

    def has_perm(self, user_obj: Any, perm: str, obj: object = None) -> bool:
        # A superuser is asked no backend.
        return perm in self.get_all_permissions(user_obj, obj)

"""People and the trail, as operators see them."""

from django.contrib import admin
from django.http import HttpRequest

from apps.accounts.models import AuditEvent, User
from uma.kernel.desk import ReadOnlyAdmin


@admin.register(User)
class UserAdmin(ReadOnlyAdmin[User]):
    """Whom an operator may give roles to; what a person is, only services change."""

    list_display = ("username", "display_name", "zone_code", "status", "banned_until", "is_staff")
    list_filter = ("status", "zone_code", "is_staff")
    search_fields = ("username", "display_name")
    readonly_fields = (
        "id", "username", "display_name", "email", "phone", "zone_code", "status", "banned_until",
        "is_superuser", "last_login", "created_at",
    )  # fmt: skip
    fields = (*readonly_fields, "is_active", "is_staff", "groups", "user_permissions")
    filter_horizontal = ("groups", "user_permissions")
    ordering = ("username",)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Roles of operators are Django's own and are given here; the other fields are read-only.
        return admin.ModelAdmin.has_change_permission(self, request, obj)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin[AuditEvent]):
    list_display = ("at", "action", "object_type", "object_id", "actor_id", "reason")
    list_filter = ("action", "object_type")
    search_fields = ("=object_id", "=actor_id")
    date_hierarchy = "at"
    ordering = ("-at",)

"""People and the trail, as operators see them."""

from django.contrib import admin
from django.http import HttpRequest

from apps.accounts.models import AuditEvent, User


@admin.register(User)
class UserAdmin(admin.ModelAdmin[User]):
    list_display = ["username", "display_name", "zone_code", "status", "banned_until", "is_staff"]
    list_filter = ["status", "zone_code", "is_staff"]
    search_fields = ["username", "display_name"]
    show_full_result_count = False
    readonly_fields = [
        "id",
        "username",
        "display_name",
        "email",
        "phone",
        "zone_code",
        "status",
        "banned_until",
        "is_superuser",
        "last_login",
        "created_at",
    ]
    fields = [*readonly_fields, "is_active", "is_staff", "groups", "user_permissions"]
    filter_horizontal = ["groups", "user_permissions"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 — Django's signature
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: User | None = None  # noqa: ARG002 — Django's signature
    ) -> bool:
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(admin.ModelAdmin[AuditEvent]):
    list_display = ["at", "action", "object_type", "object_id", "actor_id", "reason"]
    list_filter = ["action", "object_type"]
    search_fields = ["object_id", "actor_id"]
    date_hierarchy = "at"
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 — Django's signature
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: AuditEvent | None = None  # noqa: ARG002 — Django's signature
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: AuditEvent | None = None  # noqa: ARG002 — Django's signature
    ) -> bool:
        return False

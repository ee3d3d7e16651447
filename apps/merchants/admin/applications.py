"""Applications as operators see them: the queue, the oldest first."""

from django.contrib import admin

from apps.merchants.models import Application, Invitation
from uma.kernel.desk import ReadOnlyAdmin


@admin.register(Application)
class ApplicationAdmin(ReadOnlyAdmin[Application]):
    few = True
    trail_keys = ("pk", "merchant_id")
    zone_path = "merchant__zone_id"
    list_display = ["merchant", "state", "revision", "submitted_at", "decided_at"]
    list_filter = ["state", "merchant__zone"]
    list_select_related = ["merchant"]
    search_fields = ["merchant__brand", "merchant__legal_name", "merchant__gstin", "=merchant__id"]
    ordering = ("submitted_at",)


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin[Invitation]):
    few = True
    zone_path = "merchant__zone_id"
    list_display = ["merchant", "role", "state", "created_at", "expires_at"]
    list_filter = ["state", "role"]
    list_select_related = ["merchant"]
    search_fields = ["merchant__brand", "=id", "=merchant__id"]
    # Whom a merchant wishes to hire is its own business until they are.
    exclude = ["phone", "phone_index"]

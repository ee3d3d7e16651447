"""What was missed and what was proven, to read."""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps.gamification.admin.known import known_about
from apps.gamification.models import FailedScan, NoShow, Reminder, Visit
from uma.kernel.desk import ReadOnlyAdmin


@admin.register(NoShow)
class NoShowAdmin(ReadOnlyAdmin[NoShow]):
    zone_path = "zone_code"
    trail_keys = ("booking_id",)
    list_display = ("expired_at", "zone_code", "merchant_name", "verdict", "rider_id")
    list_filter = ("excuse", "zone_code", "expired_at")
    search_fields = ("=booking_id", "=rider_id")
    exclude = ("evidence", "excuse")
    readonly_fields = ("verdict", "known")

    @admin.display(description="What is known")
    def known(self, row: NoShow) -> SafeString | str:
        return known_about(row)

    @admin.display(description="Verdict")
    def verdict(self, row: NoShow) -> str:
        if row.decided_at is None:
            return "waits"
        return f"excused: {row.excuse.replace('_', ' ')}" if row.excuse else "strike"


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin[Reminder]):
    trail_keys = ("booking_id",)
    list_display = ("booking_id", "merchant_name", "expires_at", "next_due_at", "told")
    search_fields = ("=booking_id",)
    ordering = ("-expires_at",)

    @admin.display(description="Told")
    def told(self, row: Reminder) -> str:
        marks = {"6 h": row.early_message_id, "1 h": row.late_message_id}
        return ", ".join(name for name, message in marks.items() if message) or "—"


@admin.register(FailedScan)
class FailedScanAdmin(ReadOnlyAdmin[FailedScan]):
    trail_keys = ("booking_id",)
    list_display = ("at", "code", "booking_id")
    list_filter = ("code", "at")
    search_fields = ("=booking_id",)


@admin.register(Visit)
class VisitAdmin(ReadOnlyAdmin[Visit]):
    zone_path = "zone_code"
    trail_keys = ("handshake_id", "booking_id")
    list_display = ("at", "zone_code", "category", "by_ride", "rider_id", "undone_at", "settled_at")
    list_filter = ("zone_code", "category", "by_ride", "at")
    search_fields = ("=handshake_id", "=booking_id", "=rider_id")

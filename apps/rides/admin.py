"""Bookings as operators see them: to read, and to void with a reason."""

from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.rides import services
from apps.rides.models import (
    Booking,
    DropOff,
    Fare,
    RefusedBookings,
    RideFailure,
    SpokenCodeTries,
    Watch,
)
from uma.kernel.desk import Answers, Needs, ReadOnlyAdmin, act_on_chosen, readable
from uma.kernel.money import rupees


@admin.register(Booking)
class BookingAdmin(ReadOnlyAdmin[Booking]):
    zone_path = "zone_code"
    list_display = (
        "ref", "state", "zone_code", "rider_link", "merchant_link", "outlet_link", "title", "held",
        "booked_at", "expires_at", "status_changed_at", "cancelled_late",
    )  # fmt: skip
    list_filter = ("state", "zone_code", "cancelled_late", "basis", "static_qr", "booked_at")
    list_select_related = ("rider", "merchant", "outlet")
    search_fields = ("=ref", "=id", "=rider__username")
    actions = page_acts = ("void_selected",)
    # A printed code is as good as the money it redeems, and a request's key is its owner's.
    exclude = ("static_id", "request_key", "request_fingerprint")

    @admin.display(description="Rider")
    def rider_link(self, booking: Booking) -> SafeString:
        return _link("accounts_user", booking.rider_id, readable(lambda: booking.rider.shown_name))

    @admin.display(description="Merchant")
    def merchant_link(self, booking: Booking) -> SafeString:
        return _link("merchants_merchant", booking.merchant_id, booking.merchant_name)

    @admin.display(description="Outlet")
    def outlet_link(self, booking: Booking) -> SafeString:
        return _link("merchants_outlet", booking.outlet_id, str(booking.outlet))

    @admin.display(description="Held at most")
    def held(self, booking: Booking) -> str:
        return f"₹{rupees(booking.max_cost_paise):,.2f}"

    @admin.action(
        description="Void: no visit, no strike, the money goes back", permissions=["void"]
    )
    def void_selected(self, request: HttpRequest, chosen: QuerySet[Booking]) -> HttpResponse | None:
        def act(booking_id: UUID, actor_id: UUID, answers: Answers) -> str:
            row = services.void(
                booking_id=booking_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )
            return self.held(row)

        def describe(row: Booking) -> str:
            what = f"{row.ref}: {row.merchant_name}, {row.title} ({row.get_state_display()})"
            return f"{what}, {self.held(row)} held"

        return act_on_chosen(
            self,
            request,
            chosen,
            action="void_selected",
            question="Take these bookings back? The deals are lost, nobody gets a strike.",
            act=act,
            describe=describe,
            paise_of=lambda row: row.max_cost_paise,
        )

    has_void_permission = Needs("rides.void_booking")


@admin.register(Fare)
class FareAdmin(ReadOnlyAdmin[Fare]):
    trail_keys = ("booking_id",)
    zone_path = "booking__zone_code"
    list_display = ("recorded_at", "booking", "fare")
    list_select_related = ("booking",)
    search_fields = ("=booking__id", "=booking__ref")

    @admin.display(description="Fare")
    def fare(self, fare: Fare) -> str:
        return f"₹{rupees(fare.fare_paise):,.2f}"


@admin.register(RideFailure)
class RideFailureAdmin(ReadOnlyAdmin[RideFailure]):
    trail_keys = ("booking_id",)
    zone_path = "booking__zone_code"
    list_display = ("at", "reason", "code", "booking")
    list_filter = ("reason", "at")
    list_select_related = ("booking",)
    search_fields = ("=booking__id", "=booking__ref")


@admin.register(DropOff)
class DropOffAdmin(ReadOnlyAdmin[DropOff]):
    trail_keys = ("booking_id",)
    zone_path = "booking__zone_code"
    list_display = ("at", "distance", "booking")
    list_select_related = ("booking",)
    search_fields = ("=booking__id", "=booking__ref")

    @admin.display(description="From the outlet")
    def distance(self, drop: DropOff) -> str:
        return f"{drop.distance_m} m"


@admin.register(RefusedBookings)
class RefusedBookingsAdmin(ReadOnlyAdmin[RefusedBookings]):
    zone_path = "merchant__zone_id"
    list_display = ("day", "merchant", "campaign_id", "outlet_id", "code", "times")
    list_filter = ("code", "day")
    list_select_related = ("merchant",)
    search_fields = ("=merchant__id",)
    ordering = ("-day", "-times")


@admin.register(SpokenCodeTries)
class SpokenCodeTriesAdmin(ReadOnlyAdmin[SpokenCodeTries]):
    list_display = ("person_id", "tries", "counted_since", "locked_until")
    search_fields = ("=person_id",)
    exclude = ("last_ref",)


@admin.register(Watch)
class WatchAdmin(ReadOnlyAdmin[Watch]):
    few = True
    zone_path = "zone_code"
    list_display = ("since", "where", "ended_at", "zone_code", "rider_id")
    list_filter = (("ended_at", admin.EmptyFieldListFilter), "zone_code", "since")
    search_fields = ("=rider_id", "=merchant_id")
    ordering = ("-id",)

    @admin.display(description="Where")
    def where(self, watch: Watch) -> str:
        return "at one business" if watch.merchant_id else "anywhere"


def _link(page: str, row_id: UUID, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{page}_change", args=[row_id]), text)

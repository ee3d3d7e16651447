"""Reads about bookings: a rider's own, what a scan needs, and what must always be true of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Max, Q, Sum
from django.db.models.functions import ExtractHour, TruncDate

from apps.rides.errors import BookingNotFound
from apps.rides.invariants import Violation, find_violations
from apps.rides.models import Booking, DropOff, RefusedBookings, RideFailure
from apps.rides.proofs import (
    RIDE_PROVES_FOR,
    Arrival,
    Asked,
    Lack,
    lack_of_place,
    lack_of_ride,
)
from uma.kernel.ids import first_id_of

__all__ = [
    "RIDE_PROVES_FOR",
    "Allotted",
    "Arrival",
    "Asked",
    "HourOfExpiries",
    "Keyed",
    "Lack",
    "LiveBooking",
    "Placed",
    "RefusedBy",
    "Sold",
    "Subsidy",
    "Told",
    "Violation",
    "allotments_of",
    "arrival_of",
    "fares_told",
    "find_violations",
    "hours_of_expiries",
    "lack_of_place",
    "lack_of_ride",
    "last_change",
    "late_cancels",
    "live_among",
    "live_at",
    "live_of",
    "live_without",
    "of_rider",
    "page_of_rider",
    "placed",
    "ref_of_static",
    "refused",
    "ride_failures_of",
    "sold",
    "spoken_candidates",
    "subsidy_of",
]

# A six-digit code with two valid steps hits one of so many bookings by chance once in a thousand
# tries; beyond that the QR is the only way.
MAX_SPOKEN_CANDIDATES = 500


@dataclass(frozen=True, slots=True)
class LiveBooking:
    """What the limits on a rider's live bookings are counted from."""

    outlet_id: UUID
    live_slot: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Sold:
    """A booking as those see it who follow it: whose, where, and how long it is good."""

    booking_id: UUID
    rider_id: UUID
    merchant_id: UUID
    outlet_id: UUID
    zone_code: str
    timezone: str
    merchant_name: str
    booked_at: datetime
    expires_at: datetime
    # The ride there was ordered on the network, which told its fare.
    by_ride: bool


@dataclass(frozen=True, slots=True)
class Allotted:
    """Where a booking took its seat and its budget from."""

    booking_id: UUID
    campaign_id: UUID
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subsidy:
    """What of its ride a booking pays, in paise, and what the ride cost; None while nobody has told."""

    basis: str
    cap_paise: int
    deductible_paise: int
    fare_paise: int | None


@dataclass(frozen=True, slots=True)
class Placed:
    """A booking by where it is to be redeemed."""

    id: UUID
    merchant_id: UUID
    outlet_id: UUID


@dataclass(frozen=True, slots=True)
class Keyed:
    """A booking by what its codes are computed from."""

    ref: str
    qr_kid: str


def of_rider(*, booking_id: UUID, rider_id: UUID) -> Booking:
    """
    Return the rider's own booking.

    Raises:
        BookingNotFound: also for another rider's, so that identifiers cannot be probed
    """
    found = Booking.objects.filter(pk=booking_id, rider_id=rider_id).first()
    if found is None:
        raise BookingNotFound
    return found


def state_of(*, booking_id: UUID) -> str:
    """Return the state of a booking that there is."""
    return Booking.objects.values_list("state", flat=True).get(pk=booking_id)


def page_of_rider(*, rider_id: UUID, limit: int, before: UUID | None) -> list[Booking]:
    """Return up to `limit` of the rider's bookings, the newest first, older than `before`."""
    rows = Booking.objects.filter(rider_id=rider_id)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])


def live_of(*, rider_id: UUID) -> list[LiveBooking]:
    """Return the rider's live bookings; an overdue one is live until the job expires it."""
    rows = Booking.objects.filter(rider_id=rider_id, state=Booking.State.BOOKED)
    return [LiveBooking(*row) for row in rows.values_list("outlet_id", "live_slot", "expires_at")]


def live_at(*, rider_id: UUID, outlet_id: UUID) -> UUID | None:
    """Return the rider's live booking at an outlet, of which there is one at the most."""
    rows = Booking.objects.filter(
        rider_id=rider_id, outlet_id=outlet_id, state=Booking.State.BOOKED
    )
    return rows.values_list("pk", flat=True).first()


def last_change(*, rider_id: UUID) -> datetime | None:
    """Return when one of the rider's bookings began or changed last, or a ride to one was told to have ended."""
    last = Booking.objects.filter(rider_id=rider_id).aggregate(
        changed=Max("status_changed_at"), arrived=Max("drop_off__recorded_at")
    )
    return max((at for at in last.values() if at is not None), default=None)


def late_cancels(*, rider_id: UUID, since: datetime) -> list[datetime]:
    """Return when the rider cancelled late, the newest first."""
    rows = Booking.objects.filter(
        rider_id=rider_id, cancelled_late=True, status_changed_at__gte=since
    )
    return list(rows.order_by("-status_changed_at").values_list("status_changed_at", flat=True))


def sold(*, booking_ids: Iterable[UUID]) -> list[Sold]:
    """Return these bookings, the one that ends first coming first."""
    return _sold(Q(pk__in=list(booking_ids)))


def live_without(*, without: Q, limit: int) -> list[Sold]:
    """Return up to `limit` live bookings that `without` does not hold for, in the order of their end."""
    return _sold(Q(state=Booking.State.BOOKED) & ~without, limit=limit)


def _sold(which: Q, *, limit: int | None = None) -> list[Sold]:
    rows = Booking.objects.filter(which).order_by("expires_at", "pk")
    columns = (
        "pk", "rider_id", "merchant_id", "outlet_id", "zone_code", "timezone", "merchant_name",
        "booked_at", "expires_at", "fare__fare_paise",
    )  # fmt: skip
    found = rows.values_list(*columns)[:limit]
    return [Sold(*[*row[:-1], row[-1] is not None]) for row in found]


def live_among(*, booking_ids: Iterable[UUID]) -> set[UUID]:
    """Return which of these bookings are live."""
    rows = Booking.objects.filter(pk__in=list(booking_ids), state=Booking.State.BOOKED)
    return set(rows.values_list("pk", flat=True))


def placed(*, ref: str) -> Placed | None:
    """Return the booking with this reference, in whatever state, by where it is."""
    row = Booking.objects.filter(ref=ref).values_list("pk", "merchant_id", "outlet_id").first()
    return row and Placed(*row)


def ride_failures_of(*, booking_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return why the ride to each of these bookings failed, for those whose ride did."""
    rows = RideFailure.objects.filter(booking_id__in=list(booking_ids))
    return dict(rows.values_list("booking_id", "reason"))


def ref_of_static(*, static_id: UUID) -> str | None:
    """Return the reference of the booking whose printed code this is; only some deals have one."""
    return Booking.objects.filter(static_id=static_id).values_list("ref", flat=True).first()


def allotments_of(*, booking_ids: Iterable[UUID]) -> list[Allotted]:
    """Return where these bookings took their seats from, in the order allotments are locked in."""
    rows = Booking.objects.filter(pk__in=list(booking_ids)).order_by("campaign_id", "pk")
    return [
        Allotted(booking_id, campaign_id, tuple(scopes))
        for booking_id, campaign_id, scopes in rows.values_list("pk", "campaign_id", "scopes")
    ]


def spoken_candidates(
    *, merchant_id: UUID, outlet_ids: Iterable[UUID], last_ref: str
) -> list[Keyed]:
    """
    Return the bookings a spoken code may mean here; more than the limit when they are too many.

    No outlet ids means every outlet of the merchant. `last_ref` was found by the same person
    before: a repeated request must find it again although it is no longer live.
    """
    rows = Booking.objects.filter(merchant_id=merchant_id, state=Booking.State.BOOKED)
    if outlets := list(outlet_ids):
        rows = rows.filter(outlet_id__in=outlets)
    found = [Keyed(*row) for row in rows.values_list("ref", "qr_kid")[: MAX_SPOKEN_CANDIDATES + 1]]
    if last_ref and all(last_ref != row.ref for row in found):
        again = Booking.objects.filter(ref=last_ref, merchant_id=merchant_id)
        found += [Keyed(*row) for row in again.values_list("ref", "qr_kid")]
    return found


def subsidy_of(*, booking_id: UUID) -> Subsidy:
    """
    Return a booking's terms for its ride and the fare, if that was told.

    Raises:
        BookingNotFound
    """
    columns = ("basis", "cap_paise", "deductible_paise", "fare__fare_paise")
    found = Booking.objects.filter(pk=booking_id).values_list(*columns).first()
    if found is None:
        raise BookingNotFound
    return Subsidy(*found)


@dataclass(frozen=True, slots=True)
class Told:
    """Of a rider's visits: how many fares are told, and how many of them just below the deal's cap."""

    fares: int
    just_below: int


def fares_told(*, rider_ids: Iterable[UUID], since: datetime, until: datetime) -> dict[UUID, Told]:
    """Return what is known of the fares of these riders' visits: in the top 2 % below the cap or not."""
    just_below = Q(hundredfold__gte=F("cap_paise") * 98, fare__fare_paise__lt=F("cap_paise"))
    rows = (
        Booking.objects.filter(
            rider_id__in=list(rider_ids), pk__gte=first_id_of(since), redeemed_at__lte=until,
            fare__isnull=False,
        )
        .alias(hundredfold=F("fare__fare_paise") * 100)
        .values_list("rider_id")
        .annotate(fares=Count("pk"), below=Count("pk", filter=just_below))
        .order_by()
    )  # fmt: skip
    return {rider_id: Told(*counts) for rider_id, *counts in rows}


@dataclass(frozen=True, slots=True)
class HourOfExpiries:
    """How many bookings of one campaign at one outlet ran out unused in one hour of a zone's clock."""

    day: date
    hour: int
    campaign_id: UUID
    outlet_id: UUID
    expired: int


def hours_of_expiries(
    *, merchant_id: UUID, timezone: str, since: datetime, until: datetime
) -> list[HourOfExpiries]:
    """Return the merchant's bookings that ran out from `since`, included, to `until`, excluded, by hour."""
    clock = ZoneInfo(timezone)
    rows = (
        Booking.objects.filter(
            merchant_id=merchant_id,
            state=Booking.State.EXPIRED,
            status_changed_at__gte=since,
            status_changed_at__lt=until,
        )
        .values_list(
            TruncDate("status_changed_at", tzinfo=clock),
            ExtractHour("status_changed_at", tzinfo=clock),
            "campaign_id",
            "outlet_id",
        )
        .annotate(Count("pk"))
        .order_by()
    )
    return [HourOfExpiries(*row) for row in rows]


def outcomes(
    *,
    merchant_id: UUID,
    since: datetime,
    until: datetime,
    outlet_ids: Collection[UUID] = (),
    campaign_id: UUID | None = None,
) -> dict[str, int]:
    """Return what became of the bookings made from `since`, included, to `until`, excluded: counts by state."""
    rows = Booking.objects.filter(
        # What was booked since then has a younger id: the time alone has no index.
        pk__gte=first_id_of(since),
        merchant_id=merchant_id,
        booked_at__gte=since,
        booked_at__lt=until,
    )
    if outlet_ids:
        rows = rows.filter(outlet_id__in=outlet_ids)
    if campaign_id is not None:
        rows = rows.filter(campaign_id=campaign_id)
    return dict(rows.values_list("state").annotate(Count("pk")).order_by())


RefusedBy = Literal["code", "day", "campaign_id", "outlet_id"]


def refused(
    *,
    merchant_id: UUID,
    first: date,
    last: date,
    by: RefusedBy,
    outlet_ids: Collection[UUID] = (),
    campaign_id: UUID | None = None,
) -> dict[str | date | UUID | None, int]:
    """
    Return how often bookings were refused on days of the zone's clock, both included, by one of the columns.

    With outlets named, what named no outlet is left out.
    """
    rows = RefusedBookings.objects.filter(merchant_id=merchant_id, day__gte=first, day__lte=last)
    if outlet_ids:
        rows = rows.filter(outlet_id__in=outlet_ids)
    if campaign_id is not None:
        rows = rows.filter(campaign_id=campaign_id)
    return dict(rows.values_list(by).annotate(Sum("times")).order_by())


def arrival_of(*, booking_id: UUID) -> Arrival | None:
    """Return where and when the newest ride to a booking ended, when the network has told of one."""
    row = DropOff.objects.filter(booking_id=booking_id).values_list("distance_m", "at").first()
    return None if row is None else Arrival(*row)

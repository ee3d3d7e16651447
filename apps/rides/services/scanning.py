"""What a scan needs to know about a booking, in one query, and the lock that scans queue on."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db import transaction
from django.db.models import F, FilteredRelation, OuterRef, Q

from apps.campaigns import selectors as campaigns
from apps.rides.models import Booking
from apps.rides.proofs import Arrival, Asked
from uma.kernel.geo import Point
from uma.kernel.prepared import Statement, fetch_one, in_transaction

_NOBODY = UUID(int=0)
_NO_REF = "A" * 13


@dataclass(frozen=True, slots=True)
class ScannedBooking:
    """
    A booking's own terms (paise, bps) beside the facts of today that a scan is judged by.

    `staff_role` is the scanner's role at the booking's merchant, `None` for everybody else;
    `staff_outlet_ids` is empty for somebody who works at every outlet. `rider_is_staff` says that
    the rider works for this merchant. `fare_paise` is `None` until the network has told the fare.
    """

    id: UUID
    ref: str
    state: str
    booked_at: datetime
    expires_at: datetime
    redeemed_at: datetime | None
    rider_id: UUID
    merchant_id: UUID
    outlet_id: UUID
    campaign_id: UUID
    revision: int
    zone_code: str
    timezone: str
    merchant_name: str
    title: str
    discount_bps: int
    basis: str
    cap_paise: int
    deductible_paise: int
    cpt_fee_paise: int
    cpa_fee_paise: int
    gst_bps: int
    inter_state: bool
    max_cost_paise: int
    static_qr: bool
    proof_policy: str
    geofence_policy: str
    watched: bool
    fare_paise: int | None
    merchant_status: str
    outlet_status: str
    outlet_location: Point
    outlet_radius_m: int
    staff_role: str | None
    staff_outlet_ids: tuple[UUID, ...]
    rider_is_staff: bool
    campaign_suspended_for: str
    # Where the newest ride to it ended; `None` until the network has told of one.
    arrival: Arrival | None

    @property
    def asked(self) -> Asked:
        """Return what this booking was sold to be proven by."""
        return Asked(self.proof_policy, self.geofence_policy)


# In the order of ScannedBooking; a test compares the two.
_TERMS = (
    "id", "ref", "state", "booked_at", "expires_at", "redeemed_at", "rider_id", "merchant_id",
    "outlet_id", "campaign_id", "revision", "zone_code", "timezone", "merchant_name", "title",
    "discount_bps", "basis", "cap_paise", "deductible_paise", "cpt_fee_paise", "cpa_fee_paise",
    "gst_bps", "inter_state", "max_cost_paise", "static_qr", "proof_policy", "geofence_policy",
    "watched",
    "fare__fare_paise", "merchant__status", "outlet__status",
)  # fmt: skip
_COMPUTED = (
    "outlet__location", "outlet__radius_m", "scanner__role", "scanner__outlet_ids", "post__role",
    "campaign_suspended_for", "drop_off__distance_m", "drop_off__at",
)  # fmt: skip


def lock_for_scan(*, ref: str, actor_id: UUID) -> ScannedBooking | None:
    """
    Lock the booking until the caller's transaction ends; return it as a scan by `actor_id` sees it.

    Only the booking's row is locked, and other scans of its code queue there.
    """
    assert in_transaction(), "a lock outside a transaction is none"
    return _look(_statement(lock=True), ref, actor_id)


def find_for_scan(*, ref: str, actor_id: UUID) -> ScannedBooking | None:
    """Return the booking as a scan by `actor_id` would see it; lock nothing."""
    return _look(_statement(lock=False), ref, actor_id)


@cache
def _statement(*, lock: bool) -> Statement:
    """
    Return the query, with `actor, ref` to fill in.

    Building it anew takes 1 ms of Python for each scan and planning it a third of one in PostgreSQL
    (decisions/0008): the ORM writes it once for the process, the server plans it once for the
    connection.
    """
    works_here = Q(merchant__staff__is_active=True)
    rows = Booking.objects.filter(ref=_NO_REF).annotate(
        scanner=FilteredRelation(
            "merchant__staff", condition=works_here & Q(merchant__staff__user_id=_NOBODY)
        ),
        post=FilteredRelation(
            "merchant__staff", condition=works_here & Q(merchant__staff__user_id=F("rider_id"))
        ),
        campaign_suspended_for=campaigns.suspended_for(OuterRef("campaign_id")),
    )
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    # The ORM writes the text of a locking query only where a lock would make sense.
    with transaction.atomic():
        text, arguments = rows.values_list(*_TERMS, *_COMPUTED).query.sql_with_params()
    assert arguments == (_NOBODY, _NO_REF)
    return Statement(
        name="scan_lock" if lock else "scan_look",
        text=text.replace("%s", "$1", 1).replace("%s", "$2", 1),
    )


def _look(statement: Statement, ref: str, actor_id: UUID) -> ScannedBooking | None:
    row = fetch_one(statement, [actor_id, ref])
    if row is None:
        return None
    location, radius_m, role, outlet_ids, post, suspended_for, away_m, ended_at = row[len(_TERMS) :]
    # The core type `point` arrives as its text, longitude first.
    longitude, latitude = location[1:-1].split(",")
    computed = [
        Point(float(latitude), float(longitude)),
        radius_m,
        role,
        tuple(outlet_ids or ()),
        post is not None,
        suspended_for,
        None if ended_at is None else Arrival(away_m, ended_at),
    ]
    return ScannedBooking(*[*row[: len(_TERMS)], *computed])

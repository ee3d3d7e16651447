"""Visits for tests: a booking scanned with the code that the rider's phone shows."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.accounts.models import User
from apps.handshake import identify, services
from apps.handshake.models import Handshake
from apps.handshake.rules import Scan
from apps.handshake.services import Executed, Preview
from apps.merchants.models import FirstVisit
from apps.rides import services as rides
from apps.rides.models import Booking
from apps.wallet import codes
from tests.factories import NOON, Shop, balance, code_of, keyring, make_booking, make_rider
from uma.kernel.geo import Point
from uma.kernel.http.idempotency import IdempotencyKey

CAP_PAISE = 150_00
FARE_PAISE = 132_00


def scan_of(
    actor_id: UUID, *, outlet_id: UUID | None = None, location: Point | None = None
) -> Scan:
    return Scan(actor_id=actor_id, outlet_id=outlet_id, location=location, bill_paise=None)


def execute(
    booking: Booking,
    actor_id: UUID,
    *,
    text: str = "",
    key: IdempotencyKey | None = None,
    now: datetime = NOON,
    **place: Any,  # Any: an outlet or a point
) -> Executed:
    code = identify.by_qr(text=text or code_of(booking, at=now), keys=keyring(), now=now)
    return services.execute(
        ref=code.ref, scan=scan_of(actor_id, **place), freshness=code.freshness, key=key, now=now
    )


def preview(
    booking: Booking,
    actor_id: UUID,
    *,
    text: str = "",
    now: datetime = NOON,
    **place: Any,  # Any: as above
) -> Preview:
    code = identify.by_qr(text=text or code_of(booking, at=now), keys=keyring(), now=now)
    return services.preview(
        ref=code.ref, scan=scan_of(actor_id, **place), freshness=code.freshness, now=now
    )


def visit(
    shop: Shop,
    rider: User | None = None,
    *,
    fare_paise: int | None = None,
    now: datetime = NOON,
    **place: Any,  # Any: as above
) -> Handshake:
    """Book and scan at once; return the handshake as the database has it."""
    booking = make_booking(shop, rider or make_rider(now=now), now=now)
    if fare_paise is not None:
        tell_fare(booking, fare_paise)
    executed = execute(booking, shop.owner_id, now=now, **place)
    return Handshake.objects.get(pk=executed.handshake.pk)


def tell_fare(booking: Booking, fare_paise: int) -> None:
    with transaction.atomic():
        rides.record_fare(
            booking_id=booking.pk, fare_paise=fare_paise, now=NOON + timedelta(minutes=1)
        )


def purses(merchant_id: UUID, rider_id: UUID, *, zone: str = "MNP") -> dict[str, int]:
    """Return every balance that a visit touches, in paise, and none that is zero."""
    named = {
        "wallet": codes.merchant_wallet(merchant_id),
        "held": codes.merchant_held(merchant_id),
        "released": codes.merchant_released(merchant_id),
        "rider": codes.rider_wallet(rider_id),
        "parked": codes.rider_parked(rider_id),
        "debt": codes.rider_receivable(rider_id),
    } | {
        name: codes.zone_account(zone, name)
        for name in ("cpt", "cpa", "gst_cgst", "gst_sgst", "gst_igst")
    }
    return {name: paise for name, code in named.items() if (paise := _paise(code))}


def _paise(code: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM wallet_account WHERE code = %s", [code])
        return balance(code) if cursor.fetchone() else 0


def everything(booking: Booking) -> tuple[object, ...]:
    """Return what a scan may change; the same before and after is nothing changed."""
    booking.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM wallet_journal")
        journals = cursor.fetchone()
    return (
        booking.state,
        purses(booking.merchant_id, booking.rider_id),
        list(Handshake.objects.order_by("pk").values()),
        list(FirstVisit.objects.order_by("pk").values()),
        journals,
    )

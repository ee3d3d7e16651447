"""Writes a generated city into the tables that the rules read, as a restore would: past the guards, in bulk."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from apps.accounts.models import KnownDevice, User
from apps.handshake.models import Handshake
from apps.merchants import services as merchants
from apps.merchants.models import Merchant, Outlet, Staff
from apps.payments.models import FundAccount
from apps.payments.models.fund_accounts import account_index
from apps.rides.models import Booking, Fare
from benchmarks.fraud_city import CAP_PAISE, City, Visited, digest
from uma.kernel.ids import new_id

LINES = 2_000


def write(city: City) -> None:
    """Write everybody, whom they share phones and accounts with, and every visit."""
    merchants.open_zone(
        code=city.zone, name=city.zone, std_city_code="std:0820", state_code="29",
        platform_state_code="29", now=city.begin,
    )  # fmt: skip
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        for rows in (_people(city), _shops(city), _outlets(city), _posts(city), _devices(city)):
            _write(rows)
        _write(_accounts(city))
        _write(_bookings(city))
        _write(Fare(booking_id=one.booking_id, fare_paise=one.fare_paise, recorded_at=one.at)
               for one in city.visits if one.fare_paise is not None)  # fmt: skip
        _write(_handshake(city, one) for one in city.visits)
    with connection.cursor() as cursor:
        # As the server does by itself in production, some minutes later.
        cursor.execute("ANALYZE")


def _write(rows: Iterable[Any]) -> None:  # Any: rows of one model or another
    found = list(rows)
    type(found[0])._default_manager.bulk_create(found, batch_size=LINES)  # noqa: SLF001


def _people(city: City) -> Iterable[User]:
    staff = [one for shop in city.shops for one in shop.scanners]
    for who in (*city.riders, *staff):
        yield User(
            id=who, username=f"{city.zone}-{who}", zone_code=city.zone, created_at=city.begin
        )


def _shops(city: City) -> Iterable[Merchant]:
    for shop in city.shops:
        name = f"{city.zone} {str(shop.id)[-4:]}"
        yield Merchant(
            id=shop.id, legal_name=name, brand=name, state_code="29", zone_id=city.zone,
            status="ACTIVE", created_at=city.begin, status_changed_at=city.begin,
        )  # fmt: skip


def _outlets(city: City) -> Iterable[Outlet]:
    for shop in city.shops:
        yield Outlet(
            id=shop.outlet_id, merchant_id=shop.id, zone_id=city.zone, name="Main Road",
            category="cafe", location=shop.place, status="OPEN", created_at=city.begin,
            status_changed_at=city.begin,
        )  # fmt: skip


def _posts(city: City) -> Iterable[Staff]:
    for shop in city.shops:
        for who in shop.scanners:
            yield Staff(
                merchant_id=shop.id, user_id=who, role="SCANNER", created_at=city.begin
            )  # fmt: skip


def _devices(city: City) -> Iterable[KnownDevice]:
    for name, people in city.devices.items():
        for who in people:
            yield KnownDevice(
                person_id=who, device_hash=digest(f"{city.zone} {name}"), first_seen_at=city.begin,
                last_seen_at=city.begin,
            )  # fmt: skip


def _accounts(city: City) -> Iterable[FundAccount]:
    for name, people in city.accounts.items():
        vpa = f"{digest(city.zone + name)[:16]}@upi"
        for who in people:
            yield FundAccount(
                id=new_id(), person_id=who, kind="vpa", holder_name="Somebody", vpa=vpa, tail="upi",
                account_index=account_index(vpa=vpa), created_at=city.begin, payable_from=city.begin,
            )  # fmt: skip


def _bookings(city: City) -> Iterable[Booking]:
    for number, one in enumerate(city.visits):
        if one.fare_paise is None:
            continue
        booked_at = one.at - timedelta(minutes=30)
        yield Booking(
            id=one.booking_id, ref=_ref(city.zone, number), qr_kid="B1", rider_id=one.rider_id,
            merchant_id=one.merchant_id, outlet_id=one.outlet_id, campaign_id=one.merchant_id, revision=1,
            zone_code=city.zone, timezone="Asia/Kolkata", merchant_name="Shop", title="A ride",
            discount_bps=0, basis="actual_capped", cap_paise=CAP_PAISE, deductible_paise=0,
            cpt_fee_paise=0, cpa_fee_paise=0, gst_bps=0, inter_state=False, max_cost_paise=CAP_PAISE,
            static_qr=False, geofence_policy="none", scopes=[], live_slot=1, booked_at=booked_at,
            expires_at=one.at + timedelta(hours=1), state="REDEEMED", status_changed_at=one.at,
            redeemed_at=one.at,
        )  # fmt: skip


def _ref(zone: str, number: int) -> str:
    """Return thirteen letters that no other booking has."""
    letters = "".join(chr(ord("A") + int(digit)) for digit in f"{number:010}")
    return "".join(chr(ord("A") + int(digit)) for digit in f"{int(zone[1:]):03}") + letters


def _handshake(city: City, one: Visited) -> Handshake:
    return Handshake(
        id=one.id, booking_id=one.booking_id, merchant_id=one.merchant_id, outlet_id=one.outlet_id,
        campaign_id=one.merchant_id, rider_id=one.rider_id, actor_id=one.actor_id, zone_code=city.zone,
        is_new_customer=False, review=False, discount_bps=0, reimbursement_paise=one.paise,
        cpt_fee_paise=0, cpa_fee_paise=0, gst_paise=0, merchant_debit_paise=one.paise,
        released_paise=0, bill_paise=None, scan_distance_m=one.distance_m, created_at=one.at,
        announced_at=one.at,
    )  # fmt: skip

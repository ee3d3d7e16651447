"""Zones, merchants, outlets and people for tests, made through the services."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from django.db import connection

from apps.accounts import services as accounts
from apps.merchants import services
from apps.merchants.models import Merchant, Outlet, Staff, Zone
from uma.kernel.geo import Point

# A Monday, noon in India.
NOON = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
MANIPAL = Point(latitude=13.3525, longitude=74.7928)
KARNATAKA = "29"


def make_zone(
    code: str = "MNP",
    *,
    timezone: str = "Asia/Kolkata",
    state_code: str = KARNATAKA,
    platform_state_code: str = KARNATAKA,
    boundary: dict[str, object] | None = None,
    now: datetime = NOON,
) -> Zone:
    found = Zone.objects.filter(code=code).first()
    return found or services.open_zone(
        code=code,
        name=f"Zone {code}",
        std_city_code="std:0820",
        state_code=state_code,
        platform_state_code=platform_state_code,
        timezone=timezone,
        boundary=boundary,
        now=now,
    )


def make_person(name: str = "person", *, now: datetime = NOON) -> UUID:
    return accounts.create_person(
        username=f"{name}-{uuid4()}", display_name=name.title(), zone_code="MNP", now=now
    ).pk


def make_merchant(
    brand: str = "Corner Café",
    *,
    zone: str = "MNP",
    active: bool = True,
    state_code: str = KARNATAKA,
    funds_paise: int = 0,
    plan: str = Merchant.Plan.PRO,
    now: datetime = NOON,
) -> Merchant:
    """Make a merchant on Pro, which has room for what tests make; it has bought nothing."""
    make_zone(zone, now=now)
    merchant = services.register_merchant(
        legal_name=f"{brand} Foods LLP",
        brand=brand,
        state_code=state_code,
        zone_code=zone,
        email="owner@example.org",
        plan=plan,
        now=now,
    )
    if active:
        services.activate(merchant_id=merchant.pk, actor_id=None, now=now)
    if funds_paise:
        fund(merchant.pk, funds_paise, now=now)
    merchant.refresh_from_db()
    return merchant


def fund(merchant_id: UUID, amount_paise: int, *, now: datetime = NOON) -> None:
    services.top_up(
        merchant_id=merchant_id,
        amount_paise=amount_paise,
        reference=f"utr-{uuid4()}",
        actor_id=None,
        reason="bank transfer",
        now=now,
    )


def make_outlet(
    merchant: Merchant,
    name: str = "Main Road",
    *,
    at: Point = MANIPAL,
    category: str = "cafe",
    radius_m: int = 150,
    now: datetime = NOON,
) -> Outlet:
    return services.add_outlet(
        merchant_id=merchant.pk,
        name=name,
        category=category,
        address="1 Main Road",
        location=at,
        radius_m=radius_m,
        now=now,
    )


def make_staff(
    merchant: Merchant,
    role: str = Staff.Role.OWNER,
    *,
    outlet_ids: tuple[UUID, ...] = (),
    now: datetime = NOON,
) -> UUID:
    user_id = make_person("staff", now=now)
    services.add_staff(
        merchant_id=merchant.pk, user_id=user_id, role=role, outlet_ids=outlet_ids, now=now
    )
    return user_id


def record_visit(merchant_id: UUID, person_id: UUID, booking_id: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT merchants_record_first_visit(%s, %s, %s, %s)",
            [merchant_id, person_id, booking_id, NOON],
        )
        (is_new,) = cursor.fetchone()
    return bool(is_new)

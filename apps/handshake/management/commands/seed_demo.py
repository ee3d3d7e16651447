"""Fill an empty development database with the demo city; a full one stays as it is."""

from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from apps.accounts import selectors as people
from apps.accounts import services as accounts
from apps.accounts.errors import UnknownPerson
from apps.campaigns import services as campaigns
from apps.handshake.management import demo_city
from apps.handshake.management.demo_city import Business, City
from apps.merchants import selectors as businesses
from apps.merchants import services as merchants
from apps.merchants.errors import UnknownZone
from apps.merchants.models import Merchant, Staff
from apps.rides import services as rides
from apps.wallet.errors import AlreadyPosted

OPERATOR = "operator"
TOP_UP_PAISE = 50_000_00
_PLANS = (Merchant.Plan.BASIC, Merchant.Plan.PRO, Merchant.Plan.ENTERPRISE)
_HELPERS = (Staff.Role.SCANNER, Staff.Role.MANAGER, Staff.Role.ACCOUNTANT)
_REVIEWED_EVERY = 10


class Command(BaseCommand):
    help = "Make the demo city: zones, merchants, deals, riders, staff. Twice adds nothing."

    def handle(self, *_args: Any, **_options: Any) -> None:  # Any: Django's signature
        if not settings.DEBUG:
            raise CommandError("The demo city signs in by name alone: it needs UMA_DEBUG=1.")
        now = timezone.now()
        made = _operator(now=now)
        made += sum(_zone(city, now=now) for city in demo_city.CITIES)
        for number, business in enumerate(demo_city.BUSINESSES, start=1):
            made += _merchant(number, business, now=now)
        made += sum(_rider(number, now=now) for number in range(1, demo_city.RIDERS + 1))
        self.stdout.write(f"{made} made." if made else "Everything was there.")


def _exists(username: str) -> bool:
    try:
        people.person_named(username=username)
    except UnknownPerson:
        return False
    return True


def _operator(*, now: datetime) -> int:
    if _exists(OPERATOR):
        return 0
    # The password is the name: under UMA_DEBUG everybody may be anybody (accounts/views.py).
    accounts.create_operator(username=OPERATOR, display_name="Operator", password=OPERATOR, now=now)
    return 1


@transaction.atomic
def _zone(city: City, *, now: datetime) -> int:
    with suppress(UnknownZone):
        businesses.zone(code=city.code)
        return 0
    merchants.open_zone(
        code=city.code,
        name=city.name,
        std_city_code=city.std_city_code,
        state_code=demo_city.STATE,
        platform_state_code=demo_city.STATE,
        boundary=city.boundary,
        now=now,
    )
    campaigns.set_fees(zone_code=city.code, effective_from=now, actor_id=None, now=now)
    return 1


def _rider(number: int, *, now: datetime) -> int:
    username = f"rider.{number:02}"
    if _exists(username):
        return 0
    city = demo_city.CITIES[number % len(demo_city.CITIES)]
    rides.register_rider(
        username=username, display_name=f"Rider {number:02}", zone_code=city.code, now=now
    )
    return 1


def _merchant(number: int, business: Business, *, now: datetime) -> int:
    """Make one merchant whole or, when a start was cut short, what of it is missing."""
    owner_name = f"owner.{number:02}"
    made = 0
    if not _exists(owner_name):
        _open_business(number, business, owner_name=owner_name, now=now)
        made = 1
    scope = businesses.staff_of(user_id=people.person_named(username=owner_name).pk)
    assert scope is not None, f"{owner_name} owns nothing"
    # In a transaction of its own, for it is durable; the reference counts once.
    with suppress(AlreadyPosted):
        merchants.top_up(
            merchant_id=scope.merchant_id,
            amount_paise=TOP_UP_PAISE,
            reference=f"DEMO-OPENING-{number:02}",
            actor_id=None,
            reason="Opening balance of the demo city",
            now=now,
        )
    return made


@transaction.atomic
def _open_business(number: int, business: Business, *, owner_name: str, now: datetime) -> None:
    merchant = merchants.register_merchant(
        legal_name=f"{business.brand} Private Limited",
        brand=business.brand,
        state_code=demo_city.STATE,
        zone_code=business.zone_code,
        plan=_PLANS[number % len(_PLANS)],
        now=now,
    )
    merchants.activate(merchant_id=merchant.pk, actor_id=None, reason="Demo city", now=now)
    outlets = [
        merchants.add_outlet(
            merchant_id=merchant.pk,
            name=f"{business.brand}, {name}",
            category=business.category,
            address=name,
            location=place,
            now=now,
        ).pk
        for name, place in demo_city.outlets_of(number, business)
    ]
    owner_id = _staff(owner_name, f"Owner {number:02}", merchant.pk, Staff.Role.OWNER, now=now)
    helper = _HELPERS[number % len(_HELPERS)]
    _staff(
        f"{helper.lower()}.{number:02}",
        f"{helper.capitalize()} {number:02}",
        merchant.pk,
        helper,
        now=now,
        # A scanner stands at one door; the others may go anywhere.
        outlet_ids=outlets[:1] if helper == Staff.Role.SCANNER else [],
    )
    wanted = demo_city.deals_of(number)
    if number % _REVIEWED_EVERY == 0:
        wanted.append(demo_city.REVIEWED)
    for terms in wanted:
        campaigns.create(
            merchant_id=merchant.pk,
            wanted=terms,
            outlet_ids=outlets,
            submit=True,
            actor_id=owner_id,
            now=now,
        )


def _staff(
    username: str,
    display_name: str,
    merchant_id: UUID,
    role: str,
    *,
    now: datetime,
    outlet_ids: list[UUID] | None = None,
) -> UUID:
    merchant = businesses.merchant(merchant_id=merchant_id)
    person = accounts.create_person(
        username=username, display_name=display_name, zone_code=merchant.zone_id, now=now
    )
    merchants.add_staff(
        merchant_id=merchant_id, user_id=person.pk, role=role, outlet_ids=outlet_ids or [], now=now
    )
    return person.pk

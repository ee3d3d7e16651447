"""Fill an empty development database with the demo city; a full one stays as it is."""

from argparse import ArgumentParser
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
from apps.gamification import services as gamification
from apps.handshake.management import demo_city
from apps.handshake.management.demo_city import Business, City
from apps.merchants import selectors as businesses
from apps.merchants import services as merchants
from apps.merchants.errors import UnknownZone
from apps.merchants.models import Merchant, Staff
from apps.payments import selectors as papers
from apps.payments import services as payments
from apps.rides import services as rides
from apps.wallet.errors import AlreadyPosted

OPERATOR = "operator"
TOP_UP_PAISE = 50_000_00
REWARDS_PAISE = 25_000_00
_PLANS = (Merchant.Plan.BASIC, Merchant.Plan.PRO, Merchant.Plan.ENTERPRISE)
_HELPERS = (Staff.Role.SCANNER, Staff.Role.MANAGER, Staff.Role.ACCOUNTANT)
_REVIEWED_EVERY = 10


class Command(BaseCommand):
    help = (
        "Make the demo city: zones, merchants, deals, riders, staff, rewards. Twice adds nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--empty-pools", action="store_true", help="badges and missions are worth no money"
        )

    def handle(self, *_args: Any, **options: Any) -> None:  # Any: Django's signature
        if not settings.DEBUG:
            raise CommandError("Everybody knows the demo city's codes: it needs UMA_DEBUG=1.")
        now = timezone.now()
        made = _operator(now=now)
        made += sum(_zone(city, now=now) for city in demo_city.CITIES)
        for number, business in enumerate(demo_city.BUSINESSES, start=1):
            made += _merchant(number, business, now=now)
        made += sum(_rider(number, now=now) for number in range(1, demo_city.RIDERS + 1))
        for city in demo_city.CITIES:
            _seller(city, now=now)
            _rewards(city, paise=0 if options["empty_pools"] else REWARDS_PAISE, now=now)
        _missions(now=now)
        self.stdout.write(f"{made} made." if made else "Everything was there.")


def _exists(username: str, phone: str, *, now: datetime) -> bool:
    try:
        person = people.person_named(username=username)
    except UnknownPerson:
        return False
    if not person.phone:
        # Seeded before people signed in by phone.
        accounts.give_number(user_id=person.pk, phone=phone, actor_id=None, now=now)
    return True


def _operator(*, now: datetime) -> int:
    if _exists(OPERATOR, demo_city.OPERATOR_PHONE, now=now):
        return 0
    # The password is the name: under UMA_DEBUG everybody may be anybody.
    operator = accounts.create_operator(
        username=OPERATOR, display_name="Operator", password=OPERATOR, now=now
    )
    accounts.give_number(
        user_id=operator.pk, phone=demo_city.OPERATOR_PHONE, actor_id=None, now=now
    )
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


def _seller(city: City, *, now: datetime) -> None:
    """Name who sells in the zone, or nobody there would get an invoice."""
    if papers.seller_of(zone_code=city.code, at=now) is None:
        payments.set_seller(
            zone_code=city.code,
            legal_name="UMA Demo Private Limited",
            address=f"1 Example Road, {city.name}, Karnataka",
            gstin=demo_city.SELLER_GSTIN,
            series=city.code,
            effective_from=now,
            actor_id=None,
            now=now,
            reason="The demo city",
        )


def _rewards(city: City, *, paise: int, now: datetime) -> None:
    """Open the zone's pools and put money into them once."""
    for pool in gamification.open_pools(zone_code=city.code, now=now):
        if paise:
            with suppress(AlreadyPosted):
                gamification.fund_pool(
                    program=pool.program,
                    amount_paise=paise,
                    reference=f"DEMO-{pool.program.upper()}",
                    actor_id=None,
                    reason="Rewards of the demo city",
                    now=now,
                )


def _missions(*, now: datetime) -> None:
    """Plan what is left of the night at once, so that the first rider to look sees something."""
    for zone_code in gamification.zones_to_plan(now=now):
        gamification.generate_missions(zone_code=zone_code, now=now)


def _rider(number: int, *, now: datetime) -> int:
    username, phone = f"rider.{number:02}", demo_city.rider_phone(number)
    if _exists(username, phone, now=now):
        return 0
    city = demo_city.CITIES[number % len(demo_city.CITIES)]
    rides.register_rider(
        username=username,
        display_name=f"Rider {number:02}",
        phone=phone,
        zone_code=city.code,
        now=now,
    )
    return 1


def _merchant(number: int, business: Business, *, now: datetime) -> int:
    """Make one merchant whole or, when a start was cut short, what of it is missing."""
    owner_name = f"owner.{number:02}"
    made = 0
    if not _exists(owner_name, demo_city.owner_phone(number), now=now):
        _open_business(number, business, owner_name=owner_name, now=now)
        made = 1
    _exists(_helper_name(number), demo_city.helper_phone(number), now=now)
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


def _helper(number: int) -> Staff.Role:
    return _HELPERS[number % len(_HELPERS)]


def _helper_name(number: int) -> str:
    return f"{_helper(number).lower()}.{number:02}"


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
    owner_id = _staff(
        owner_name,
        f"Owner {number:02}",
        merchant.pk,
        Staff.Role.OWNER,
        phone=demo_city.owner_phone(number),
        now=now,
    )
    helper = _helper(number)
    _staff(
        _helper_name(number),
        f"{helper.capitalize()} {number:02}",
        merchant.pk,
        helper,
        phone=demo_city.helper_phone(number),
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
    phone: str,
    now: datetime,
    outlet_ids: list[UUID] | None = None,
) -> UUID:
    merchant = businesses.merchant(merchant_id=merchant_id)
    person = accounts.create_person(
        username=username,
        display_name=display_name,
        phone=phone,
        zone_code=merchant.zone_id,
        now=now,
    )
    merchants.add_staff(
        merchant_id=merchant_id, user_id=person.pk, role=role, outlet_ids=outlet_ids or [], now=now
    )
    return person.pk

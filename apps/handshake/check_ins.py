"""Visits without a deal: nobody pays, and it is known that the person came."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts import selectors as accounts
from apps.accounts.models import User
from apps.handshake.errors import (
    DealWaiting,
    OutletNeeded,
    ScannerNotAtOutlet,
    SelfRedemption,
    UnknownCode,
    VisitCounted,
)
from apps.handshake.models import CheckIn, Handshake
from apps.merchants import selectors as merchants
from apps.merchants import services as merchant_services
from apps.merchants.errors import MerchantNotActive
from apps.merchants.models import Merchant, Outlet
from apps.merchants.selectors import StaffScope
from apps.rides import selectors as bookings
from uma.kernel.ids import new_id
from uma.kernel.zones import day_of, midnight


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """A check-in; `repeated` when the guest was checked in here before on the same day."""

    check_in: CheckIn
    repeated: bool = False


@transaction.atomic(durable=True)
def check_in(
    *,
    person_id: UUID,
    staff: StaffScope,
    outlet_id: UUID | None,
    bill_paise: int | None,
    now: datetime,
) -> CheckedIn:
    """
    Note that somebody visits an outlet without a deal; once a day, whoever scans again.

    It makes the person a customer, as a visit by a deal does: who came unasked is not new to the
    merchant later. The insert decides between two scanners.

    Raises:
        MerchantNotActive, OutletNeeded, ScannerNotAtOutlet, SelfRedemption, DealWaiting, VisitCounted,
        UnknownCode
    """
    merchant = merchants.merchant(merchant_id=staff.merchant_id)
    if merchant.status != Merchant.Status.ACTIVE:
        raise MerchantNotActive
    open_here = merchants.open_outlets(merchant_id=merchant.pk)
    outlet = _outlet(open_here, staff, outlet_id)
    clock = merchant.zone.timezone
    today = day_of(now, clock)
    mine = CheckIn.objects.filter(outlet_id=outlet.pk, rider_id=person_id, day=today)
    if found := mine.first():
        return CheckedIn(found, repeated=True)
    _check_person(
        person_id, merchant.pk, [one.pk for one in open_here], since=midnight(today, clock)
    )
    key = new_id()
    try:
        with transaction.atomic():
            is_new = merchant_services.record_first_visit(
                merchant_id=merchant.pk, person_id=person_id, visit_id=key, at=now
            )
            return CheckedIn(
                CheckIn.objects.create(
                    pk=key,
                    merchant_id=merchant.pk,
                    outlet_id=outlet.pk,
                    rider_id=person_id,
                    actor_id=staff.actor_id,
                    zone_code=merchant.zone_id,
                    day=today,
                    is_new_customer=is_new,
                    bill_paise=bill_paise,
                    created_at=now,
                )
            )
    except IntegrityError:
        # A twin was first; what it wrote is the answer.
        return CheckedIn(mine.get(), repeated=True)


def _outlet(open_here: list[Outlet], staff: StaffScope, outlet_id: UUID | None) -> Outlet:
    mine = [one for one in open_here if staff.covers(one.pk)]
    if outlet_id is not None:
        mine = [one for one in mine if one.pk == outlet_id]
        if not mine:
            raise ScannerNotAtOutlet
    if len(mine) != 1:
        raise OutletNeeded
    return mine[0]


def _check_person(
    person_id: UUID, merchant_id: UUID, outlet_ids: list[UUID], *, since: datetime
) -> None:
    if accounts.person(user_id=person_id).status != User.Status.ACTIVE:
        raise UnknownCode
    post = merchants.staff_of(user_id=person_id)
    if post is not None and post.merchant_id == merchant_id:
        raise SelfRedemption
    # The guest is owed the deal: a free check-in before it would also make the guest look known.
    if any(one.outlet_id in outlet_ids for one in bookings.live_of(rider_id=person_id)):
        raise DealWaiting
    if Handshake.objects.filter(
        rider_id=person_id, merchant_id=merchant_id, created_at__gte=since
    ).exists():
        raise VisitCounted

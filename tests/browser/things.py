"""One of each thing that has a page of its own, made in a running platform; printed as paths by their patterns."""

import json
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.utils import timezone

from apps.accounts import selectors as people
from apps.campaigns import selectors as campaigns
from apps.handshake import identify
from apps.handshake import services as handshakes
from apps.handshake.management import demo_city
from apps.handshake.rules import Scan
from apps.merchants import selectors as merchants
from apps.notifications import services as notifications
from apps.ondc import services as ondc
from apps.ondc.models import Issue, IssueAct, Offer, RideOrder, Ticket, TicketTrip
from apps.rides import qr
from apps.rides import services as rides
from uma.kernel.geo import Point

PLACE = Point(13.3525, 74.7926)
CITY, ZONE, SELLER = "std:0820", "MNP", "shown.example.in"


def make() -> None:
    """Make them for the first owner and the first rider of the demo city."""
    now = timezone.now()
    rider, owner = (
        people.person_by_phone(phone=phone)
        for phone in (demo_city.rider_phone(1), demo_city.owner_phone(1))
    )
    assert rider is not None
    assert owner is not None
    print(json.dumps({**_of_business(owner.pk, now=now), **_of_rider(rider.pk, now=now)}))


def _of_business(owner_id: UUID, *, now: datetime) -> dict[str, str]:
    staff = merchants.staff_of(user_id=owner_id)
    assert staff is not None
    (deal, *_) = campaigns.campaigns_of(merchant_id=staff.merchant_id, limit=1)
    (outlet, *_) = merchants.open_outlets(merchant_id=staff.merchant_id)
    hook = notifications.add_endpoint(
        merchant_id=staff.merchant_id,
        url="https://example.com/hook",
        events=["handshake.success"],
        secret=notifications.new_secret(),
        now=now,
    )
    path = f"/business/deals/{deal.pk}"
    visit_id = _visit(owner_id, staff.merchant_id, now=now)
    return {
        "/business/figures/visits/<uuid:handshake_id>": f"/business/figures/visits/{visit_id}",
        "/business/deals/<uuid:campaign_id>": path,
        "/business/deals/<uuid:campaign_id>/boost": f"{path}/boost",
        "/business/deals/<uuid:campaign_id>/edit": f"{path}/edit",
        "/business/deals/<uuid:campaign_id>/revisions": f"{path}/revisions",
        "/business/outlets/<uuid:outlet_id>": f"/business/outlets/{outlet.pk}",
        "/business/webhooks/<uuid:endpoint_id>": f"/business/webhooks/{hook.pk}",
    }


def _visit(owner_id: UUID, merchant_id: UUID, *, now: datetime) -> UUID:
    """Return a visit of this minute, scanned by the owner."""
    # Nobody of the demo city: they book at this counter in other tests.
    guest = rides.register_rider(username="shown", display_name="Guest", zone_code=ZONE, now=now)
    (*_, deal) = campaigns.campaigns_of(merchant_id=merchant_id, limit=200)
    keys = qr.keyring(settings.QR_MASTER_KEYS)
    booking = rides.book(
        rider_id=guest.pk, campaign_id=deal.pk, location=None, key=None, qr_kid=keys.signing_kid, now=now
    ).booking  # fmt: skip
    key = qr.booking_key(keys=keys, kid=booking.qr_kid, ref=booking.ref)
    text = qr.token(key=key, kid=booking.qr_kid, ref=booking.ref, step=qr.step_at(now))
    code = identify.by_qr(text=text, keys=keys, now=now)
    scan = Scan(actor_id=owner_id, outlet_id=None, location=None, bill_paise=480_00)
    done = handshakes.execute(ref=code.ref, scan=scan, freshness=code.freshness, key=None, now=now)
    return done.handshake.pk


def _of_rider(rider_id: UUID, *, now: datetime) -> dict[str, str]:
    other = people.person_by_phone(phone=demo_city.owner_phone(2))
    staff = merchants.staff_of(user_id=other.pk) if other else None
    assert staff is not None
    (deal, *_) = campaigns.campaigns_of(merchant_id=staff.merchant_id, limit=1)
    kid = qr.keyring(settings.QR_MASTER_KEYS).signing_kid
    booking = rides.book(
        rider_id=rider_id, campaign_id=deal.pk, location=None, key=None, qr_kid=kid, now=now
    ).booking
    ride = _order(rider_id, domain="ONDC:TRV10", now=now)
    issue = Issue.objects.create(
        order=ride, version="2.0.0", category="FULFILLMENT", code="FLM112", respond_by=now,
        resolve_by=now, created_at=now, changed_at=now,
    )  # fmt: skip
    IssueAct.objects.create(issue=issue, key="A1", by="RIDER", code="OPEN", at=now)
    # A complaint that is open stands in the way of another one's form.
    wronged = _order(rider_id, domain="ONDC:TRV10", now=now)
    trip = _order(rider_id, domain=ondc.TRANSIT, now=now)
    TicketTrip.objects.create(
        transaction=trip.transaction, mode="METRO", bpp_id=SELLER, from_name="MG Road",
        to_name="Indiranagar",
    )  # fmt: skip
    Ticket.objects.create(
        order=trip, fulfillment_id="F1", position=0, kind="QR", token="shown", status="UNCLAIMED",
        told_at=now,
    )  # fmt: skip
    return {
        "/app/deals/<uuid:campaign_id>": f"/app/deals/{deal.pk}",
        "/app/tickets/<uuid:booking_id>": f"/app/tickets/{booking.pk}",
        "/app/rides/new": f"/app/rides/new?ticket={booking.pk}",
        "/app/rides/<uuid:journey_id>": f"/app/rides/{ride.transaction_id}",
        "/app/rides/<uuid:journey_id>/complain": f"/app/rides/{wronged.transaction_id}/complain",
        "/app/complaints/<uuid:issue_id>": f"/app/complaints/{issue.pk}",
        "/app/travel/<uuid:journey_id>": f"/app/travel/{trip.transaction_id}",
    }


def _order(rider_id: UUID, *, domain: str, now: datetime) -> RideOrder:
    """Return an order under way, as its seller told it."""
    asked = ondc.open_search(
        rider_id=rider_id, zone_code=ZONE, domain=domain, city=CITY, pickup=PLACE, drop=PLACE, now=now
    )  # fmt: skip
    offer = Offer.objects.create(
        transaction=asked.transaction, key=uuid4().hex, bpp_id=SELLER, bpp_uri="https://shown.example.in",
        version="2.1.0", provider_id="P1", provider_name="Shown", item_id="I1", price_paise=100_00,
        price_text="100", offered_at=now, valid_until=now + timedelta(minutes=30),
    )  # fmt: skip
    order = ondc.choose_offer(
        transaction_id=asked.transaction_id, rider_id=rider_id, offer_id=offer.pk, now=now
    ).order
    assert order is not None
    order.stage, order.number, order.fare_paise = "ACTIVE", f"S-{uuid4().hex[:6]}", 100_00
    if domain != ondc.TRANSIT:
        order.ride_state, order.driver_name = "RIDE_ASSIGNED", "Ravi"
    order.save()
    return order

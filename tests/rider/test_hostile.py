"""What sellers, operators and riders write, in every place where somebody reads it: a real browser runs none of it."""

import re
from collections.abc import Sequence
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from apps.accounts.models import User
from apps.gamification import services as gamification
from apps.gamification.models import Appeal
from apps.notifications.models import InboxMessage
from apps.ondc.models import (
    InboundMessage,
    IssueAct,
    Offer,
    Quote,
    RideOrder,
    Station,
    Ticket,
    TicketTrip,
)
from tests.browser.hostile import HOSTILE, folded, leafed, ran
from tests.business.browsing import signed_in
from tests.factories import make_rider
from tests.gamification.making import make_appeal
from tests.rider.riding import Riding
from tests.rider.test_complaints import Complaining
from tests.rider.travelling import SELLER, URI, Travelling

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("on_the_network"),
]
# How many stops a page shows.
STOPS = 30


def rides() -> list[str]:
    """Return a ride's pages: what is offered, who drives, and the same cancelled by its seller."""
    riding = Riding()
    riding.search()
    for number, text in enumerate(HOSTILE):
        riding.offered(
            provider_id=f"P{number}", provider_name=text, item_name=text,
            vehicle_category=text[:24], vehicle_variant=text[:24],
        )  # fmt: skip
    pages = [riding.client.get(riding.path).content.decode(), riding.get()]
    riding = Riding(phone="+919000012348")
    # A number once told stays.
    riding.riding(number=HOSTILE[4])
    order = riding.order
    offer_id = order.offer_id
    assert offer_id is not None
    for text in HOSTILE:
        for name, longest in (
            ("driver_name", 120), ("driver_phone", 32), ("vehicle_number", 24), ("vehicle_model", 80),
            ("start_code", 32), ("support_phone", 32), ("support_email", 120),
        ):  # fmt: skip
            setattr(order, name, text[:longest])
        order.save()
        Offer.objects.filter(pk=offer_id).update(provider_name=text, item_name=text)
        pages.append(riding.get())
    assert escape(HOSTILE[4]) in pages[-1].partition("long-id")[2]
    pages += priced()
    RideOrder.objects.update(
        stage="CANCELLED", cancelled_by="PROVIDER", cancel_reason=HOSTILE[4][:32]
    )
    return [*pages, riding.get(), riding.client.get("/app/rides").content.decode()]


def priced() -> list[str]:
    """Return what a ride costs and what giving it up would, as its seller wrote them."""
    riding = Riding(phone="+919000012351")
    riding.ready()
    order = riding.order
    order.cancellation_terms = [{"state": "", "percentage": text, "amount": ""} for text in HOSTILE]
    order.save()
    now = timezone.now()
    told = InboundMessage.objects.create(
        sender="s", unique_key_id="k", action="on_select", message_id=str(uuid4()),
        transaction_text=str(riding.journey.pk), digest=uuid4().hex, header="-", state="DONE",
        next_attempt_at=now, received_at=now, handled_at=now,
    )  # fmt: skip
    Quote.objects.create(
        order=order, action="on_select", message=told, price_paise=100,
        price_text="1", adds_up=True, told_at=now,
        lines=[{"title": text, "value": value} for text in HOSTILE for value in ("1", text)],
    )  # fmt: skip
    page = riding.get()
    text = escape(HOSTILE[0])
    assert f"<dt>{text}</dt>" in page
    assert f"{text} %" in page
    return [page]


def travel() -> list[str]:
    """Return the stops, a trip's fares, and tickets that were bought."""
    trip = Travelling()
    pages = []
    trip.told_stops()
    for at in range(0, len(HOSTILE), STOPS):
        Station.objects.exclude(code__in="AC").delete()
        for number, text in enumerate(HOSTILE[at : at + STOPS]):
            Station.objects.create(
                key=uuid4().hex, city=trip.city, zone_code="MNP", mode=trip.mode, bpp_id="a." + SELLER,
                bpp_uri=URI, version="2.1.0", seller_name=text, provider_id="P1", line=text,
                number=number, code=str(number), name=text, told_at=timezone.now(),
            )  # fmt: skip
        shown = trip.client.get("/app/travel/new?mode=METRO").content.decode()
        start = Station.objects.filter(code="0").get().pk
        then = trip.client.get(f"/app/travel/new?mode=METRO&from={start}").content.decode()
        wish = trip.client.get("/app/travel/new", {"q": HOSTILE[at]}).content.decode()
        pages += [shown, then, wish]
    trip.search()
    for number, text in enumerate(HOSTILE):
        trip.offered(item_id=f"I{number}", provider_name=text, item_name=text)
    pages.append(trip.get())
    bought = Travelling(phone="+919000012349")
    bought.chosen()
    bought.told("ACTIVE", fulfillment_id="F1", number=HOSTILE[4])
    ticket = Ticket.objects.create(
        order=bought.order, fulfillment_id="F1", position=0, kind="QR", token="x", status="UNCLAIMED",
        told_at=timezone.now(),
    )  # fmt: skip
    way = TicketTrip.objects.get(transaction=bought.journey)
    for text in HOSTILE:
        way.from_name = way.to_name = text
        way.save()
        ticket.number, ticket.token = text[:64], text
        ticket.save()
        Offer.objects.filter(transaction=bought.journey).update(provider_name=text, item_name=text)
        pages.append(bought.get())
    return [*pages, bought.client.get("/app/travel").content.decode()]


def complaints() -> list[str]:
    """Return a complaint's page with everything that was said in it."""
    complaining = Complaining(phone="+919000012350")
    for text in HOSTILE:
        complaining.answers("INFO_REQUESTED", text=text, resolution=text[:24])
    issue = complaining.issue
    issue.long_text = HOSTILE[4]
    issue.save()
    pages = [complaining.get("")]
    act = IssueAct.objects.first()
    assert act is not None
    return [*pages, *desk_pages("ondc/issue", [issue.pk]), *desk_pages("ondc/issueact", [act.pk])]


def appeals() -> list[str]:
    """Return what a rider reads of an answer, and an operator of an appeal; and what was told to a phone."""
    now, pages, keys = timezone.now(), [], []
    for text in HOSTILE:
        rider = make_rider(now=now)
        appeal = make_appeal(rider.pk, text=text, now=now)
        gamification.decide_appeal(
            appeal_id=appeal.pk, for_rider=False, actor_id=uuid4(), reason=text, now=now
        )
        keys.append(appeal.pk)
        InboxMessage.objects.create(
            person_id=rider.pk, kind="x", title=text, body=text, dedupe_key=uuid4().hex,
            timezone="Asia/Kolkata", next_attempt_at=now, created_at=now,
        )  # fmt: skip
        client = signed_in(rider.pk, role="rider")
        pages += [client.get(f"/app/{path}").content.decode() for path in ("strikes", "inbox")]
    assert Appeal.objects.count() == len(HOSTILE)
    return [*pages, *desk_pages("gamification/appeal", keys[:10])]


def desk_pages(model: str, keys: Sequence[object]) -> list[str]:
    """Return the console's list and the pages of these rows."""
    operator = User.objects.create(
        username=f"ops-{uuid4()}", is_staff=True, is_superuser=True, created_at=timezone.now()
    )
    desk = Client()
    desk.force_login(operator)
    paths = [f"/admin/{model}/", *(f"/admin/{model}/{key}/change/" for key in keys)]
    return [leafed(desk, path) for path in paths]


def test_nothing_that_others_wrote_runs_in_a_browser() -> None:
    parts = {"rides": rides, "travel": travel, "complaints": complaints, "appeals": appeals}
    pages: dict[str, str] = {}
    for name, made in parts.items():
        found = made()
        seen = re.findall(r"&lt;(?:script|img|svg)", "".join(found))
        assert len(seen) > 90, f"{name}: the texts are on the pages"
        pages |= {f"{name} {number}": html for number, html in enumerate(folded(found))}

    assert ran(pages) == {}

"""The operator's list of bookings: to read and to void, never to write."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import AuditEvent, User
from apps.rides import services
from apps.rides.models import Booking
from tests.accounts.making import at_the_desk, make_operator
from tests.factories import FUNDS_PAISE, MAX_COST_PAISE, Shop, make_booking, make_shop

pytestmark = pytest.mark.django_db
LIST = "admin:rides_booking_changelist"


@pytest.fixture
def shop() -> Shop:
    return make_shop(now=timezone.now())


@pytest.fixture
def booking(shop: Shop) -> Booking:
    return make_booking(shop, now=timezone.now())


def operator(role: str | None = None) -> Client:
    """Return a signed-in operator's client: in this role, or with everything."""
    return at_the_desk(make_operator(role))


def void(client: Client, *bookings: Booking, **form: str) -> Any:  # Any: Django's test response
    chosen = [str(booking.pk) for booking in bookings]
    data = {"action": "void_selected", "_selected_action": chosen, **form}
    return client.post(reverse(LIST), data, follow=True)


def test_the_list_shows_and_links_but_offers_no_writing(booking: Booking) -> None:
    client = operator()

    page = client.get(reverse(LIST)).content.decode()
    detail = client.get(reverse("admin:rides_booking_change", args=[booking.pk]))

    assert booking.ref in page
    assert reverse("admin:merchants_merchant_change", args=[booking.merchant_id]) in page
    assert "₹232.60" in page
    assert detail.status_code == 200
    shown = detail.content.decode()
    assert f">{booking.discount_bps / 100:g} %<" in shown
    assert f"{booking.booked_at:%-d %b %Y, %H:%M}" in shown
    assert "static_id" not in detail.content.decode()
    assert client.get(reverse("admin:rides_booking_add")).status_code == 403
    address = reverse("admin:rides_booking_delete", args=[booking.pk])
    assert client.post(address, {"post": "yes"}).status_code == 403
    changed = client.post(
        reverse("admin:rides_booking_change", args=[booking.pk]), {"state": "EXPIRED"}
    )
    assert changed.status_code == 403
    booking.refresh_from_db()
    assert booking.state == "BOOKED"


def test_voiding_asks_why_and_then_frees_the_money(shop: Shop, booking: Booking) -> None:
    client = operator()

    asked = void(client, booking)
    assert booking.ref in asked.content.decode()
    assert "In all <strong>₹232.60</strong>" in asked.content.decode()
    assert shop.held_paise == MAX_COST_PAISE
    silent = void(client, booking, confirmed="Void", reason="")
    assert "required" in silent.content.decode()
    assert shop.held_paise == MAX_COST_PAISE
    done = void(client, booking, confirmed="Void", reason="outlet flooded")

    assert "done, ₹232.60" in done.content.decode()
    assert shop.wallet_paise == FUNDS_PAISE
    event = AuditEvent.objects.get(action="booking.voided")
    assert (event.reason, event.actor_id) == (
        "outlet flooded",
        User.objects.get(is_superuser=True).pk,
    )


def test_each_refusal_is_shown_and_the_others_are_voided(shop: Shop, booking: Booking) -> None:
    other = make_booking(shop, now=timezone.now())
    services.void(booking_id=booking.pk, actor_id=shop.owner_id, reason="x", now=timezone.now())

    page = void(operator(), booking, other, confirmed="Void", reason="closed").content.decode()

    assert "The booking is voided." in page
    other.refresh_from_db()
    assert other.state == "VOIDED"


def test_only_who_may_void_is_offered_it(shop: Shop, booking: Booking) -> None:
    client = operator("finance")

    void(client, booking, confirmed="Void", reason="x")

    assert shop.held_paise == MAX_COST_PAISE


def test_the_wrong_codes_are_listed() -> None:
    page = operator().get(reverse("admin:rides_spokencodetries_changelist"))

    assert page.status_code == 200

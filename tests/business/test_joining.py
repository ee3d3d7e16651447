"""A business comes in by the pages: its application, posts that are offered, and its outlets."""

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.business.places import CATEGORIES
from apps.merchants import services
from apps.merchants.models import CATEGORIES as KINDS
from apps.merchants.models import Application, Merchant, Outlet, Staff
from apps.merchants.selectors import StaffScope
from apps.rides import services as rides
from tests.business.browsing import signed_in
from tests.factories import Shop, make_shop
from tests.merchants.applying import EAST, GSTIN, draw_zones
from tests.merchants.making import NOON, make_merchant, make_person, make_staff

pytestmark = pytest.mark.django_db
JOIN, OUTLETS = "/business/join", "/business/outlets"
PLACE = {
    "name": "Main Road",
    "category": "cafe",
    "address": "1 Main Road",
    "location": "13.352500,74.792800",
    "radius_m": "80",
    "hour": ["4-18", "4-19"],
}
FORM: dict[str, Any] = {  # Any: a form's values
    "brand": "Corner Café",
    "legal_name": "Corner Café Foods LLP",
    "gstin": "29 aapfu-0939f 1zr",
    "email": "owner@example.org",
    **PLACE,
}


@pytest.fixture
def newcomer() -> Client:
    draw_zones()
    return signed_in(make_person("applicant"))


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def text(client: Client, path: str = JOIN) -> str:
    return unescape(client.get(path).content.decode())


def decided(state: str, reason: str = "") -> Application:
    found = Application.objects.select_related("merchant").get()
    act = {"SENT_BACK": services.send_back, "REJECTED": services.reject}[state]
    act(
        merchant_id=found.pk, actor_id=make_person("reviewer"), reason=reason, now=NOON,
        revision=found.revision,
    )  # fmt: skip
    return found


def test_whoever_has_no_post_is_led_to_the_form_and_it_makes_a_business(newcomer: Client) -> None:
    assert f'href="{JOIN}"' in newcomer.get("/business/wallet").content.decode()
    assert "Sign your business up" in text(newcomer)

    first = newcomer.post(JOIN, FORM | {"key": "once"})
    again = newcomer.post(JOIN, FORM | {"key": "once"})

    assert (first.status_code, again.status_code) == (302, 302)
    merchant, outlet = Merchant.objects.get(), Outlet.objects.get()
    assert (merchant.brand, merchant.gstin, merchant.status) == ("Corner Café", GSTIN, "APPLIED")
    assert (outlet.radius_m, outlet.hours) == (80, [{"dow": 4, "start": "18:00", "end": "20:00"}])
    assert Staff.objects.get().role == "OWNER"
    assert "It is with us." in text(newcomer)
    assert "Deals can be published as soon as" in text(newcomer, "/business/wallet")


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"brand": " "}, 422, "Write this, in at most 120 letters."),
        ({"email": "owner"}, 422, "This is no address of e-mail."),
        ({"location": ""}, 422, "Say on the map where it is."),
        ({"radius_m": "5"}, 422, "Write a number from 20 to 2000."),
        ({"category": "bank"}, 422, "Choose what kind of place it is."),
        ({"gstin": "29AAPFU0939F1ZX"}, 422, "This is no GSTIN"),
        ({"location": "28.6,77.2"}, 422, "We do not work at that place yet."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    newcomer: Client, changes: dict[str, str], status: int, said: str
) -> None:
    answer = newcomer.post(JOIN, FORM | changes)

    page = unescape(answer.content.decode())
    assert (answer.status_code, said in page) == (status, True)
    assert 'value="Corner Café Foods LLP"' in page
    assert 'value="4-18" aria-label="Fri 18:00" checked' in page
    assert Merchant.objects.count() == 0


def test_an_application_that_came_back_is_submitted_again_with_its_other_outlets(
    newcomer: Client,
) -> None:
    newcomer.post(JOIN, FORM)
    merchant = Merchant.objects.get()
    services.add_outlet(
        merchant_id=merchant.pk, name="Beach", category="cafe", address="2 Beach Road",
        location=Outlet.objects.get().location, now=NOON,
    )  # fmt: skip
    decided("SENT_BACK", "Which door is it?")
    assert "Which door is it?" in text(newcomer)
    kept = Outlet.objects.get(name="Main Road").pk

    newcomer.post(JOIN, FORM | {"name": "Main Road, red door"})

    assert Application.objects.get().state == "APPLIED"
    assert Outlet.objects.get(pk=kept).name == "Main Road, red door"
    assert set(Outlet.objects.values_list("status", flat=True)) == {"OPEN"}


def test_whoever_was_declined_reads_why_and_may_apply_anew(newcomer: Client) -> None:
    newcomer.post(JOIN, FORM)
    decided("REJECTED", "Not this street.")
    page = text(newcomer)

    assert "We could not take your business." in page
    assert "Not this street." in page
    assert newcomer.post(JOIN, FORM | {"brand": "Other Café", "gstin": ""}).status_code == 302
    assert Merchant.objects.filter(brand="Other Café", status="APPLIED").exists()


@pytest.mark.parametrize(("answer", "posts"), [("accept", 1), ("decline", 0)])
def test_a_post_that_is_offered_is_taken_or_not(shop: Shop, answer: str, posts: int) -> None:
    now = timezone.now()
    invited = rides.register_rider(
        username="invited", display_name="In Vited", phone="+919876543210", zone_code="MNP", now=now
    ).pk
    owner = StaffScope(shop.merchant.pk, "OWNER", (), shop.owner_id)
    offer = services.invite(
        by=owner, phone="+919876543210", role="SCANNER", outlet_ids=(), now=now
    ).invitation
    client = signed_in(invited)
    assert shop.merchant.brand in text(client)

    client.post(f"{JOIN}/{offer.pk}/{answer}")

    assert Staff.objects.filter(user_id=invited, is_active=True).count() == posts
    assert client.post(f"{JOIN}/{offer.pk}/keep").status_code == 404


def test_an_outlet_is_added_changed_paused_and_closed(shop: Shop) -> None:
    draw_zones()
    client = signed_in(shop.owner_id)

    client.post(f"{OUTLETS}/new", PLACE | {"name": "Beach"})
    added = Outlet.objects.get(name="Beach")
    wrong = client.post(f"{OUTLETS}/{added.pk}", PLACE | {"location": f"{EAST}"})
    far = client.post(f"{OUTLETS}/{added.pk}", PLACE | {"location": "13.356000,74.792800"})
    client.post(f"{OUTLETS}/{added.pk}", PLACE | {"address": "9 Beach Road", "hour": []})

    added.refresh_from_db()
    assert (wrong.status_code, far.status_code) == (409, 409)
    assert "corrected by 200 m at most" in far.content.decode()
    assert (added.address, added.hours) == ("9 Beach Road", [])
    for act, status in (("pause", "PAUSED"), ("open", "OPEN"), ("close", "CLOSED")):
        client.post(f"{OUTLETS}/{added.pk}/{act}")
        added.refresh_from_db()
        assert added.status == status
    assert "Beach" not in text(client, OUTLETS)
    assert client.post(f"{OUTLETS}/{shop.outlet.pk}/burn").status_code == 404


def test_nobody_changes_an_outlet_that_is_not_theirs(shop: Shop) -> None:
    other = make_merchant("Other")
    theirs = services.add_outlet(
        merchant_id=other.pk, name="Theirs", category="cafe", address="x",
        location=shop.outlet.location, now=NOON,
    )  # fmt: skip
    elsewhere = services.add_outlet(
        merchant_id=shop.merchant.pk, name="Ours", category="cafe", address="y",
        location=shop.outlet.location, now=NOON,
    )  # fmt: skip
    posted = make_staff(shop.merchant, Staff.Role.MANAGER, outlet_ids=(elsewhere.pk,))

    assert signed_in(shop.owner_id).get(f"{OUTLETS}/{theirs.pk}").status_code == 404
    assert signed_in(posted).post(f"{OUTLETS}/{shop.outlet.pk}/pause").status_code == 403
    assert signed_in(posted).get(f"{OUTLETS}/new").status_code == 403


def test_every_kind_of_place_has_a_name() -> None:
    assert set(CATEGORIES) == set(KINDS)

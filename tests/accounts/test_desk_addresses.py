"""
Every address of the console that is no list and no row's page, as each role finds it; what is not named is refused.

The tables are written by hand, beside the product's. Lists, rows and acts stand in `test_desk_matrix.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from pytest_django import Settings

from apps.accounts import services
from apps.payments.models import Document
from apps.rides.models import Booking
from tests.accounts.cities import City, make_city
from tests.accounts.making import at_the_desk, make_operator
from tests.accounts.test_desk_matrix import ROLES
from tests.factories import make_rider

pytestmark = pytest.mark.django_db
ALL = " ".join(ROLES)
CONFIRMS = "kernel/act_on_chosen.html"


@dataclass(frozen=True)
class Page:
    """Who opens a page in their own zone, who only when they hold in all, and what the others are answered."""

    in_a_zone: str = ""
    everywhere: str = ""
    answers: int = 200
    refuses: int = 403
    posted: bool = False
    key: str = ""

    def status(self, role: str, zone: str) -> int:
        allowed = self.in_a_zone if zone else f"{self.in_a_zone} {self.everywhere}"
        return self.answers if role in allowed.split() else self.refuses


PAGES: dict[str, Page] = {
    "index": Page(ALL),
    "search": Page(ALL, posted=True),
    "stop-viewing": Page(ALL, answers=302, posted=True),
    "exports_export_ask": Page("analyst finance city_manager administrator"),
    "gamification_forcemajeure_declare": Page("city_manager administrator"),
    # One account at the bank serves every zone.
    "payments_bankstatement_upload": Page(everywhere="finance"),
    "payments_seller_name": Page("finance administrator"),
    "payments_adjustment_propose": Page("finance city_manager"),
    "payments_document_pdf": Page(
        "analyst finance city_manager administrator", refuses=404, key="document_id"
    ),
    # The lists of one app: jobs lie across the zones.
    "app_list": Page(everywhere="city_manager administrator", refuses=404, key="app_label"),
    # No form of ours looks a row up as it is typed, and no row has a page of its own outside.
    "autocomplete": Page(),
    "view_on_site": Page(refuses=404, key="content_type_id"),
    "jsi18n": Page(ALL),
    "password_change": Page(ALL),
    "password_change_done": Page(ALL),
    # Whoever is in already is sent on.
    "login": Page(ALL, answers=302),
    "second-step": Page(ALL, answers=302),
    "logout": Page(ALL, posted=True),
}
# Opened by whoever is not in yet, or wants to leave.
AT_THE_DOOR = {"login", "second-step", "logout"}
VIEWS = ("changelist", "add", "change", "history", "delete")


@pytest.fixture
def here() -> City:
    return make_city("MNP")


def address(name: str) -> str:
    keys: dict[str, dict[str, object]] = {
        "": {},
        "app_label": {"app_label": "jobs"},
        "content_type_id": {"content_type_id": 1, "object_id": 1},
    }
    if (key := PAGES[name].key) == "document_id":
        keys[key] = {key: Document.objects.earliest("issued_at").pk}
    return reverse(f"admin:{name}", kwargs=keys[key])


def opened(client: Client, name: str) -> int:
    send = client.post if PAGES[name].posted else client.get
    return send(address(name)).status_code


def named(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from named(entry.url_patterns)
        # Nameless are the address of a row as it was before Django 1.9, which leads to its page, and the last,
        # which finds nothing.
        elif entry.name:
            yield entry.name


def without_a_row(patterns: list[URLPattern | URLResolver]) -> set[str]:
    """Return the names of the addresses that are neither here nor a list, nor about a row of it."""
    of_rows = {
        f"{model._meta.app_label}_{model._meta.model_name}_{view}"
        for model in admin.site._registry
        for view in VIEWS
    }
    return set(named(patterns)) - of_rows - PAGES.keys()


def test_every_address_of_the_console_has_its_row() -> None:
    ours = admin.site.get_urls()

    assert without_a_row(ours) == set()
    assert PAGES.keys() <= set(named(ours))
    # The control: a page that nobody named.
    assert without_a_row([*ours, path("new/", admin.site.index, name="new")]) == {"new"}


@pytest.mark.parametrize("zone", ["MNP", ""])
def test_each_role_opens_what_it_is_for_and_nothing_else(here: City, zone: str) -> None:
    assert here.rows
    for role in ROLES:
        client = at_the_desk(make_operator(role, zone))
        found = {name: opened(client, name) for name in PAGES}
        assert found == {name: page.status(role, zone) for name, page in PAGES.items()}, role


def test_a_page_that_is_not_opened_takes_nothing_either(here: City) -> None:
    assert here.rows
    for role in ROLES:
        client = at_the_desk(make_operator(role, "MNP"))
        for name, page in PAGES.items():
            if page.status(role, "MNP") != page.answers:
                sent = client.post(address(name), {"reason": "x"})
                assert sent.status_code in {403, 404, 405}, f"{role}: {name}"


def test_a_booking_is_voided_by_whoever_is_there_for_it(here: City) -> None:
    booking = Booking.objects.filter(zone_code="MNP", state="BOOKED").latest("booked_at")
    form = {"action": "void_selected", "_selected_action": [str(booking.pk)]}
    assert here.rows
    for zone in ("MNP", "BLR"):
        for role in ROLES:
            client = at_the_desk(make_operator(role, zone))
            answer = client.post(reverse("admin:rides_booking_changelist"), form, follow=True)
            asked = CONFIRMS in [template.name for template in answer.templates]
            may = zone == "MNP" and role in {"support", "city_manager", "administrator"}
            assert asked is may, f"{role} in {zone}"


def sent_to_the_door(client: Client) -> None:
    """Find that each page sends this browser to the sign-in, whatever it asks for."""
    for name in PAGES.keys() - AT_THE_DOOR:
        send = client.post if PAGES[name].posted else client.get
        answer = send(address(name))
        assert answer.status_code == 302, name
        assert answer.headers["Location"].startswith("/admin/login/"), name


def test_whoever_is_no_operator_is_sent_to_the_door(here: City, settings: Settings) -> None:
    assert here.rows
    was = make_operator("administrator")
    services.revoke_role(
        role_id=was.operator_roles.get().pk, actor_id=None, reason="left", now=timezone.now()
    )
    for client in (Client(), at_the_desk(make_rider()), at_the_desk(was)):
        sent_to_the_door(client)
    settings.OPERATOR_TWO_FACTOR = True

    # With the password and nothing else.
    sent_to_the_door(at_the_desk(make_operator("administrator")))

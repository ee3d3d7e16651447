"""The console's home and its search: the numbers are those of the lists behind them, in the operator's zones."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.accounts import services as accounts
from apps.console.admin import tiles
from apps.console.admin.position import Position
from apps.console.admin.tiles import GROUPS, MOST, ShownGroup, Tile
from apps.merchants.models import Merchant
from apps.payments.services import check_custody
from apps.rides.models import Booking
from tests.accounts.cities import City, make_city
from tests.accounts.making import at_the_desk, make_operator
from uma.kernel.desk_amounts import amount
from uma.kernel.ids import first_id_of, new_id

pytestmark = pytest.mark.django_db
TILES: list[Tile] = [tile for group in GROUPS for tile in group.tiles]


def home(client: Client) -> list[ShownGroup]:
    answer = client.get("/admin/")
    assert answer.status_code == 200
    groups = answer.context["groups"]
    assert isinstance(groups, list)
    return groups


def position(client: Client) -> Position | None:
    found: Position | None = client.get("/admin/").context["position"]
    return found


def numbers(client: Client) -> dict[str, str]:
    return {tile.title: tile.number for group in home(client) for tile in group.tiles}


def scans(tile: Tile) -> bool:
    """Say whether a number needs the whole table, where the database would rather do anything else."""
    rows = apps.get_model(tile.model)._default_manager.filter(**tile.filters(timezone.now()))
    text, values = rows.values("pk")[: MOST + 1].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {text}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    return "Seq Scan" in plan


def search(client: Client, typed: str) -> Any:  # Any: a response of the test client
    return client.post("/admin/search/", {"q": typed})


@pytest.mark.parametrize("tile", TILES, ids=lambda tile: tile.title)
def test_no_number_needs_a_whole_table(tile: Tile) -> None:
    # A row for each seller app: hundreds at the most.
    assert scans(tile) is (tile.model == "ondc.Circuit")


def test_each_number_is_of_the_rows_that_its_list_shows() -> None:
    make_city("MNP")
    make_city("BLR")
    for client in (
        at_the_desk(make_operator("city_manager", "MNP")),
        at_the_desk(make_operator("administrator")),
    ):
        seen = [tile for group in home(client) for tile in group.tiles]
        assert len(seen) > 12
        assert any(tile.number != "0" for tile in seen)
        for tile in seen:
            listed = client.get(tile.href)
            assert listed.status_code == 200, tile.href
            assert str(listed.context["cl"].result_count) == tile.number, tile.href


def test_an_operator_sees_the_numbers_of_the_own_zone_and_what_the_role_may_list() -> None:
    make_city("MNP")
    make_city("BLR")
    one = numbers(at_the_desk(make_operator("city_manager", "MNP")))
    both = numbers(at_the_desk(make_operator("city_manager")))

    assert 0 < int(one["Deals booked"]) < int(both["Deals booked"])
    assert "Deals booked" not in numbers(at_the_desk(make_operator("reviewer", "MNP")))
    # Lies across the zones.
    assert "Scans that failed by our fault" not in one


def test_what_is_owed_stands_beside_what_is_held_for_whoever_may_read_checks() -> None:
    administrator = at_the_desk(make_operator("administrator"))
    assert position(administrator) is None

    make_city("MNP")
    check = check_custody(now=timezone.now())

    shown = position(administrator)
    assert shown is not None
    assert check.owed_paise
    assert (shown.held, shown.owed) == (amount(check.held_paise), amount(check.owed_paise))
    assert shown.is_covered
    page = administrator.get(shown.href).content.decode()
    assert amount(check.owed_paise) in page
    assert position(at_the_desk(make_operator("reviewer", "MNP"))) is None


def test_nothing_to_do_is_said_and_a_million_is_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = at_the_desk(make_operator("administrator"))
    told = {group.title: group.all_clear for group in home(client)}
    assert told["Waits for a decision"] == "Nothing waits for you."
    assert told["Out of order"] == "Everything runs."

    make_city("MNP")
    monkeypatch.setattr(tiles, "MOST", 1)
    assert numbers(client)["Deals booked"] == "1+"
    assert MOST == 1_000


def test_the_moment_of_a_tile_is_counted_back_from_now() -> None:
    now = timezone.now()
    late = next(tile for tile in TILES if tile.title == "Callbacks that wait")
    assert late.filters(now) == {"state": "WAITING", "received_at__lt": now - timedelta(minutes=5)}


def test_what_is_new_is_told_by_its_key() -> None:
    for tile in TILES:
        key = apps.get_model(tile.model)._meta.pk
        assert "pk__gte" not in tile.lookups or key.default is new_id, tile.title
    moment = timezone.now()
    assert first_id_of(moment - timedelta(milliseconds=2)) < new_id()
    assert first_id_of(moment + timedelta(minutes=1)) > new_id()
    assert first_id_of(moment).version == 7


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(dict(attrs).get("href") or "")


@pytest.fixture
def here() -> City:
    return make_city("MNP")


def test_a_ticket_code_a_phone_and_an_identifier_open_the_page_at_once(here: City) -> None:
    client = at_the_desk(make_operator("administrator"))
    booking = Booking.objects.filter(zone_code="MNP").latest("booked_at")
    merchant = here.shop.merchant

    for typed, page in (
        (booking.ref, f"/admin/rides/booking/{booking.pk}/change/"),
        (f"  {booking.ref.lower()} ", f"/admin/rides/booking/{booking.pk}/change/"),
        (str(merchant.pk), f"/admin/merchants/merchant/{merchant.pk}/change/"),
    ):
        found = search(client, typed)
        assert (found.status_code, found.headers["Location"]) == (302, page), typed


def test_a_whole_phone_number_finds_its_person_and_does_not_show_it() -> None:
    asha = accounts.create_person(
        display_name="Asha", phone="+919812345678", zone_code="MNP", now=timezone.now()
    )
    client = at_the_desk(make_operator("support", "MNP"))

    for typed in ("+919812345678", "98123 45678"):
        found = search(client, typed)
        assert found.headers["Location"] == f"/admin/accounts/user/{asha.pk}/change/"
        assert b"9812345678" not in client.get(found.headers["Location"]).content
    assert search(client, "981234567").context["hits"] == []
    # An address is kept by browsers and proxies: it finds nothing.
    assert client.get("/admin/search/", {"q": "+919812345678"}).context["hits"] == []


def test_what_lies_in_another_city_or_behind_another_role_is_not_found(here: City) -> None:
    booking = Booking.objects.filter(zone_code="MNP").latest("booked_at")
    make_city("BLR")
    for role, zone in (("city_manager", "BLR"), ("reviewer", "MNP")):
        found = search(at_the_desk(make_operator(role, zone)), booking.ref)
        assert found.status_code == 200
        assert found.context["hits"] == []
        assert b"Nothing goes by" in found.content
    assert here.rows


def test_a_part_of_a_name_lists_all_that_bear_it(here: City) -> None:
    client = at_the_desk(make_operator("support"))
    other = make_city("BLR").shop.merchant
    brand = here.shop.merchant.brand
    Merchant.objects.filter(pk=other.pk).update(brand=f"{brand} & Sons")

    found = search(client, brand)
    links = _Links()
    links.feed(found.content.decode())
    for merchant in (here.shop.merchant, other):
        assert f"/admin/merchants/merchant/{merchant.pk}/change/" in links.found
    assert b"&amp; Sons" in found.content


@pytest.mark.parametrize("typed", ["", "  ", "ab", "'; DROP TABLE x", "%", "9" * 300, "<script>"])
def test_whatever_is_typed_gets_an_answer(typed: str) -> None:
    found = search(at_the_desk(make_operator("administrator")), typed)
    assert found.status_code == 200
    assert found.context["hits"] == []
    assert b"<script>" not in re.sub(rb"<script (src|id)[^>]*>", b"", found.content)


def test_a_stranger_is_asked_to_sign_in() -> None:
    assert search(Client(), "x").headers["Location"].startswith("/admin/login/")


def test_every_tile_and_every_search_is_of_a_list_of_the_console() -> None:
    labels = {model._meta.label for model in admin.site._registry}
    assert {tile.model for tile in TILES} <= labels

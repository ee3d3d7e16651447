"""How an operator gets a file: from a list, by a form, on a page that shows how far it is."""

from datetime import date

import pytest
from django.urls import reverse

from apps.exports import services
from apps.exports.asking import from_list
from apps.exports.models import Export, Schedule
from apps.exports.selectors import CATALOGUE
from tests.accounts.making import at_the_desk, make_operator
from tests.exports.making import ask
from tests.factories import NOON, make_zone

pytestmark = pytest.mark.django_db
ASK = "/admin/exports/export/ask/"


@pytest.fixture(autouse=True)
def cities() -> None:
    make_zone("MNP")
    make_zone("BLR")


def test_a_list_offers_what_it_shows_and_the_form_begins_with_it() -> None:
    desk = at_the_desk(make_operator("analyst", "MNP"))

    page = desk.get(
        reverse("admin:rides_booking_changelist"),
        {"state__exact": "VOID", "booked_at__gte": "2026-11-01 00:00:00+00:00"},
    )
    offered = page.context["take_away"]
    form = desk.get(offered)

    assert offered.startswith(ASK)
    assert offered in page.content.decode().replace("&amp;", "&")
    assert form.context["filters"] == {"state__exact": "VOID"}
    assert form.context["form"].initial == {"dataset": "bookings", "first": date(2026, 11, 1)}
    assert [code for code, _ in form.context["form"].fields["zone"].choices] == ["MNP"]


def test_what_the_list_was_narrowed_by_narrows_the_export() -> None:
    analyst = make_operator("analyst", "MNP")
    address = f"{ASK}?dataset=bookings&state__exact=VOID"

    answer = at_the_desk(analyst).post(
        address, {"dataset": "bookings", "zone": "MNP", "first": "2026-11-01", "last": "2026-11-01"}
    )

    export = Export.objects.get()
    assert answer.headers["Location"] == f"/admin/exports/export/{export.pk}/change/"
    assert export.filters == {"state__exact": "VOID"}
    assert (f"{export.since:%d %H:%M}", f"{export.until:%d %H:%M}") == ("31 18:30", "01 18:30")


def test_a_filter_that_cannot_narrow_it_is_said_and_nothing_is_asked() -> None:
    desk = at_the_desk(make_operator("analyst", "MNP"))

    page = desk.post(
        f"{ASK}?dataset=bookings&basis__exact=FLAT", {"dataset": "bookings", "zone": "MNP"}
    )

    assert "take that filter off the list" in page.content.decode()
    assert not Export.objects.exists()


def test_a_schedule_is_begun_by_the_same_form_and_chooses_its_own_days() -> None:
    desk = at_the_desk(make_operator("analyst", "MNP"))
    asked = {"dataset": "bookings", "zone": "MNP", "again": "WEEKLY"}

    refused = desk.post(ASK, asked | {"first": "2026-11-01"})
    begun = desk.post(ASK, asked)

    assert "leave From and To empty" in refused.content.decode()
    assert begun.headers["Location"] == "/admin/exports/schedule/"
    assert Schedule.objects.get().cadence == "WEEKLY"


@pytest.mark.parametrize("zone", ["BLR", ""])
def test_another_zone_is_no_choice(zone: str) -> None:
    desk = at_the_desk(make_operator("analyst", "MNP"))

    assert desk.post(ASK, {"dataset": "bookings", "zone": zone}).status_code == 200
    assert not Export.objects.exists()


def test_whoever_takes_nothing_away_is_offered_nothing() -> None:
    desk = at_the_desk(make_operator("support", "MNP"))

    page = desk.get(reverse("admin:rides_booking_changelist"))

    assert page.context["take_away"] is None
    assert desk.get(ASK).status_code == 403


def test_its_page_shows_how_far_it_is_and_looks_again_by_itself() -> None:
    analyst = make_operator("analyst", "MNP")
    export = ask(analyst)
    services.claim(export_id=export.pk, now=NOON)
    services.progress(export_id=export.pk, attempt=1, rows_done=250, rows_total=1000, now=NOON)

    page = at_the_desk(analyst).get(reverse("admin:exports_export_change", args=[export.pk]))

    assert page.headers["Refresh"] == "2"
    assert 'value="25"' in page.content.decode()
    assert "250 of 1000 rows" in page.content.decode()


def test_a_finished_one_has_a_link_for_whoever_may_take_it_and_no_refresh() -> None:
    analyst, export = make_operator("analyst", "MNP"), None
    export = ask(analyst, "ledger")
    services.claim(export_id=export.pk, now=NOON)
    manifest = {
        "rows": 0, "file": "ledger.csv.gz", "gzip": {"sha256": "ab"}, "csv": {"sha256": "cd"},
    }  # fmt: skip
    services.finish(
        export_id=export.pk, attempt=1, file="x", size_bytes=2048, manifest=manifest, now=NOON
    )
    address = reverse("admin:exports_export_change", args=[export.pk])

    page = at_the_desk(analyst).get(address)

    assert "Refresh" not in page.headers
    assert "Fetch 2.0 kB" in page.content.decode()
    assert f"/api/exports/{export.pk}/file?token=" in page.content.decode()


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ({"booked_at__year": "2026"}, date(2026, 1, 1), date(2026, 12, 31)),
        ({"booked_at__year": "2026", "booked_at__month": "12"}, date(2026, 12, 1), date(2026, 12, 31)),
        (
            {"booked_at__year": "2026", "booked_at__month": "2", "booked_at__day": "3"},
            date(2026, 2, 3),
            date(2026, 2, 3),
        ),
        ({"booked_at__gte": "2026-11-20", "booked_at__lt": "2026-11-26"}, date(2026, 11, 20), date(2026, 11, 25)),
    ],
)  # fmt: skip
def test_a_lists_calendar_becomes_days(given: dict[str, str], first: date, last: date) -> None:
    initial, filters = from_list(CATALOGUE["bookings"], given)

    assert (initial["first"], initial["last"], filters) == (first, last, {})

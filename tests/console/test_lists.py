"""The console's lists at millions of rows: nothing is counted, sorted or looked through for one page."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path, quote
from django.db import connection
from django.db.models import Model
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.console.admin import searching
from apps.gamification.models import FailedScan
from apps.merchants.models import Zone
from apps.ondc.models import RideOrder
from apps.payments.models import Payout
from tests.accounts.cities import make_city
from tests.accounts.making import at_the_desk, make_operator
from tests.factories import make_zone
from uma.kernel.desk import MOST_AT_ONCE, ReadOnlyAdmin
from uma.kernel.desk_lists import SAMPLE, KeysetList

pytestmark = pytest.mark.django_db
# In an index that begins with something of which there are few, which PostgreSQL skips through: a kind, a
# source, a seller, a day's settlement, an endpoint; and the names of a leaderboard, a narrow table.
SECOND = {
    ("gamification.ProvenOrder", "source"),
    ("gamification.LeaderboardName", "pseudonym"),
    ("notifications.WebhookDelivery", "event_id"),
    ("payments.GatewayEvent", "event_id"),
    ("payments.SettledLine", "entity_id"),
    ("ondc.Settlement", "number"),
}


def lists() -> Iterator[ReadOnlyAdmin[Any]]:  # Any: of whatever model
    for site in admin.site._registry.values():
        assert isinstance(site, ReadOnlyAdmin)
        yield site


def site_of(model: type[Model]) -> ReadOnlyAdmin[Any]:  # Any: as above
    return next(site for site in lists() if site.model is model)


def page_of(site: ReadOnlyAdmin[Any], user: User, query: str = "") -> KeysetList:
    """Return a page of a list as its template is given it."""
    request = RequestFactory().get(f"/admin/{query}")
    request.user = user
    found = site.get_changelist_instance(request)
    assert isinstance(found, KeysetList)
    return found


def keys(page: KeysetList) -> list[Any]:
    return [row.pk for row in page.result_list]


def leading(model: type[Model]) -> set[str]:
    """Return the columns with which an index of all rows begins, or of all that hold such a value."""
    text = """
        SELECT a.attname, pg_get_expr(i.indpred, i.indrelid)
        FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = %s::regclass
    """
    with connection.cursor() as cursor:
        cursor.execute(text, [model._meta.db_table])
        return {
            name
            for name, narrowed in cursor.fetchall()
            if narrowed is None
            or narrowed in {f"({name} IS NOT NULL)", f"(NOT (({name})::text = ''::text))"}
        }


def column(site: ReadOnlyAdmin[Any], path: str) -> tuple[type[Model], str]:
    if path == "pk":
        path = site.opts.pk.name
    found = get_fields_from_path(site.model, path)[-1]
    assert found.column
    return found.model, found.column


def test_a_list_counts_nothing_asks_for_no_distinct_values_and_skips_no_rows() -> None:
    make_city("MNP")
    client = at_the_desk(make_operator())
    for site in lists():
        url = reverse(f"admin:{site.opts.app_label}_{site.opts.model_name}_changelist")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(url).status_code == 200, url
        read = [each["sql"] for each in asked if f'FROM "{site.opts.db_table}"' in each["sql"]]
        assert read, url
        for sql in read:
            assert "COUNT(" not in sql or "LIMIT" in sql, (url, sql)
            assert "SELECT DISTINCT" not in sql, (url, sql)
            assert "OFFSET" not in sql, (url, sql)
        assert site.date_hierarchy is None, url


def test_what_grows_with_the_traffic_is_ordered_and_searched_by_indexes() -> None:
    wrong = []
    for site in lists():
        if site.few:
            continue
        assert site.sortable_by is None
        first = (site.ordering or ("-pk",))[0].removeprefix("-")
        model, name = column(site, first)
        if model is not site.model or name not in leading(model):
            wrong.append(f"{site.opts.label} is sorted by {first}")
        # The ledger's lists say by themselves what they search: `found_by`.
        for path in site.search_fields if site.opts.app_label != "wallet" else ():
            model, name = column(site, path.removeprefix("="))
            known = name in leading(model) or site_of(model).few
            if path[0] != "=" or known is ((model._meta.label, name) in SECOND):
                wrong.append(f"{site.opts.label} searches {path}")
    assert not wrong, "\n".join(wrong)


def test_every_list_is_read_to_its_end_and_back_row_by_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_city("MNP")
    chief, long = make_operator(), 0
    for site in lists():
        monkeypatch.setattr(site, "list_per_page", 1)
        pages = [page_of(site, chief)]
        whole = list(pages[0].queryset.values_list("pk", flat=True)[:6])
        while pages[-1].next_page and len(pages) < len(whole):
            pages.append(page_of(site, chief, pages[-1].next_page))
        assert [keys(page) for page in pages] == [[key] for key in whole] or not whole, site
        for before in reversed(pages[:-1]):
            back = page_of(site, chief, pages[-1].previous_page or "?")
            assert (keys(back), back.first_page is None) == (keys(before), before is pages[0]), site
            pages.pop()
        long += len(whole) > 2
    assert long > 10


def test_rows_without_a_value_have_their_place_in_the_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for code, paused in (("AAA", None), ("BBB", timezone.now()), ("CCC", None), ("DDD", None)):
        make_zone(code)
        Zone.objects.filter(code=code).update(bookings_paused_at=paused)
    chief, site = make_operator(), site_of(Zone)
    monkeypatch.setattr(site, "list_per_page", 1)
    at = list(site.list_display).index("bookings_paused_at") + 1
    for way in ("", "-"):
        page = page_of(site, chief, f"?o={way}{at}")
        whole = list(page.queryset.values_list("pk", flat=True))
        seen = keys(page)
        while page.next_page:
            page = page_of(site, chief, page.next_page)
            seen += keys(page)
        assert seen == whole
        while page.previous_page:
            page = page_of(site, chief, page.previous_page)
        assert keys(page) == whole[:1]


def test_whatever_the_search_looks_for_is_looked_up_by_an_index_that_begins_with_it() -> None:
    for label, lookup in (*searching._BY_ID, *searching._BY_REFERENCE):
        site = site_of(apps.get_model(label))
        model, name = column(site, lookup)
        # Razorpay's settlements are one a day, zones and sellers few.
        assert model is site.model
        assert name in leading(model) or site.few, f"{label} by {lookup}"


def test_whatever_has_a_name_outside_is_found_by_it() -> None:
    city, found = make_city("MNP"), set()
    Payout.objects.filter(pk__in=city.rows[Payout]).update(utr="UTR-OF-THE-BANK")
    RideOrder.objects.filter(pk__in=city.rows[RideOrder]).update(number="ORDER-OF-A-SELLER")
    request = RequestFactory().get("/admin/")
    request.user = make_operator()
    for label, lookup in (*searching._BY_ID, *searching._BY_REFERENCE):
        model = apps.get_model(label)
        rows = model._default_manager.filter(pk__in=city.rows[model])
        name = rows.exclude(**{f"{lookup}__isnull": True}).values_list(lookup, flat=True).first()
        if not name:
            continue
        wanted = {
            reverse(f"admin:{label.lower().replace('.', '_')}_change", args=[quote(key)])
            for key in rows.filter(**{lookup: name}).values_list("pk", flat=True)
        }
        hits = searching.find(admin.site, request, typed=str(name))
        assert wanted & {hit.href for hit in hits}, f"{label} by {lookup}"
        found.add((label, lookup))
    assert {
        ("payments.Payout", "utr"), ("payments.Payment", "payment_id"), ("rides.Booking", "ref"),
        ("ondc.InboundMessage", "message_id"), ("ondc.RideOrder", "number"),
    } <= found  # fmt: skip


def test_a_page_that_is_nonsense_is_the_first() -> None:
    client = at_the_desk(make_operator())
    for query in ("p=after:", "p=after:x", "p=7", f"p=after:{uuid4()}", "o=1.-2"):
        for name in ("merchants_zone", "rides_booking", "payments_payment", "accounts_user"):
            answer = client.get(f"{reverse(f'admin:{name}_changelist')}?{query}")
            assert answer.status_code == 200, (name, query)


def test_an_act_reaches_what_was_chosen_on_a_page_and_no_more_than_somebody_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = [make_zone(f"Z{number:02}") for number in range(MOST_AT_ONCE + 1)]
    client, url = at_the_desk(make_operator()), reverse("admin:merchants_zone_changelist")
    monkeypatch.setattr(site_of(Zone), "list_per_page", 2)
    shown = client.get(url)
    assert 'rel="next"' in shown.content.decode()
    assert "across all pages" not in shown.content.decode()
    form = {"action": "pause_selected", "confirmed": "yes", "reason": "a flood"}

    across = client.post(
        url, form | {"_selected_action": made[0].pk, "select_across": "1"}, follow=True
    )
    many = client.post(url, form | {"_selected_action": [zone.pk for zone in made]}, follow=True)
    assert "never reaches beyond a page" in across.content.decode()
    assert f"{MOST_AT_ONCE} rows at most" in many.content.decode()
    assert not Zone.objects.filter(bookings_paused_at__isnull=False).exists()

    client.post(url, form | {"_selected_action": [zone.pk for zone in made[1:]]})
    assert Zone.objects.filter(bookings_paused_at__isnull=False).count() == MOST_AT_ONCE


def test_a_filter_offers_what_the_newest_rows_hold_and_what_was_chosen() -> None:
    now = timezone.now()
    FailedScan.objects.create(booking_id=uuid4(), code="of-old", at=now)
    rows = [FailedScan(booking_id=uuid4(), code="new", at=now) for _ in range(SAMPLE)]
    FailedScan.objects.bulk_create(rows)
    chief, site = make_operator(), site_of(FailedScan)

    def offered(query: str) -> list[str]:
        page = page_of(site, chief, query)
        return [str(each["display"]) for each in page.filter_specs[0].choices(page)]

    assert offered("") == ["All", "new"]
    assert offered("?code=of-old") == ["All", "new", "of-old"]
    assert len(keys(page_of(site, chief, "?code=of-old"))) == 1


def test_the_first_page_and_a_late_one_of_a_hundred_thousand_rows_come_from_the_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO gamification_failedscan (id, booking_id, code, at)"
            " SELECT md5('a' || n)::uuid, md5('b' || n)::uuid, 'x', now()"
            " FROM generate_series(1, 100000) n"
        )
        cursor.execute("ANALYZE gamification_failedscan")
        late, scan = FailedScan.objects.order_by("-pk").values_list("pk", "booking_id")[90_000]
        chief, site = make_operator(), site_of(FailedScan)
        for query in ("", f"?p=after:{late}", f"?p=before:{late}", f"?q={scan}", "?code=x"):
            with CaptureQueriesContext(connection) as asked:
                assert keys(page_of(site, chief, query))
            for sql in (each["sql"] for each in asked if "failedscan" in each["sql"]):
                cursor.execute(f"EXPLAIN {sql}")
                plan = "\n".join(line for (line,) in cursor.fetchall())
                assert "Seq Scan" not in plan, (query, plan)
                assert "Sort" not in plan or "q=" in query, (query, plan)

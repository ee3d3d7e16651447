"""From a request to a file in an analyst's hands, whatever happens on the way."""

import csv
import gzip
import hashlib
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.exports import files, making, selectors, services, tasks, writing
from apps.exports.models import Export
from apps.exports.views import link
from tests.accounts.making import make_operator
from tests.exports.making import ask, make
from tests.factories import NOON, make_booking, make_rider, make_shop
from tests.handshake.visiting import visit

pytestmark = pytest.mark.django_db(transaction=True)


def fetched(client: Client, export: Export, **headers: str) -> tuple[int, bytes]:
    answer = client.get(link(export.pk), headers=headers)
    return answer.status_code, answer.getvalue()


def rows_of(packed: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(gzip.decompress(packed).decode(), newline="")))


def test_an_analyst_fetches_the_zones_visits_as_they_were_settled(client: Client) -> None:
    shop, other = make_shop(), make_shop("Elsewhere", zone="BLR")
    settled = visit(shop, make_rider())
    visit(other, make_rider(zone="BLR"))
    export = make(ask(make_operator("analyst", "MNP")))

    status, packed = fetched(client, export)

    (row,) = rows_of(packed)
    assert status == 200
    assert (row["id"], row["merchant_debit_paise"]) == (
        str(settled.pk),
        str(settled.merchant_debit_paise),
    )
    assert (export.state, export.rows_done, export.rows_total) == ("DONE", 1, 1)
    assert export.manifest is not None
    assert export.manifest["gzip"]["sha256"] == hashlib.sha256(packed).hexdigest()
    assert AuditEvent.objects.filter(action="export.fetched", object_id=str(export.pk)).count() == 1


@pytest.mark.parametrize("part", ["bytes=0-", "bytes=1-", "bytes=-100000", "bytes=0-1"])
def test_whatever_part_is_asked_for_the_trail_says_that_it_was_fetched(
    client: Client, part: str
) -> None:
    export = make(ask(make_operator("analyst", "MNP")))

    status, _ = fetched(client, export, range=part)

    assert status == 206
    assert AuditEvent.objects.filter(action="export.fetched", object_id=str(export.pk)).count() == 1


def test_an_answer_without_a_byte_of_the_file_is_no_fetch(client: Client) -> None:
    export = make(ask(make_operator("analyst", "MNP")))
    assert export.manifest is not None
    known = f'"{export.manifest["gzip"]["sha256"]}"'

    assert fetched(client, export, if_none_match=known) == (304, b"")
    assert fetched(client, export, range="bytes=9999999-") == (416, b"")
    assert not AuditEvent.objects.filter(action="export.fetched").exists()


def test_a_download_that_broke_goes_on_where_it_stopped(client: Client) -> None:
    visit(make_shop(), make_rider())
    export = make(ask(make_operator("analyst", "MNP")))
    _, whole = fetched(client, export)

    status, rest = fetched(client, export, range="bytes=100-")

    assert (status, whole[:100] + rest) == (206, whole)


def test_a_link_opens_its_file_only_and_only_while_its_owner_may_read_it(client: Client) -> None:
    analyst = make_operator("analyst", "MNP")
    export, other = make(ask(analyst)), make(ask(analyst))
    stolen = link(other.pk).replace(str(other.pk), str(export.pk), 1)

    assert client.get(stolen).status_code == 404
    assert client.get(link(export.pk)[:-1]).status_code == 404
    analyst.operator_roles.update(revoked_at=NOON + timedelta(hours=1))
    refused = client.get(link(export.pk))
    assert (refused.status_code, refused.json()["code"]) == (404, "export_file_not_found")


def test_two_files_of_the_same_books_have_one_root_and_a_posting_changes_it() -> None:
    shop, analyst = make_shop(), make_operator("analyst", "MNP")
    first, second = make(ask(analyst)), make(ask(analyst, "ledger"))
    visit(shop, make_rider())
    third = make(ask(analyst))

    roots = [export.manifest["ledger_root"] for export in (first, second, third) if export.manifest]
    assert roots[0] == roots[1] != roots[2]


def test_the_ledgers_file_adds_up_to_the_balances() -> None:
    shop = make_shop()
    visit(shop, make_rider())
    export = make(ask(make_operator("analyst", "MNP"), "ledger"))

    rows = rows_of(files.path_of(export.file).read_bytes())

    purse = f"merchant:{shop.merchant.pk}:wallet"
    mine = [
        row
        for row in rows
        if row["account"].endswith(str(shop.merchant.pk)) or row["account"] == purse
    ]
    assert mine
    by_account: dict[str, int] = {}
    last: dict[str, int] = {}
    for row in rows:
        by_account[row["account"]] = by_account.get(row["account"], 0) + int(row["amount_paise"])
        if row["balance_paise"]:
            last[row["account"]] = int(row["balance_paise"])
    kept = {account: by_account[account] for account in last}
    assert kept[next(account for account in kept if str(shop.merchant.pk) in account)] > 0
    assert any(int(row["amount_paise"]) < 0 for row in rows)


def test_a_period_and_the_lists_filters_narrow_it() -> None:
    shop = make_shop()
    make_booking(shop, make_rider())
    later = make_booking(shop, make_rider(), now=NOON + timedelta(days=1))
    analyst = make_operator("analyst", "MNP")

    def found(**given: Any) -> list[str]:  # Any: as `ask` takes
        export = make(ask(analyst, "bookings", **given))
        return [row["id"] for row in rows_of(files.path_of(export.file).read_bytes())]

    assert found(since=NOON + timedelta(hours=1)) == [str(later.pk)]
    assert found(filters={"state__exact": "REDEEMED"}) == []
    assert len(found(filters={"state__exact": "BOOKED"})) == 2


def interrupted(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]
) -> Callable[..., writing.Written]:
    """Return the writing as it is, with something that happens after its first word."""
    whole = writing.write

    def write(*args: Any, **given: Any) -> writing.Written:  # Any: passed on
        began = given["began"]

        def begin(rows: int) -> None:
            began(rows)
            act()

        return whole(*args, **{**given, "began": begin})

    monkeypatch.setattr(writing, "write", write)
    return write


def test_a_cancelled_export_stops_at_the_next_block_and_leaves_no_file(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    analyst = make_operator("analyst", "MNP")
    export = ask(analyst)
    interrupted(
        monkeypatch,
        lambda: services.cancel_export(
            export_id=export.pk, actor_id=analyst.pk, reason="", now=NOON
        ),
    )

    assert not making.make(export_id=export.pk, clock=lambda: NOON)

    export.refresh_from_db()
    assert (export.state, list(folder.iterdir())) == ("CANCELLED", [])


def test_a_full_disk_gives_the_export_back_and_a_second_worker_makes_it(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    export = ask(make_operator("analyst", "MNP"))

    def full() -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as once:
        interrupted(once, full)
        assert not making.make(export_id=export.pk, clock=lambda: NOON)
    export.refresh_from_db()
    assert (export.state, export.error, list(folder.iterdir())) == ("WAITING", "OSError", [])

    assert make(export).state == "DONE"


def test_what_a_dead_worker_left_is_taken_over_and_its_file_removed(folder: Path) -> None:
    export = ask(make_operator("analyst", "MNP"))
    assert services.claim(export_id=export.pk, now=NOON) is not None
    left = files.part_of(f"{export.pk}.1")
    left.write_bytes(b"half a fi")
    late = NOON + 2 * services.LEASE

    assert selectors.waiting(now=late, limit=10) == [export.pk]
    make(export, now=late)

    assert [path.name for path in folder.iterdir()] == [export.file]


def test_after_a_week_the_file_is_gone_and_the_row_says_so(client: Client, folder: Path) -> None:
    export = make(ask(make_operator("analyst", "MNP")))
    assert export.expires_at is not None

    assert services.expire(now=export.expires_at - timedelta(seconds=1), limit=10) == 0
    assert services.expire(now=export.expires_at, limit=10) == 1

    export.refresh_from_db()
    assert (export.state, list(folder.iterdir())) == ("EXPIRED", [])
    assert client.get(link(export.pk)).status_code == 404


def test_the_sweep_finds_what_a_lost_message_left_and_schedules_are_followed() -> None:
    analyst = make_operator("analyst", "MNP")
    services.start_schedule(
        dataset="bookings", zone_code="MNP", timezone="Asia/Kolkata", cadence="DAILY",
        person=analyst, now=timezone.now() - timedelta(days=2),
    )  # fmt: skip

    assert tasks.follow_schedules() == 1
    assert tasks.follow_schedules() == 0
    assert tasks.keep_exports() == 1
    tasks.make_export(export_id=str(Export.objects.get().pk))

    assert Export.objects.get().state == "DONE"
    assert tasks.keep_exports() == 0

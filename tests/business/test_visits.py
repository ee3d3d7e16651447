"""Visits one by one: taking one back with the money named, the list as a file, and news of them."""

import csv
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from apps.campaigns.models import Campaign
from apps.handshake.models import Handshake, Reversal
from apps.merchants.models import Staff
from apps.wallet import codes
from tests.analytics.making import check_in, take_back, visit
from tests.business.browsing import signed_in
from tests.business.test_figures import paise, read, tile
from tests.factories import Shop, balance, make_outlet, make_rider, make_shop
from tests.merchants.making import make_staff

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
AN_HOUR_AGO = NOW - timedelta(hours=1)
LIST = "/business/figures/visits"


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def send(client: Client, of: Handshake, **form: str) -> Any:  # Any: Django's test response
    fields = {"what": "whole", "reason": "Scanned twice", "key": "k1", **form}
    return client.post(f"{LIST}/{of.pk}/take-back", fields)


def text(answer: Any) -> str:  # Any: as above
    return unescape(answer.content.decode())


def test_a_visit_is_taken_back_after_a_yes_to_its_money_and_once(shop: Shop) -> None:
    client, before = signed_in(shop.owner_id), shop.wallet_paise
    done = visit(shop, at=AN_HOUR_AGO)
    assert f'href="{LIST}/{done.pk}"' in read(client, LIST)
    paid = shop.wallet_paise

    asked = text(send(client, done))

    assert "Take back ₹232.60?" in asked
    assert (Reversal.objects.count(), shop.wallet_paise) == (0, paid), "asking moves nothing"
    answer = send(client, done, agreed="23260")
    assert answer.status_code == 302, text(answer)
    assert "₹232.60 is back in your wallet." in read(client, answer["Location"])
    assert shop.wallet_paise == before
    assert send(client, done, agreed="23260")["Location"] == answer["Location"]
    assert Reversal.objects.get().reason == "Scanned twice"
    page = read(client, f"{LIST}/{done.pk}")
    assert "This visit was taken back." in page
    assert "take-back" not in page


def test_a_part_of_the_ride_money_is_taken_back_and_the_visit_stays(shop: Shop) -> None:
    client, done = signed_in(shop.owner_id), visit(shop, at=AN_HOUR_AGO)
    rider = codes.rider_wallet(done.rider_id)
    part = {"what": "part", "amount": "40.50"}

    assert "Take back ₹40.50?" in text(send(client, done, **part))
    send(client, done, agreed="4050", **part)

    assert balance(rider) == 150_00 - 40_50
    page = read(client, f"{LIST}/{done.pk}")
    assert "All of it, with the fees: ₹192.10" in page
    assert "A part of the ride money, up to ₹109.50" in page
    # Who agreed to another amount than there is by now is asked once more.
    asked = text(send(client, done, key="k2", agreed="23260"))
    assert "Take back ₹192.10?" in asked
    assert Reversal.objects.count() == 1


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"reason": " \u200b "}, "Write why, in up to 500 letters."),
        ({"reason": "x" * 501}, "Write why, in up to 500 letters."),
        ({"what": "part", "amount": "150.01"}, "Write an amount up to ₹150."),
        ({"what": "part", "amount": "0"}, "Write an amount up to ₹150."),
        ({"what": "part", "amount": "-5"}, "Write an amount up to ₹150."),
    ],
)
def test_what_cannot_be_taken_back_so_is_said_and_nothing_is_moved(
    shop: Shop, form: dict[str, str], said: str
) -> None:
    client, done = signed_in(shop.owner_id), visit(shop, at=AN_HOUR_AGO)

    answer = send(client, done, agreed="23260", **form)

    assert (answer.status_code, said in text(answer)) == (422, True)
    assert Reversal.objects.count() == 0


def test_a_visit_of_yesterday_and_one_that_is_gone_are_not_taken_back(shop: Shop) -> None:
    client = signed_in(shop.owner_id)
    old = visit(shop, at=NOW - timedelta(hours=24, minutes=1))
    gone = visit(shop, at=AN_HOUR_AGO)
    take_back(gone, at=NOW)

    for one, said in ((old, "for a day only"), (gone, "This visit was taken back.")):
        answer = send(client, one, agreed="23260")
        assert (answer.status_code, said in text(answer)) == (422, True)

    assert Reversal.objects.count() == 1


def test_who_may_take_back_is_the_owner_and_managers_of_the_outlet(shop: Shop) -> None:
    done = visit(shop, at=AN_HOUR_AGO)
    elsewhere = make_outlet(shop.merchant, now=NOW)
    posts = {
        "accountant": signed_in(make_staff(shop.merchant, Staff.Role.ACCOUNTANT)),
        "scanner": signed_in(make_staff(shop.merchant, Staff.Role.SCANNER)),
        "elsewhere": signed_in(
            make_staff(shop.merchant, Staff.Role.MANAGER, outlet_ids=(elsewhere.pk,))
        ),
        "stranger": signed_in(make_shop("Other").owner_id),
    }

    sent = {name: send(client, done, agreed="23260").status_code for name, client in posts.items()}
    seen = {name: client.get(f"{LIST}/{done.pk}").status_code for name, client in posts.items()}

    assert sent == {"accountant": 403, "scanner": 403, "elsewhere": 404, "stranger": 404}
    assert seen == {"accountant": 200, "scanner": 403, "elsewhere": 404, "stranger": 404}
    page = read(posts["accountant"], f"{LIST}/{done.pk}")
    assert "An owner or a manager can take this visit back." in page
    manager = signed_in(make_staff(shop.merchant, Staff.Role.MANAGER))
    assert send(manager, done, agreed="23260").status_code == 302


def rows_of(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"{LIST}/file{query}")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="visits-[\d-]+\.csv"', answer["Content-Disposition"])
    return list(csv.DictReader(StringIO(answer.getvalue().decode("utf-8-sig"))))


def test_the_file_of_visits_sums_to_the_tile_and_names_nobody(shop: Shop) -> None:
    # Written before anybody cleaned titles, or by an operator.
    Campaign.objects.filter(pk=shop.campaign.pk).update(title='=HYPERLINK("x")')
    guest = make_rider(now=NOW - timedelta(days=4))
    first = visit(shop, at=NOW - timedelta(days=3), rider=guest, bill_paise=99_50)
    visit(shop, at=NOW - timedelta(days=2), rider=guest)
    take_back(first, at=NOW - timedelta(days=1))
    check_in(shop, at=NOW - timedelta(hours=2), rider=guest)
    client = signed_in(shop.owner_id)

    rows = rows_of(client)

    assert [row["What happened"] for row in rows] == [
        "Came without a deal", "Taken back", "Visit", "Visit",
    ]  # fmt: skip
    spent = sum(round(float(row["Spent, ₹"]) * 100) for row in rows)
    assert spent == paise(tile(read(client, "/business/figures"), "spend"))
    assert len({row["Guest"] for row in rows}) == 1
    assert {row["Deal"] for row in rows} == {"", '\'=HYPERLINK("x")'}
    assert rows[-1]["Bill, ₹"] == "99.5"
    assert rows[-1]["Visit"] == rows[1]["Visit"] == str(first.pk)
    whole = client.get(f"{LIST}/file").getvalue().decode()
    assert not any(told in whole for told in (str(guest.pk), guest.username, guest.display_name))
    assert len(rows_of(client, f"?deal={shop.campaign.pk}")) == 3
    assert rows_of(client, "?days=1")[0]["What happened"] == "Came without a deal"
    assert rows_of(signed_in(make_shop("Other").owner_id)) == []
    hindi = signed_in(shop.owner_id, language="hi").get(f"{LIST}/file").getvalue().decode()
    assert "Came without a deal" not in hindi


def news(client: Client, since: str) -> tuple[list[str], str]:
    told = client.get("/business/events", {"since": since}).content.decode()
    found = re.findall(r"^id: (.+)$", told, re.MULTILINE)
    return re.findall(r"^event: (.+)$", told, re.MULTILINE), (found or [since])[0]


def test_an_open_list_hears_of_visits_and_of_guests_without_a_deal(shop: Shop) -> None:
    client = signed_in(shop.owner_id)
    _, begun = news(client, "")
    assert f'data-since="{begun}"' in read(client, LIST)
    assert news(client, begun) == ([], begun)

    check_in(shop, at=AN_HOUR_AGO, rider=make_rider())
    topics, after = news(client, begun)
    assert topics == ["visits"], "no money moved"
    done = visit(shop, at=NOW - timedelta(minutes=30))
    topics, after = news(client, after)
    assert topics == ["wallet", "visits"]
    part = read(client, f"{LIST}/now?days=1")

    assert f"{LIST}/{done.pk}" in part
    assert "<html" not in part
    assert "live:visits" in part
    assert "live:visits" in read(client, "/business/figures/now")

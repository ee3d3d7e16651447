"""The guests: counted all of them, shown a page at a time, and called what only this business calls them."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from apps.business.pages import guests
from tests.analytics.making import take_back, visit
from tests.business.browsing import signed_in
from tests.business.test_figures import read
from tests.factories import make_rider, make_shop

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


def test_every_guest_is_counted_and_stands_on_one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guests, "SHOWN", 2)
    shop = make_shop(now=NOW - timedelta(days=100))
    riders = [make_rider(now=NOW - timedelta(days=100)) for _ in range(5)]
    visit(shop, at=NOW - timedelta(days=95), rider=riders[0])
    for days, rider in enumerate(riders, start=1):
        visit(shop, at=NOW - timedelta(days=days), rider=rider)
    for rider in riders[2:4]:
        visit(shop, at=NOW - timedelta(hours=3), rider=rider)
    take_back(visit(shop, at=NOW - timedelta(days=2)), at=NOW - timedelta(days=1))
    client, named, path = signed_in(shop.owner_id), [], "/business/guests"

    while path:
        page = read(client, path)
        named.append(re.findall(r"<b>(Guest [^<]+)<", page))
        assert 'id="new-guests">4<' in page, "one was here before, one's visit was taken back"
        assert 'id="guests-again">2<' in page
        older = re.search(r'href="\?([^"]+)"', page)
        path = f"/business/guests?{older[1]}" if older else ""
        assert not any(str(rider.pk) in page for rider in riders)

    assert [len(page) for page in named] == [2, 2, 1]
    assert len({name for page in named for name in page}) == 5, "each once"


@pytest.mark.parametrize("query", ["at=x&visit=y", "at=2026-01-01T00:00:00", "visit=1"])
def test_what_is_no_place_in_the_list_is_its_beginning(query: str) -> None:
    assert "No visit in this period." in read(
        signed_in(make_shop().owner_id), f"/business/guests?{query}"
    )

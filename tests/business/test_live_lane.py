"""An open page asks for news in a lane of its own: neither it nor its owner keeps the other from asking."""

import pytest
from pytest_django import Settings

from tests.business.browsing import signed_in
from tests.factories import make_shop
from tests.kernel.valkey import OwnValkey
from uma.kernel.http.lanes import LANES

pytestmark = pytest.mark.django_db
NEWS = {
    "merchant": ("/business/events", "/business/wallet/balance", "/business/figures/now"),
    "rider": ("/app/events", "/app/wallet/balance", "/app/check-in/code"),
}
PAGES = {"merchant": "/business/wallet", "rider": "/app/wallet"}


@pytest.mark.parametrize("role", sorted(NEWS))
def test_news_and_pages_are_counted_apart(role: str, settings: Settings, valkey: OwnValkey) -> None:
    settings.REDIS_URL = valkey.url
    settings.RATE_LIMITS = dict.fromkeys(LANES, "1000/day") | {
        "live": "3/day",
        "merchant": "2/day",
        "rider_page": "2/day",
    }
    browser = signed_in(make_shop().owner_id, role=role)

    news = [browser.get(path).status_code for path in (*NEWS[role], NEWS[role][0])]
    pages = [browser.get(PAGES[role]).status_code for _ in range(3)]

    assert news == [200, 200, 200, 429]
    assert pages == [200, 200, 429]

"""The console's door: its own host, its operators' networks, and nothing at all for anybody else (decisions/0077)."""

import pytest
from django.test import Client
from pytest_django import Settings

from tests.accounts.making import at_the_desk, make_operator

pytestmark = pytest.mark.django_db
PAGES = ("/admin/", "/admin/login/", "/admin/second-step/", "/admin/nothing/")


@pytest.fixture(autouse=True)
def behind_a_proxy(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["desk.uma.example", "uma.example"]
    settings.PROXY_COUNT = 1


def ask(client: Client, path: str, *, host: str = "uma.example", of: str = "203.0.113.9") -> int:
    return client.get(path, headers={"host": host, "x-forwarded-for": of}).status_code


@pytest.fixture
def desk() -> Client:
    return at_the_desk(make_operator("support"))


def test_at_another_host_there_is_no_console(desk: Client, settings: Settings) -> None:
    assert ask(desk, "/admin/") == 200

    settings.CONSOLE_HOST = "desk.uma.example"

    for client in (desk, Client()):
        assert {ask(client, page) for page in PAGES} == {404}
        assert {ask(client, "/app/deals")} <= {200, 302}
    assert ask(desk, "/admin/", host="desk.uma.example") == 200
    assert ask(desk, "/admin/", host="DESK.uma.example:443") == 200
    assert ask(Client(), "/admin/login/", host="desk.uma.example") == 200
    # Pages of an app are looked at from there, with the console's session.
    assert ask(desk, "/app/deals", host="desk.uma.example") in {200, 302}


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("10.8.0.7", 200),
        ("::ffff:10.8.0.7", 200),
        ("2001:db8:1::9", 200),
        ("10.8.1.7", 404),
        ("2001:db8:2::9", 404),
        ("nonsense", 404),
        # What a caller says of itself stands further left than what our proxy says of the caller.
        ("10.8.0.7, 203.0.113.9", 404),
    ],
)
def test_only_its_networks_find_it(
    desk: Client, settings: Settings, address: str, status: int
) -> None:
    settings.CONSOLE_NETWORKS = ["10.8.0.0/24", "2001:db8:1::/48"]

    assert ask(desk, "/admin/", of=address) == status
    assert ask(desk, "/app/deals", of=address) in {200, 302}

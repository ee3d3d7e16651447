"""What operators see of people, and how they find them."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from apps.accounts import services
from apps.accounts.models import AuditEvent, User
from apps.accounts.services import revealing
from tests.factories import NOON

pytestmark = pytest.mark.django_db
LIST = "/admin/accounts/user/"


@pytest.fixture
def asha() -> User:
    return services.create_person(
        username="asha",
        display_name="Asha Rao",
        email="asha@example.org",
        phone="+919876543210",
        zone_code="MNP",
        now=NOON,
    )


@pytest.fixture
def desk(client: Client) -> Client:
    operator = User(username=f"ops-{uuid4()}", is_staff=True, is_superuser=True, created_at=NOON)
    operator.save()
    client.force_login(operator)
    return client


def found(desk: Client, query: str) -> str:
    return desk.get(LIST, {"q": query}).content.decode()


@pytest.mark.usefixtures("asha")
def test_a_list_shows_names_and_the_end_of_a_phone(desk: Client) -> None:
    page = desk.get(LIST).content.decode()

    assert "Asha Rao" in page
    assert "+91 •••••• 3210" in page
    assert "9876543210" not in page
    assert "asha@example.org" not in page


def test_a_person_is_found_by_the_whole_phone_and_by_no_part_of_it(
    desk: Client, asha: User
) -> None:
    services.create_person(username="ravi", phone="+919876543211", zone_code="MNP", now=NOON)

    for query in ("+919876543210", "98765 43210", "asha", str(asha.pk)):
        page = found(desk, query)
        assert "Asha Rao" in page
        assert ">ravi<" not in page
    for query in ("98765", "Asha Rao", "+919876543212"):
        assert ">Asha Rao<" not in found(desk, query)


def test_one_persons_page_shows_all_but_the_whole_phone(desk: Client, asha: User) -> None:
    page = desk.get(f"{LIST}{asha.pk}/change/").content.decode()

    for text in ("Asha Rao", "asha@example.org", "+91 •••••• 3210"):
        assert text in page
    assert "9876543210" not in page


def reveal(desk: Client, asha: User, **given: str) -> str:
    asked = {"action": "reveal_phone", "_selected_action": str(asha.pk), **given}
    return desk.post(LIST, asked).content.decode()


def test_a_whole_phone_is_shown_once_with_a_reason_and_leaves_a_trail(
    desk: Client, asha: User
) -> None:
    without_reason = reveal(desk, asha, confirmed="yes", reason="")
    shown = reveal(desk, asha, confirmed="yes", reason="call back, ticket 42")
    afterwards = desk.get(f"{LIST}{asha.pk}/change/").content.decode()

    assert "+919876543210" not in without_reason
    assert "+919876543210" in shown
    assert "+919876543210" not in afterwards
    assert "person.phone-revealed" in afterwards
    assert "call back, ticket 42" in afterwards
    (event,) = AuditEvent.objects.filter(action="person.phone-revealed")
    assert (event.object_id, event.address) == (str(asha.pk), "127.0.0.1")
    assert "9876543210" not in str((event.before, event.after, event.reason))


def test_nobody_browses_phones(desk: Client, asha: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revealing, "MOST_IN_AN_HOUR", 2)

    pages = [reveal(desk, asha, confirmed="yes", reason="call back") for _ in range(3)]

    assert ["+919876543210" in page for page in pages] == [True, True, False]
    assert AuditEvent.objects.filter(action="person.phone-revealed").count() == 2


def test_a_value_that_does_not_open_does_not_close_the_list(desk: Client, asha: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET display_name_sealed = phone_sealed")

    answer = desk.get(LIST)

    assert answer.status_code == 200
    assert "⚠ does not open" in answer.content.decode()
    assert str(asha.username) in answer.content.decode()

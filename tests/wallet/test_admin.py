"""The ledger on the operators' desk: to read, to search, to follow, and never to write."""

from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.wallet.models import Account, AccountKind, Hold, Journal, PostingRule, Transfer
from tests.wallet.hostile import Books, make_books
from tests.wallet.scenes import NOON, make_rider

pytestmark = pytest.mark.django_db
LARGE = [Account, Journal, Transfer, Hold]
MODELS = [*LARGE, PostingRule, AccountKind]


@pytest.fixture
def books() -> Books:
    return make_books()


@pytest.fixture
def desk() -> Client:
    user = User(username="operator", is_staff=True, is_superuser=True, created_at=NOON)
    user.set_unusable_password()
    user.save()
    client = Client()
    client.force_login(user)
    return client


def path(model: Any, view: str = "changelist", *args: object) -> str:
    return reverse(f"admin:wallet_{model._meta.model_name}_{view}", args=args)


def listed(desk: Client, model: Any, **query: object) -> list[Any]:
    answer = desk.get(path(model), {name: str(value) for name, value in query.items()})
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


@pytest.mark.parametrize("model", MODELS)
def test_every_row_is_read_and_none_is_written(books: Books, desk: Client, model: Any) -> None:
    row = model.objects.order_by("pk").first()
    assert row is not None
    assert books.names

    assert row in model.objects.all()
    assert len(listed(desk, model)) == min(model.objects.count(), 50)
    assert desk.get(path(model, "change", row.pk)).status_code == 200
    assert desk.get(path(model, "add")).status_code == 403
    assert desk.post(path(model, "change", row.pk), {"memo": "x"}).status_code == 403
    assert desk.post(path(model, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_the_desk_needs_permission(books: Books, model: Any) -> None:
    user = User(username="newcomer", is_staff=True, created_at=NOON)
    user.set_unusable_password()
    user.save()
    client = Client()
    client.force_login(user)

    assert books.names
    assert client.get(path(model)).status_code == 403


@pytest.mark.parametrize("model", LARGE)
def test_a_longer_list_takes_no_more_queries(books: Books, desk: Client, model: Any) -> None:
    with CaptureQueriesContext(connection) as few:
        listed(desk, model)
    assert books.names
    make_books()
    with CaptureQueriesContext(connection) as many:
        listed(desk, model)

    assert len(many) <= len(few)


def test_balances_are_in_rupees_and_summed_ones_on_their_own_page(
    books: Books, desk: Client
) -> None:
    held = Account.objects.get(code=books.names["held"])
    wallet = Account.objects.get(code=books.names["wallet"])

    assert "₹1,623.20" in desk.get(path(Account), {"q": wallet.code}).content.decode()
    assert "₹" not in desk.get(path(Account), {"q": held.code}).content.decode()
    assert "₹232.60" in desk.get(path(Account, "change", held.pk)).content.decode()


def test_an_account_is_found_by_its_code_or_by_its_owner(books: Books, desk: Client) -> None:
    code = str(books.names["wallet"])

    assert [row.code for row in listed(desk, Account, q=code)] == [code]
    owners = listed(desk, Account, q=code.split(":")[1])
    assert {row.code.split(":")[-1] for row in owners} >= {"wallet", "held", "released"}
    assert listed(desk, Account, q="nobody") == []


def test_accounts_are_narrowed_by_kind_and_by_frost(books: Books, desk: Client) -> None:
    Account.objects.filter(code=books.names["rider"]).update(frozen_at=NOON)

    assert {row.kind for row in listed(desk, Account, kind="rider_wallet")} == {"rider_wallet"}
    frozen = listed(desk, Account, frozen_at__isempty="0")
    assert [row.code for row in frozen] == [books.names["rider"]]


def test_the_movements_of_an_account_are_one_link_away(books: Books, desk: Client) -> None:
    rider = Account.objects.get(code=books.names["rider"])
    address = f"{path(Transfer)}?account={rider.pk}"

    assert address in desk.get(path(Account, "change", rider.pk)).content.decode()
    rows = listed(desk, Transfer, account=rider.pk)
    assert [row.amount_paise for row in rows] == [500, 13200, 13200]
    assert listed(desk, Transfer, account=Account.objects.get(code=make_rider().wallet).pk) == []


def test_a_journal_shows_what_it_moved_and_leads_to_its_hold(books: Books, desk: Client) -> None:
    page = desk.get(path(Journal, "change", books.names["handshake"])).content.decode()

    for text in ("₹132.00", "₹20.00", "₹6.30", "₹18.00", str(books.names["rider"])):
        assert text in page
    assert path(Hold, "change", books.names["rest"]) in page


def test_journals_are_found_by_reference_booking_and_original(books: Books, desk: Client) -> None:
    def found(query: object) -> list[UUID]:
        return [row.pk for row in listed(desk, Journal, q=query)]

    hold = Hold.objects.get(pk=books.names["rest"])

    assert found(f"handshake:{hold.pk}") == [books.names["handshake"]]
    assert set(found(hold.pk)) == {hold.opened_journal_id, books.names["handshake"]}
    assert found(books.names["topup"]) == [books.names["topup"]]
    assert {row.kind for row in listed(desk, Journal, kind="hold")} == {"hold"}


def test_transfers_and_holds_are_found_by_what_they_belong_to(books: Books, desk: Client) -> None:
    transfers = listed(desk, Transfer, q=books.names["handshake"])
    merchant_id = str(books.names["wallet"]).split(":")[1]

    assert {row.journal_id for row in transfers} == {books.names["handshake"]}
    assert [row.pk for row in listed(desk, Transfer, q=transfers[0].pk)] == [transfers[0].pk]
    assert [row.pk for row in listed(desk, Hold, q=books.names["rest"])] == [books.names["rest"]]
    assert [row.pk for row in listed(desk, Hold, q=merchant_id)] == [books.names["open_hold"]]
    assert [row.state for row in listed(desk, Hold, state="OPEN")] == ["OPEN", "OPEN"]
    for model in (Transfer, Hold):
        assert listed(desk, model, q="not an id") == []


def test_every_table_of_the_ledger_is_on_the_desk() -> None:
    assert all(admin.site.is_registered(model) for model in MODELS)

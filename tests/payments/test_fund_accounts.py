"""A rider's own bank accounts and VPAs: who may add, see and remove them, and what is shown."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.models import AuditEvent, User
from apps.notifications.models import InboxMessage
from apps.payments import selectors, services
from apps.payments.errors import FundAccountKnown, UnknownFundAccount
from apps.payments.models import FundAccount, account_index
from tests.factories import NOON, bearer, make_rider

pytestmark = pytest.mark.django_db
PATH = "/api/user/fund-accounts"
BANK = {
    "kind": "bank_account",
    "holderName": "Asha Rao",
    "accountNumber": "50100123454321",
    "ifsc": "HDFC0001234",
}
VPA = {"kind": "vpa", "holderName": "Asha Rao", "vpa": "Asha.Rao@okhdfcbank"}


@pytest.fixture
def rider() -> User:
    return make_rider("asha", now=timezone.now())


class Caller:
    """A signed-in rider's app."""

    def __init__(self, person_id: UUID) -> None:
        self._client = Client(headers=bearer(person_id, "rider", now=timezone.now()))

    def add(self, body: dict[str, Any]) -> Any:  # Any: Django's answer of a test
        return self._client.post(PATH, body, content_type="application/json")

    def list(self) -> Any:
        return self._client.get(PATH)

    def remove(self, account_id: object) -> Any:
        return self._client.delete(f"{PATH}/{account_id}")


def test_an_account_is_added_shown_masked_and_payable_a_day_later(rider: User) -> None:
    app, before = Caller(rider.pk), timezone.now()

    added, other = app.add(BANK), app.add(VPA)

    assert (added.status_code, other.status_code) == (201, 201)
    listed = app.list()
    assert listed.json() == [added.json(), other.json()]
    assert [one["account"] for one in listed.json()] == ["•••• 4321", "•••@okhdfcbank"]
    assert set(added.json()) == {
        "id", "kind", "account", "payableFrom", "verified", "verification", "createdAt",
    }  # fmt: skip
    assert (added.json()["verified"], added.json()["verification"]) == (False, "checking")
    (account, _) = selectors.fund_accounts(person_id=rider.pk)
    assert account.payable_from - account.created_at == timedelta(hours=24)
    assert account.created_at >= before
    for answer in (added, other, listed):
        for secret in ("50100123454321", "HDFC0001234", "Asha", "asha.rao"):
            assert secret not in answer.content.decode()


def test_what_payouts_will_need_is_sealed_and_readable(rider: User) -> None:
    Caller(rider.pk).add(BANK)
    Caller(rider.pk).add(VPA)

    bank, vpa = selectors.fund_accounts(person_id=rider.pk)

    assert (bank.holder_name, bank.account_number, bank.ifsc, bank.vpa) == (
        "Asha Rao", "50100123454321", "HDFC0001234", "",
    )  # fmt: skip
    assert (vpa.vpa, vpa.account_number, vpa.ifsc) == ("asha.rao@okhdfcbank", "", "")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(payments_fundaccount::text, '') FROM payments_fundaccount"
        )
        (rows,) = cursor.fetchone()
    for secret in ("50100123454321", "HDFC0001234", "Asha", "asha.rao"):
        assert secret not in rows
        assert secret.encode().hex() not in rows


def test_adding_and_removing_is_in_the_trail_and_the_owner_is_told(rider: User) -> None:
    app = Caller(rider.pk)
    account_id = app.add(BANK).json()["id"]

    assert app.remove(account_id).status_code == 204

    added, removed = AuditEvent.objects.filter(object_id=account_id).order_by("pk")
    assert (added.action, removed.action) == ("fund_account.added", "fund_account.removed")
    assert (added.actor_id, added.object_type, added.address) == (
        rider.pk, "fund_account", "127.0.0.1",
    )  # fmt: skip
    message = InboxMessage.objects.get(person_id=rider.pk)
    assert message.kind == "security.fund_account_added"
    assert app.list().json() == []


def test_an_account_is_on_the_list_once_however_it_is_written(rider: User) -> None:
    app = Caller(rider.pk)
    app.add(BANK)
    app.add(VPA)

    again = app.add({**BANK, "ifsc": "hdfc0001234"})
    shouted = app.add({**VPA, "vpa": "ASHA.RAO@OKHDFCBANK"})

    assert (again.status_code, shouted.status_code) == (409, 409)
    assert again.json()["code"] == "fund_account_known"
    assert AuditEvent.objects.filter(object_type="fund_account").count() == 2
    assert FundAccount.objects.count() == 2


def test_a_removed_account_that_comes_back_waits_again(rider: User) -> None:
    values: dict[str, Any] = {"person_id": rider.pk, "holder_name": "Asha", "vpa": "asha@upi"}
    first = services.add_fund_account(**values, now=NOON)
    services.remove_fund_account(
        fund_account_id=first.pk, person_id=rider.pk, now=NOON + timedelta(days=2)
    )

    second = services.add_fund_account(**values, now=NOON + timedelta(days=3))

    assert second.payable_from == NOON + timedelta(days=4)
    with pytest.raises(UnknownFundAccount):
        services.remove_fund_account(fund_account_id=first.pk, person_id=rider.pk, now=NOON)


def test_nobody_sees_or_removes_anothers_account(rider: User) -> None:
    account_id = Caller(rider.pk).add(BANK).json()["id"]
    stranger = Caller(make_rider("ravi", now=timezone.now()).pk)

    answer = stranger.remove(account_id)

    assert answer.status_code == 404
    assert (
        stranger.remove(uuid4()).json()["code"] == answer.json()["code"] == "unknown_fund_account"
    )
    assert stranger.list().json() == []
    assert len(Caller(rider.pk).list().json()) == 1


def test_the_same_account_of_several_people_is_found(rider: User) -> None:
    other = make_rider("ravi", now=NOON)
    for person_id in (rider.pk, other.pk):
        services.add_fund_account(person_id=person_id, holder_name="Asha", vpa="asha@upi", now=NOON)

    shared = selectors.people_with(account_index=account_index(vpa="Asha@UPI"))

    assert shared == sorted([rider.pk, other.pk])
    assert selectors.people_with(account_index=account_index(vpa="ravi@upi")) == []


@pytest.mark.parametrize(
    "change",
    [
        {"accountNumber": "12345678"},
        {"accountNumber": "1" * 19},
        {"accountNumber": "5010012345432A"},
        {"ifsc": "HDFC1001234"},
        {"ifsc": "HDFC000123"},
        {"ifsc": "HDFC00012345"},
        {"ifsc": None},
        {"accountNumber": None},
        {"holderName": "A"},
        {"holderName": None},
        {"kind": "cash"},
        {"kind": "vpa"},
        {"vpa": "asha@upi"},
        {"kind": "vpa", "vpa": "asha", "accountNumber": None, "ifsc": None},
        {"kind": "vpa", "vpa": "a@upi", "accountNumber": None, "ifsc": None},
        {"kind": "vpa", "vpa": "asha@1upi", "accountNumber": None, "ifsc": None},
        {"kind": "vpa", "vpa": "asha@bank.in", "accountNumber": None, "ifsc": None},
    ],
)
def test_what_is_no_account_is_refused(rider: User, change: dict[str, Any]) -> None:
    body = {name: value for name, value in {**BANK, **change}.items() if value is not None}

    answer = Caller(rider.pk).add(body)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert FundAccount.objects.count() == 0
    assert AuditEvent.objects.count() == 0


def test_a_refused_addition_leaves_no_trace(rider: User) -> None:
    values: dict[str, Any] = {"person_id": rider.pk, "holder_name": "Asha", "vpa": "asha@upi"}
    services.add_fund_account(**values, now=NOON)

    with pytest.raises(FundAccountKnown):
        services.add_fund_account(**values, now=NOON)

    assert (AuditEvent.objects.count(), InboxMessage.objects.count()) == (1, 1)


# --- what the database refuses by itself ---------------------------------------------------------


def account(rider: User, **values: Any) -> FundAccount:
    facts: dict[str, Any] = {
        "person": rider, "kind": "vpa", "holder_name": "Asha", "vpa": "asha@upi", "tail": "upi",
        "account_index": "0" * 64, "created_at": NOON, "payable_from": NOON,
    }  # fmt: skip
    return FundAccount.objects.create(**{**facts, **values})


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"kind": "cash"}, "payments_fund_account_"),
        ({"vpa": ""}, "payments_fund_account_is_named"),
        ({"kind": "bank_account"}, "payments_fund_account_is_named"),
        (
            {"kind": "bank_account", "vpa": "", "account_number": "123456789"},
            "payments_fund_account_is_named",
        ),
        ({"account_number": "123456789"}, "payments_fund_account_is_one"),
        ({"payable_from": NOON - timedelta(seconds=1)}, "payments_fund_account_waits"),
        ({"removed_at": NOON - timedelta(seconds=1)}, "payments_fund_account_removed_later"),
        ({"kind": "cash", "removed_at": NOON}, "payments_fund_account_kind_known"),
    ],
)
def test_a_row_that_cannot_be_true_is_refused(
    rider: User, values: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        account(rider, **values)


def test_one_account_is_live_once_for_a_person(rider: User) -> None:
    account(rider, removed_at=NOON)
    account(rider)

    with pytest.raises(IntegrityError, match="payments_fund_account_once"):
        account(rider)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "bank_account"},
        {"payable_from": NOON - timedelta(days=1)},
        {"created_at": NOON - timedelta(days=1)},
        {"person_id": UUID(int=1)},
    ],
)
def test_whose_and_since_when_is_never_edited(rider: User, change: dict[str, Any]) -> None:
    made = account(rider)

    with pytest.raises(IntegrityError, match="payments_fund_account_facts"), transaction.atomic():
        FundAccount.objects.filter(pk=made.pk).update(**change)

    FundAccount.objects.filter(pk=made.pk).update(removed_at=NOON, vpa="")


# --- the desk ------------------------------------------------------------------------------------


def test_operators_see_whose_account_it_is_and_never_the_number(
    rider: User, client: Client
) -> None:
    other = make_rider("ravi", now=NOON)
    made = [
        services.add_fund_account(
            person_id=person_id,
            holder_name="Asha Rao",
            account_number="50100123454321",
            ifsc="HDFC0001234",
            now=NOON,
        )
        for person_id in (rider.pk, other.pk)
    ]
    client.force_login(
        User.objects.create(username="ops", is_staff=True, is_superuser=True, created_at=NOON)
    )

    listed = client.get("/admin/payments/fundaccount/").content.decode()
    page = client.get(f"/admin/payments/fundaccount/{made[0].pk}/change/").content.decode()

    for text in (listed, page):
        assert "•••• 4321" in text
        assert "Asha Rao" in text
        assert "50100123454321" not in text
        assert "HDFC0001234" not in text
    assert f">{other.pk}<" in page

"""Erasing a person: refused with every reason while something is owed, whole otherwise."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.accounts import selectors, services
from apps.accounts.errors import AccountClosed, ErasureRefused, UnknownPerson
from apps.accounts.models import (
    AuditEvent,
    Consent,
    FirebaseDeletion,
    FirebaseIdentity,
    OperatorRole,
    Session,
    User,
)
from apps.handshake import disputes, reversals
from apps.handshake.models import Handshake
from apps.merchants.models import Staff
from apps.notifications import services as notifications
from apps.notifications.models import Device, InboxMessage
from apps.payments.models import FundAccount
from apps.payments.services import add_fund_account
from apps.rides import services as rides
from apps.rides.models import Booking
from apps.wallet import codes
from tests.factories import NOON, balance, make_booking, make_rider, make_shop, make_staff
from tests.handshake.test_disputes import spend
from tests.handshake.visiting import CAP_PAISE, visit
from tests.notifications.clouds import SandboxProcess
from tests.rides.calling import Api, problem
from uma.kernel.http.authentication import issue_access_token
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db


def reasons(person: User) -> list[str]:
    with pytest.raises(ErasureRefused) as refused:
        services.erase_person(person_id=person.pk, now=NOON)
    found = refused.value.extra["reasons"]
    assert isinstance(found, list)
    return [reason["code"] for reason in found]


def untouched(person: User) -> bool:
    now = User.objects.get(pk=person.pk)
    return (now.status, now.display_name, now.phone) == (
        "ACTIVE",
        person.display_name,
        person.phone,
    )


def reverse(settled: Handshake) -> None:
    reversals.reverse(
        handshake_id=settled.pk,
        merchant_id=None,
        actor_id=settled.actor_id,
        amount_paise=None,
        reason="wrong outlet",
        key=None,
        now=NOON,
    )


def test_nothing_tells_who_an_erased_person_was() -> None:
    person = services.create_person(
        username="asha", display_name="Asha", zone_code="MNP", now=NOON,
        email="asha@example.org", phone="+919812345678",
    )  # fmt: skip
    notifications.notify(
        person_id=person.pk, kind="security", say=lambda: ("Hello Asha", "…"), data={},
        dedupe_key="hello", now=NOON,
    )  # fmt: skip
    notifications.register_device(
        person_id=person.pk, platform="ANDROID", fcm_token="t", fid="f", now=NOON
    )
    services.answer_consent(
        person_id=person.pk, purpose="offers", version=1, granted=True, now=NOON
    )
    add_fund_account(
        person_id=person.pk, holder_name="Asha", account_number="1234567890", ifsc="SBIN0000001",
        now=NOON,
    )  # fmt: skip
    signed_in = services.open_session(
        user_id=person.pk, role="rider", device_id="d", authenticated_at=NOON, now=NOON,
        address="203.0.113.7", platform="ANDROID", label="Asha's phone", agent="UMA/1",
    )  # fmt: skip

    services.erase_person(person_id=person.pk, now=NOON)

    erased = User.objects.get(pk=person.pk)
    assert (erased.username, erased.display_name) == (str(person.pk), "")
    assert (erased.email, erased.phone, erased.status) == ("", "", "CLOSED")
    assert not erased.is_active
    assert not InboxMessage.objects.filter(person_id=person.pk).exists()
    assert not Device.objects.filter(person_id=person.pk).exists()
    assert selectors.person_by_phone(phone="+919812345678") is None
    ended = Session.objects.get(pk=signed_in.session_id)
    assert (ended.label, ended.address, ended.device_hash, ended.agent) == ("", None, "", "")
    assert ended.revoked_at is not None
    account = FundAccount.objects.get(person_id=person.pk)
    assert (account.holder_name, account.account_number, account.tail) == ("", "", "")
    assert account.removed_at == NOON
    # What was agreed to has to be shown later as well; it names nobody.
    assert Consent.objects.filter(person_id=person.pk).count() == 1
    event = AuditEvent.objects.get(action="person.erased")
    assert (event.before, event.after) == ({"status": "ACTIVE"}, {"status": "CLOSED"})


def test_the_books_keep_an_erased_riders_entries() -> None:
    shop, rider = make_shop(), make_rider("asha")
    settled = visit(shop, rider)
    reverse(settled)
    assert balance(codes.rider_wallet(rider.pk)) == 0

    services.erase_person(person_id=rider.pk, now=NOON)

    kept = Booking.objects.get(pk=settled.booking_id)
    assert (kept.rider_id, kept.state) == (rider.pk, Booking.State.REVERSED)


def test_money_in_the_wallet_is_named_and_keeps_the_account() -> None:
    rider = make_rider("asha")
    visit(make_shop(), rider)

    with pytest.raises(ErasureRefused) as refused:
        services.erase_person(person_id=rider.pk, now=NOON)

    assert refused.value.extra["reasons"] == [
        {
            "code": "balance_left",
            "detail": "₹150 is yours: withdraw it first.",
            "amount": 150,
            "until": None,
        }
    ]
    assert untouched(rider)


def test_a_live_booking_keeps_the_account_until_it_is_cancelled() -> None:
    rider = make_rider("asha")
    booking = make_booking(make_shop(), rider)

    assert reasons(rider) == ["booking_live"]

    rides.cancel(booking_id=booking.pk, rider_id=rider.pk, now=NOON)
    services.erase_person(person_id=rider.pk, now=NOON)
    assert User.objects.get(pk=rider.pk).status == "CLOSED"


def test_a_dispute_and_the_money_it_parks_keep_the_account() -> None:
    shop, rider = make_shop(), make_rider("asha")
    settled = visit(shop, rider)
    disputes.open_dispute(
        handshake=settled, opened_by=rider.pk, opened_as="rider", reason="not me", now=NOON
    )

    assert sorted(reasons(rider)) == ["dispute_open", "money_parked"]
    assert untouched(rider)


def test_a_debt_keeps_the_account() -> None:
    shop, rider = make_shop(), make_rider("asha")
    settled = visit(shop, rider)
    spend(settled, CAP_PAISE)
    reverse(settled)

    assert sorted(reasons(rider)) == ["debt_open", "money_parked"]


def test_a_suspension_is_not_escaped_by_a_new_account() -> None:
    rider = make_rider("asha")
    until = NOON + timedelta(days=7)
    services.suspend(rider_id=rider.pk, until=until, actor_id=None, reason="no-shows", now=NOON)

    assert reasons(rider) == ["booking_suspended"]

    services.erase_person(person_id=rider.pk, now=until)
    assert User.objects.get(pk=rider.pk).status == "CLOSED"


def test_the_last_owner_stays_and_another_may_go() -> None:
    shop = make_shop()
    owner = User.objects.get(pk=shop.owner_id)
    assert reasons(owner) == ["last_owner"]

    make_staff(shop.merchant, Staff.Role.OWNER)
    services.erase_person(person_id=owner.pk, now=NOON)

    assert not Staff.objects.get(user_id=owner.pk).is_active


def test_every_reason_is_named_at_once() -> None:
    shop, rider = make_shop(), make_rider("asha")
    visit(shop, rider)
    make_booking(shop, rider)

    assert sorted(reasons(rider)) == ["balance_left", "booking_live"]


def test_an_account_is_erased_once_and_only_if_it_exists() -> None:
    rider = make_rider("asha")
    services.erase_person(person_id=rider.pk, now=NOON)

    with pytest.raises(AccountClosed):
        services.erase_person(person_id=rider.pk, now=NOON)
    with pytest.raises(UnknownPerson):
        services.erase_person(person_id=uuid4(), now=NOON)


def test_an_erased_rider_books_no_more() -> None:
    shop, rider = make_shop(), make_rider("asha")
    services.erase_person(person_id=rider.pk, now=NOON)

    with pytest.raises(AccountClosed):
        make_booking(shop, rider)


def test_an_operator_gives_up_the_roles_first() -> None:
    person = make_rider("asha")
    role = OperatorRole.objects.create(user=person, role="support", granted_at=NOON)
    assert reasons(person) == ["operator_role"]

    role.revoked_at = NOON
    role.save()
    services.erase_person(person_id=person.pk, now=NOON)


def test_the_number_of_an_erased_person_may_begin_anew() -> None:
    person = services.create_person(zone_code="MNP", now=NOON, phone="+919812345678")
    services.erase_person(person_id=person.pk, now=NOON)

    again = services.create_person(zone_code="MNP", now=NOON, phone="+919812345678")

    assert again.pk != person.pk


def erased_with_firebase(sandbox: SandboxProcess) -> str:
    """Return the Firebase account of somebody who signed in there and was erased here."""
    uid: str = sandbox.sign_in("+12025550142")["localId"]
    person = make_rider("asha")
    FirebaseIdentity.objects.create(person=person, uid=uid, linked_at=NOON, signed_in_at=NOON)
    services.erase_person(person_id=person.pk, now=NOON)
    assert not FirebaseIdentity.objects.exists()
    return uid


@pytest.fixture
def sandbox(tmp_path: Path, settings: Settings) -> Iterator[SandboxProcess]:
    process = SandboxProcess(tmp_path)
    settings.FIREBASE_CREDENTIALS = str(process.credentials)
    settings.FIREBASE_AUTH_URL = process.url
    yield process
    process.stop()


def test_google_forgets_an_erased_person_too(sandbox: SandboxProcess) -> None:
    uid = erased_with_firebase(sandbox)

    assert services.delete_firebase_accounts(now=NOON, limit=10) == 1

    assert not FirebaseDeletion.objects.exists()
    # The same number is somebody new to Firebase.
    assert sandbox.sign_in("+12025550142")["localId"] != uid


def test_google_is_told_again_until_it_listens(sandbox: SandboxProcess) -> None:
    erased_with_firebase(sandbox)
    sandbox.order("auth/fail", {"times": 1})

    assert services.delete_firebase_accounts(now=NOON, limit=10) == 0
    # Whoever took the row has a minute; after a failure the pause is two.
    assert services.delete_firebase_accounts(now=NOON + timedelta(seconds=119), limit=10) == 0
    assert FirebaseDeletion.objects.get().attempts == 1


def test_an_account_google_never_knew_is_forgotten_already(sandbox: SandboxProcess) -> None:
    assert sandbox.url
    FirebaseDeletion.objects.create(uid="nobody", requested_at=NOON, next_attempt_at=NOON)

    assert services.delete_firebase_accounts(now=NOON, limit=10) == 1


def test_google_is_told_once_of_whom_to_forget() -> None:
    facts = {"uid": "once", "requested_at": NOON, "next_attempt_at": NOON}
    FirebaseDeletion.objects.create(**facts)

    refusal = pytest.raises(IntegrityError, match="accounts_firebase_deletion_once")
    with refusal, transaction.atomic():
        FirebaseDeletion.objects.create(**facts)


def test_without_firebase_the_wish_stays(settings: Settings) -> None:
    settings.FIREBASE_CREDENTIALS = ""
    FirebaseDeletion.objects.create(uid="later", requested_at=NOON, next_attempt_at=NOON)

    assert services.delete_firebase_accounts(now=NOON, limit=10) == 0
    assert FirebaseDeletion.objects.count() == 1


def test_an_old_sign_in_erases_nobody() -> None:
    rider = make_rider("asha", now=timezone.now())
    now = timezone.now()
    token = issue_access_token(
        user_id=rider.pk, role="rider", session_id=new_id(), now=now,
        authenticated_at=now - timedelta(minutes=6),
    )  # fmt: skip

    response = Client().delete("/api/user", headers={"Authorization": f"Bearer {token}"})

    problem(response, 403, "fresh_sign_in_required")
    assert untouched(rider)


def test_the_api_refuses_with_reasons_and_erases_without() -> None:
    rider = make_rider("asha", now=timezone.now())
    shop = make_shop(now=timezone.now())
    booking = make_booking(shop, rider, now=timezone.now())
    api = Api(rider.pk)

    body = problem(api.delete("/user"), 409, "erasure_refused")
    assert [reason["code"] for reason in body["reasons"]] == ["booking_live"]
    rides.cancel(booking_id=booking.pk, rider_id=rider.pk, now=timezone.now())

    assert api.delete("/user").status_code == 204
    assert selectors.person(user_id=rider.pk).status == "CLOSED"

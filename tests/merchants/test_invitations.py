"""Invitations to a merchant's staff, by phone number."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts import services as accounts
from apps.accounts.models import AuditEvent
from apps.merchants import personal_data, selectors, services, tasks
from apps.merchants.errors import InvitationOver, UnknownInvitation
from apps.merchants.models import Invitation, Merchant, Staff
from apps.merchants.selectors import StaffScope
from apps.notifications.models import InboxMessage
from tests.campaigns.calling import client, send
from tests.campaigns.shop import problem
from tests.merchants.making import NOON, make_merchant, make_outlet, make_person, make_staff

pytestmark = pytest.mark.django_db
INVITATIONS, OFFERS = "/api/merchant/invitations", "/api/user/invitations"
PHONE, OTHER = "+919876543210", "+919812345678"
LATER = NOON + timedelta(days=7)


@pytest.fixture
def merchant() -> Merchant:
    return make_merchant()


def reachable(phone: str = PHONE) -> UUID:
    return accounts.create_person(phone=phone, zone_code="MNP", display_name="Asha", now=NOON).pk


def boss(merchant: Merchant, role: str = "OWNER", *outlet_ids: UUID) -> APIClient:
    return client(make_staff(merchant, role, outlet_ids=outlet_ids), "merchant")


def scope(merchant: Merchant) -> StaffScope:
    return StaffScope(merchant.pk, "OWNER", (), make_staff(merchant))


def invite(
    merchant: Merchant, phone: str = PHONE, role: str = "SCANNER", now: Any = NOON
) -> Invitation:
    by = scope(merchant)
    return services.invite(by=by, phone=phone, role=role, outlet_ids=(), now=now).invitation


def test_the_answer_is_the_same_whether_the_number_is_known_or_not(merchant: Merchant) -> None:
    reachable(PHONE)
    owner = boss(merchant)

    known, unknown = (
        send(owner, "post", INVITATIONS, {"phone": phone, "role": "scanner"})
        for phone in (PHONE, OTHER)
    )

    assert (known.status_code, unknown.status_code) == (201, 201)
    assert set(known.json()) == set(unknown.json())
    assert known.json()["phone"] == "+91 •••••• 3210"
    # Not before the answer has gone out: its time would tell as well.
    assert not InboxMessage.objects.exists()


def test_an_invited_person_takes_the_post_and_the_inviter_is_told(merchant: Merchant) -> None:
    outlet, person = make_outlet(merchant), reachable()
    owner_id = make_staff(merchant)
    owner, invited = client(owner_id, "merchant"), client(person, "rider")
    offer = {"phone": "98765 43210", "role": "scanner", "outletIds": [str(outlet.pk)]}
    made = send(owner, "post", INVITATIONS, offer).json()
    tasks.announce_invitations()

    (shown,) = invited.get(OFFERS).json()
    assert (shown["id"], shown["merchantName"], shown["role"]) == (
        made["id"], "Corner Café", "scanner",
    )  # fmt: skip
    taken = send(invited, "post", f"{OFFERS}/{made['id']}/accept")
    again = send(invited, "post", f"{OFFERS}/{made['id']}/accept")

    assert (taken.status_code, again.status_code) == (200, 200)
    assert taken.json() == again.json()
    found = selectors.staff_of(user_id=person)
    assert found is not None
    assert (found.role, found.outlet_ids) == ("SCANNER", (outlet.pk,))
    assert invited.get(OFFERS).json() == owner.get(INVITATIONS).json() == []
    told = {row.person_id: row.title for row in InboxMessage.objects.all()}
    assert told == {person: "Corner Café invites you", owner_id: "Your invitation was accepted"}
    actions = AuditEvent.objects.filter(object_id=made["id"]).order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "invitation.invited", "invitation.accepted",
    ]  # fmt: skip


def test_an_ended_invitation_has_forgotten_the_number(merchant: Merchant) -> None:
    person = reachable()
    invitation = invite(merchant)
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone_sealed, phone_index FROM merchants_invitation")
        sealed, index = cursor.fetchone()
    assert PHONE.encode() not in bytes(sealed)
    assert PHONE[1:] not in index

    services.decline_invitation(invitation_id=invitation.pk, user_id=person, now=NOON)
    services.decline_invitation(invitation_id=invitation.pk, user_id=person, now=NOON)

    invitation = Invitation.objects.get()
    assert (invitation.state, invitation.phone, invitation.phone_index) == ("DECLINED", "", "")
    with pytest.raises(InvitationOver):
        services.accept_invitation(invitation_id=invitation.pk, user_id=person, now=NOON)


def test_nobody_takes_what_was_offered_to_another_number(merchant: Merchant) -> None:
    invitation, stranger = invite(merchant), reachable(OTHER)

    for user_id in (stranger, make_person("without a phone")):
        caller = client(user_id, "rider")
        assert caller.get(OFFERS).json() == []
        for act in ("accept", "decline"):
            refused = send(caller, "post", f"{OFFERS}/{invitation.pk}/{act}")
            problem(refused, "unknown_invitation", 404)
    with pytest.raises(UnknownInvitation):
        services.accept_invitation(invitation_id=uuid4(), user_id=stranger, now=NOON)


def test_whoever_has_a_post_takes_no_second_and_the_offer_stands(merchant: Merchant) -> None:
    person = reachable()
    services.add_staff(
        merchant_id=make_merchant("Other").pk, user_id=person, role="SCANNER", now=NOON
    )
    invitation = invite(merchant, now=timezone.now())

    refused = send(client(person, "merchant"), "post", f"{OFFERS}/{invitation.pk}/accept")

    problem(refused, "already_on_staff", 409)
    assert Invitation.objects.get().state == "PENDING"


def test_a_former_colleague_comes_back(merchant: Merchant) -> None:
    person = reachable()
    services.add_staff(merchant_id=merchant.pk, user_id=person, role="MANAGER", now=NOON)
    staff = Staff.objects.get(user_id=person)
    services.dismiss_staff(staff_id=staff.pk, actor_id=None, reason="left", now=NOON)

    taken = services.accept_invitation(invitation_id=invite(merchant).pk, user_id=person, now=NOON)

    assert (taken.pk, taken.role, taken.is_active) == (staff.pk, "SCANNER", True)


def test_the_same_offer_stands_once_and_another_needs_it_withdrawn(merchant: Merchant) -> None:
    owner = boss(merchant)
    body = {"phone": PHONE, "role": "scanner"}
    first = send(owner, "post", INVITATIONS, body)

    again = send(owner, "post", INVITATIONS, body | {"phone": "+91 98765 43210"})
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert again.json() == first.json()
    other = body | {"role": "manager"}
    problem(send(owner, "post", INVITATIONS, other), "already_invited", 409)
    one = f"{INVITATIONS}/{first.json()['id']}"
    assert (owner.delete(one).status_code, owner.delete(one).status_code) == (204, 204)
    assert send(owner, "post", INVITATIONS, other).status_code == 201
    assert send(boss(make_merchant("Other")), "post", INVITATIONS, body).status_code == 201


def test_an_offer_ends_after_seven_days(merchant: Merchant) -> None:
    invitation, person = invite(merchant), reachable()
    assert invitation.expires_at == LATER

    assert selectors.invitations_for(user_id=person, now=LATER) == []
    assert selectors.invitations_of(merchant_id=merchant.pk, now=LATER) == []
    with pytest.raises(InvitationOver):
        services.accept_invitation(invitation_id=invitation.pk, user_id=person, now=LATER)
    again = invite(merchant, role="MANAGER", now=LATER)
    assert again.pk != invitation.pk
    invitation = Invitation.objects.get(pk=invitation.pk)
    assert (invitation.state, invitation.phone) == ("EXPIRED", "")


def test_the_job_forgets_the_numbers_of_offers_that_are_over(merchant: Merchant) -> None:
    for number in range(3):
        invite(merchant, f"+91987654320{number}")
    standing = invite(make_merchant("Other"), OTHER, now=LATER)

    ended = [services.expire_invitations(now=LATER, limit=2) for _ in range(3)]

    assert ended == [2, 1, 0]
    assert Invitation.objects.get(state="PENDING").pk == standing.pk
    tasks.expire_invitations(limit=2)
    assert not Invitation.objects.exclude(phone_index="").exists()


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        ({"phone": "12", "role": "scanner"}, "phone_invalid", 422),
        ({"phone": PHONE, "role": "king"}, "validation_failed", 422),
        ({"phone": PHONE, "role": "scanner", "outletIds": [str(uuid4())]}, "unknown_outlet", 404),
        ({"phone": PHONE, "role": "scanner", "merchantId": str(uuid4())}, "unknown_field", 400),
    ],
)
def test_an_offer_that_is_wrong_is_refused(
    merchant: Merchant, body: Any, code: str, status: int
) -> None:
    problem(send(boss(merchant), "post", INVITATIONS, body), code, status)

    assert not Invitation.objects.exists()


def test_owners_invite_everybody_and_managers_scanners_at_their_doors(merchant: Merchant) -> None:
    here, there = make_outlet(merchant), make_outlet(merchant, "Second")
    boss(merchant)
    local = boss(merchant, "MANAGER", here.pk)

    def post(role: str, *outlet_ids: UUID) -> Any:
        body = {"phone": PHONE, "role": role, "outletIds": [str(pk) for pk in outlet_ids]}
        return send(local, "post", INVITATIONS, body)

    for role, doors in (("manager", [here.pk]), ("scanner", [there.pk]), ("scanner", [])):
        problem(post(role, *doors), "role_not_allowed", 403)
    assert post("scanner", here.pk).status_code == 201
    for role in ("SCANNER", "ACCOUNTANT"):
        refused = send(boss(merchant, role), "post", INVITATIONS, {})
        problem(refused, "role_not_allowed", 403)
    owners = invite(merchant, OTHER, "OWNER")
    problem(local.delete(f"{INVITATIONS}/{owners.pk}"), "role_not_allowed", 403)
    stranger = boss(make_merchant("Other"))
    problem(stranger.delete(f"{INVITATIONS}/{owners.pk}"), "unknown_invitation", 404)


def test_a_merchant_that_may_not_sell_hires_nobody(merchant: Merchant) -> None:
    person, owner = reachable(), boss(merchant)
    invitation = invite(merchant, now=timezone.now())
    Merchant.objects.update(status="SUSPENDED")

    refused = send(owner, "post", INVITATIONS, {"phone": OTHER, "role": "scanner"})
    problem(refused, "merchant_not_active", 409)
    accepted = send(client(person, "rider"), "post", f"{OFFERS}/{invitation.pk}/accept")
    problem(accepted, "merchant_not_active", 409)


def test_fifty_offers_stand_at_most(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.merchants.services.inviting.MOST_LIVE", 2)
    for number in range(2):
        invite(merchant, f"+91987654320{number}", now=timezone.now())

    refused = send(boss(merchant), "post", INVITATIONS, {"phone": OTHER, "role": "scanner"})

    problem(refused, "too_many_invitations", 409)


def test_a_person_is_told_once_a_day_however_often_the_offer_is_renewed(
    merchant: Merchant,
) -> None:
    reachable()
    by = scope(merchant)
    for hours in (0, 1, 25):
        now = NOON + timedelta(hours=hours)
        made = services.invite(by=by, phone=PHONE, role="SCANNER", outlet_ids=(), now=now)
        for _ in range(2):
            services.announce_invitation(invitation_id=made.invitation.pk, now=now)
        services.withdraw_invitation(invitation_id=made.invitation.pk, by=by, now=now)

    assert InboxMessage.objects.count() == 2


def test_a_number_nobody_has_is_told_to_nobody_and_found_after_sign_up(merchant: Merchant) -> None:
    invitation = invite(merchant)
    tasks.announce_invitation(invitation_id=str(invitation.pk))

    assert not InboxMessage.objects.exists()
    assert selectors.unannounced_invitation_ids(limit=10) == []
    (offer,) = selectors.invitations_for(user_id=reachable(), now=NOON)
    assert offer.pk == invitation.pk


@pytest.mark.parametrize(
    ("sql", "constraint"),
    [
        ("SET role = 'KING'", "merchants_invitation_role_known"),
        ("SET state = 'ACCEPTED'", "merchants_invitation_ended_forgets"),
        ("SET phone_sealed = ''", "merchants_invitation_ended_forgets"),
        ("SET phone_index = ''", "merchants_invitation_ended_forgets"),
        ("SET ended_at = now()", "merchants_invitation_ended_forgets"),
        ("SET state = 'X', ended_at = now(), phone_sealed = '', phone_index = ''",
         "merchants_invitation_ended_forgets"),
        ("SET state = 'EXPIRED', ended_at = now(), phone_sealed = ''",
         "merchants_invitation_ended_forgets"),
    ],
)  # fmt: skip
def test_an_invitation_that_cannot_be_is_refused(
    merchant: Merchant, sql: str, constraint: str
) -> None:
    invite(merchant)

    with (
        pytest.raises(IntegrityError, match=constraint),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE merchants_invitation {sql}")


def test_an_invitation_ends_once_and_stands_once_for_a_number(merchant: Merchant) -> None:
    invitation = invite(merchant)
    twin = Invitation(
        merchant=merchant,
        phone=PHONE,
        phone_index=invitation.phone_index,
        role="SCANNER",
        invited_by=uuid4(),
        created_at=NOON,
        expires_at=LATER,
    )
    with (
        pytest.raises(IntegrityError, match="merchants_invitation_live_once"),
        transaction.atomic(),
    ):
        twin.save(force_insert=True)
    services.expire_invitations(now=LATER, limit=10)

    with pytest.raises(IntegrityError, match="merchants_invitation_ends_once"):
        Invitation.objects.update(state="PENDING")


def test_what_is_kept_about_an_invited_person_is_in_the_copy(merchant: Merchant) -> None:
    invite(merchant)

    kept = personal_data.export(person_id=reachable())

    assert kept["offers"] == [{"merchant": "Corner Café", "role": "SCANNER", "until": LATER}]
    assert kept["applications"] == []

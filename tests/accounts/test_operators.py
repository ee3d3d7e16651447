"""Operators' roles: given and taken for a reason, by somebody who may, and read anew each time."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction

from apps.accounts import selectors, services
from apps.accounts.errors import (
    AccountClosed,
    OperatorReasonRequired,
    OperatorRoleNotYours,
    RoleAlreadyGranted,
    RoleUnknown,
    UnknownOperatorRole,
    UnknownPerson,
)
from apps.accounts.models import AuditEvent, OperatorRole, User
from apps.accounts.roles import PERMISSIONS
from tests.accounts.making import at_the_desk, give_role, make_operator
from tests.concurrency.meeting import ends_of, paused
from tests.merchants.making import NOON, make_person


def grant(
    user_id: UUID, role: str = "support", zone: str = "MNP", *, by: UUID | None = None
) -> OperatorRole:
    return services.grant_role(
        user_id=user_id, role=role, zone_code=zone, actor_id=by, reason="joins the team", now=NOON
    )


def revoke(role: OperatorRole, *, by: UUID | None = None) -> None:
    services.revoke_role(role_id=role.pk, actor_id=by, reason="leaves", now=NOON)


@pytest.mark.django_db
def test_a_role_makes_an_operator_and_its_end_unmakes_one() -> None:
    person = make_person()

    first, second = grant(person), grant(person, "finance")
    both = User.objects.get(pk=person)
    revoke(first)
    one = User.objects.get(pk=person)
    revoke(second)
    none = User.objects.get(pk=person)

    assert (both.is_staff, one.is_staff, none.is_staff) == (True, True, False)
    assert selectors.is_operator(user_id=person) is False
    assert [event.action for event in AuditEvent.objects.order_by("at", "id")] == [
        "operator.role-granted", "operator.role-granted",
        "operator.role-revoked", "operator.role-revoked",
    ]  # fmt: skip


@pytest.mark.django_db
def test_what_a_role_allows_is_read_anew() -> None:
    person = make_person()
    role = grant(person, "reviewer")

    before = User.objects.get(pk=person).has_perm("campaigns.review_campaign")
    revoke(role)

    assert before
    assert not User.objects.get(pk=person).has_perm("campaigns.review_campaign")


@pytest.mark.django_db
def test_permissions_given_by_hand_are_not_read() -> None:
    user = make_operator("support")
    user.user_permissions.add(*Permission.objects.all())

    assert User.objects.get(pk=user.pk).get_all_permissions() == PERMISSIONS["support"]


@pytest.mark.django_db
def test_zones_are_those_of_the_roles_that_allow_it() -> None:
    user = make_operator("support", "MNP")
    give_role(user.pk, "reviewer", "BLR")
    everywhere = make_operator("reviewer")

    assert selectors.zones_with(user, "campaigns.review_campaign") == frozenset({"BLR"})
    assert selectors.zones_with(user, "campaigns.view_campaign") == frozenset({"MNP", "BLR"})
    assert selectors.zones_with(user, "merchants.top_up_merchant") == frozenset()
    assert selectors.zones_with(everywhere, "campaigns.review_campaign") is None
    assert selectors.zones_with(make_operator(), "merchants.top_up_merchant") is None
    assert selectors.zones_with(None, "merchants.top_up_merchant") == frozenset()


@pytest.mark.django_db
def test_a_closed_or_disabled_person_has_no_zone() -> None:
    closed, disabled = make_operator("reviewer"), make_operator()
    User.objects.filter(pk=closed.pk).update(status="CLOSED")
    User.objects.filter(pk=disabled.pk).update(is_active=False)

    for user in (closed, disabled):
        user.refresh_from_db()
        assert selectors.zones_with(user, "campaigns.review_campaign") == frozenset()
        assert not selectors.is_operator(user_id=user.pk)
        assert not user.has_perm("campaigns.review_campaign")


@pytest.mark.django_db
def test_roles_are_refused_that_cannot_be() -> None:
    person = make_person()
    grant(person)
    User.objects.filter(pk=(closed := make_person())).update(status="CLOSED")

    refusals: list[tuple[type[Exception], Callable[[], object]]] = [
        (RoleAlreadyGranted, lambda: grant(person)),
        (RoleUnknown, lambda: grant(person, "emperor")),
        (RoleUnknown, lambda: grant(person, zone="m'np")),
        (UnknownPerson, lambda: grant(uuid4())),
        (AccountClosed, lambda: grant(closed)),
        (
            OperatorReasonRequired,
            lambda: services.grant_role(
                user_id=person, role="support", zone_code="", actor_id=None, reason=" ", now=NOON
            ),
        ),
        (
            UnknownOperatorRole,
            lambda: services.revoke_role(role_id=uuid4(), actor_id=None, reason="x", now=NOON),
        ),
    ]
    for refusal, act in refusals:
        with pytest.raises(refusal):
            act()
    assert OperatorRole.objects.count() == 1


@pytest.mark.django_db
def test_nobody_gives_roles_to_themselves_or_beyond_their_zones() -> None:
    giver, person = make_operator("administrator", "MNP"), make_person()
    own = giver.operator_roles.get()

    for act in (
        lambda: grant(giver.pk, "finance", by=giver.pk),
        lambda: revoke(own, by=giver.pk),
        lambda: grant(person, "finance", "BLR", by=giver.pk),
        lambda: grant(person, "finance", "", by=giver.pk),
        lambda: grant(person, "finance", by=make_operator("city_manager").pk),
        lambda: grant(person, "finance", by=uuid4()),
    ):
        with pytest.raises(OperatorRoleNotYours):
            act()

    assert grant(person, "finance", "MNP", by=giver.pk).granted_by == giver.pk


@pytest.mark.django_db
def test_a_live_role_stands_once_and_is_one_of_the_known() -> None:
    person = make_person()
    role = grant(person)
    facts = {"user_id": person, "zone_code": "MNP", "granted_at": NOON}

    for wrong in ({"role": "support"}, {"role": "emperor"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            OperatorRole.objects.create(**facts, **wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        OperatorRole.objects.filter(pk=role.pk).update(revoked_at=NOON.replace(year=2020))
    revoke(role)
    assert grant(person).pk != role.pk


@pytest.mark.django_db(transaction=True)
def test_a_role_granted_twice_at_once_is_granted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    person = make_person()
    roles = OperatorRole.objects
    monkeypatch.setattr(roles, "create", paused(roles.create))

    assert ends_of(*[lambda: grant(person)] * 4) == {"done": 1, "RoleAlreadyGranted": 3}


@pytest.mark.django_db
def test_roles_are_given_and_taken_at_the_desk() -> None:
    client, person = at_the_desk(make_operator("administrator")), make_person()
    people, roles = "/admin/accounts/user/", "/admin/accounts/operatorrole/"
    form = {"action": "grant_role", "_selected_action": [str(person)]}

    asked = client.post(people, form).content.decode()
    client.post(
        people, form | {"confirmed": "Yes", "role": "finance", "zone_code": "MNP", "reason": "new"}
    )
    granted = OperatorRole.objects.get(user_id=person)
    shown = client.get(f"{people}{person}/change/").content.decode()
    client.post(
        roles,
        {
            "action": "revoke_selected",
            "_selected_action": [str(granted.pk)],
            "confirmed": "Yes",
            "reason": "left",
        },
    )

    granted.refresh_from_db()
    assert "Make these people operators?" in asked
    assert (granted.role, granted.zone_code) == ("finance", "MNP")
    assert "finance in MNP" in shown
    assert granted.revoked_at is not None

"""
Writes about invitations.

Each is made under the merchant's lock, so that an offer is accepted, withdrawn and made anew one at
a time. Whether a number is known to us is asked after the answer has gone out, in `announce`: the
answer to the inviter, and the time it takes, say nothing about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import selectors as people
from apps.accounts import services as accounts
from apps.merchants import selectors
from apps.merchants.errors import (
    AlreadyInvited,
    InvitationOver,
    MerchantNotActive,
    TooManyInvitations,
    UnknownInvitation,
    UnknownOutlet,
)
from apps.merchants.models import Feature, Invitation, Merchant, Staff
from apps.merchants.models.inviting import invited_phone_index
from apps.merchants.selectors import StaffScope
from apps.merchants.services import businesses, limits
from apps.merchants.services.staff import add_staff, check_may_post
from apps.notifications import services as notifications
from uma.kernel.crypto.fields import SealedQuerySet
from uma.kernel.phones import e164

LIFE = timedelta(days=7)
# More than any counter has hands; fewer than it takes to write to a city.
MOST_LIVE = 50

_State = Invitation.State
_POSTS = {
    Staff.Role.OWNER: gettext_lazy("Owner"),
    Staff.Role.MANAGER: gettext_lazy("Manager"),
    Staff.Role.SCANNER: gettext_lazy("At the counter"),
    Staff.Role.ACCOUNTANT: gettext_lazy("Accounts"),
}


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation; `replayed` when the same one stood already."""

    invitation: Invitation
    replayed: bool = False


@transaction.atomic
def invite(
    *, by: StaffScope, phone: str, role: str, outlet_ids: Sequence[UUID], now: datetime
) -> Invited:
    """
    Offer a post to whoever signs in with this number, for seven days.

    The same offer again finds the one that stands; another post for the number needs the first
    withdrawn. Whether anybody has the number plays no part.

    Raises:
        PhoneInvalid, RoleNotAllowed, MerchantNotActive, UnknownOutlet, AlreadyInvited,
        TooManyInvitations, PlanLimitReached
    """
    number = e164(phone)
    wanted = [] if role == Staff.Role.OWNER else list(dict.fromkeys(outlet_ids))
    check_may_post(by, role=role, outlet_ids=wanted)
    merchant = businesses.lock(by.merchant_id)
    if merchant.status != Merchant.Status.ACTIVE:
        raise MerchantNotActive
    own = {outlet.pk for outlet in selectors.outlets(merchant_id=merchant.pk)}
    if not own.issuperset(wanted):
        raise UnknownOutlet
    _expire(Invitation.objects.filter(merchant=merchant, expires_at__lte=now), now=now)
    live = Invitation.objects.filter(merchant=merchant, state=_State.PENDING)
    standing = live.filter(phone_index=invited_phone_index(number)).first()
    if standing is not None:
        if (standing.role, set(standing.outlet_ids)) != (role, set(wanted)):
            raise AlreadyInvited
        return Invited(standing, replayed=True)
    if live.count() >= MOST_LIVE:
        raise TooManyInvitations
    limits.require_room(
        merchant_id=merchant.pk,
        feature=Feature.STAFF,
        # Whoever is invited has a place: more are not asked than can come.
        used=lambda: selectors.staff_in_use(merchant_id=merchant.pk) + live.count(),
    )
    invitation = Invitation.objects.create(
        merchant=merchant,
        phone=number,
        phone_index=invited_phone_index(number),
        role=role,
        outlet_ids=wanted,
        invited_by=by.actor_id,
        created_at=now,
        expires_at=now + LIFE,
    )
    _record("invited", invitation, actor_id=by.actor_id, now=now)
    return Invited(invitation)


@transaction.atomic
def withdraw_invitation(*, invitation_id: UUID, by: StaffScope, now: datetime) -> None:
    """
    Take an offer back; twice changes nothing.

    Raises:
        UnknownInvitation: also for another merchant's
        RoleNotAllowed, InvitationOver
    """
    businesses.lock(by.merchant_id)
    invitation = Invitation.objects.filter(pk=invitation_id, merchant_id=by.merchant_id).first()
    if invitation is None:
        raise UnknownInvitation
    check_may_post(by, role=invitation.role, outlet_ids=invitation.outlet_ids)
    if invitation.state == _State.WITHDRAWN:
        return
    _end(invitation, _State.WITHDRAWN, actor_id=by.actor_id, now=now)


@transaction.atomic
def accept_invitation(*, invitation_id: UUID, user_id: UUID, now: datetime) -> Staff:
    """
    Take the post that is offered to the number one signs in with; twice gives the same post.

    Raises:
        UnknownPerson, MerchantNotActive, InvitationOver, AlreadyOnStaff
        PlanLimitReached: the plan became smaller since
        UnknownInvitation: also for one to another number, so that identifiers cannot be probed
    """
    invitation = _lock_offered(invitation_id, user_id=user_id)
    merchant_id = invitation.merchant_id
    if invitation.state == _State.ACCEPTED:
        post = Staff.objects.filter(user_id=user_id, merchant_id=merchant_id, is_active=True)
        if (staff := post.first()) is None:
            raise InvitationOver
        return staff
    if invitation.merchant.status != Merchant.Status.ACTIVE:
        raise MerchantNotActive
    if invitation.expires_at <= now:
        raise InvitationOver
    limits.require_room(
        merchant_id=merchant_id,
        feature=Feature.STAFF,
        used=lambda: selectors.staff_in_use(merchant_id=merchant_id),
    )
    _end(invitation, _State.ACCEPTED, actor_id=user_id, now=now)
    staff = add_staff(
        merchant_id=merchant_id,
        user_id=user_id,
        role=invitation.role,
        outlet_ids=invitation.outlet_ids,
        now=now,
    )
    notifications.notify(
        person_id=invitation.invited_by,
        kind="merchant.staff",
        say=lambda: (
            _("Your invitation was accepted"),
            _("%(brand)s has somebody new (%(post)s).") % _offer(invitation),
        ),
        data={"merchantId": str(merchant_id), "staffId": str(staff.pk)},
        dedupe_key=f"staff.accepted:{invitation.pk}",
        now=now,
    )
    return staff


@transaction.atomic
def decline_invitation(*, invitation_id: UUID, user_id: UUID, now: datetime) -> None:
    """
    Refuse the post that is offered; twice changes nothing.

    Raises:
        UnknownPerson, InvitationOver
        UnknownInvitation: also for one to another number
    """
    invitation = _lock_offered(invitation_id, user_id=user_id)
    if invitation.state != _State.DECLINED:
        _end(invitation, _State.DECLINED, actor_id=user_id, now=now)


@transaction.atomic
def announce_invitation(*, invitation_id: UUID, now: datetime) -> None:
    """Tell the person with the invited number, if we know one; a second run finds it told."""
    claimed = Invitation.objects.filter(
        pk=invitation_id, state=_State.PENDING, announced_at=None
    ).update(announced_at=now)
    if not claimed:
        return
    invitation = Invitation.objects.select_related("merchant").get(pk=invitation_id)
    person = people.person_by_phone(phone=invitation.phone)
    if person is None or not person.is_active:
        return
    notifications.notify(
        person_id=person.pk,
        kind="merchant.invitation",
        say=lambda: (
            _("%(brand)s invites you") % _offer(invitation),
            _("%(brand)s offers you a post (%(post)s). You have seven days.") % _offer(invitation),
        ),
        data={"invitationId": str(invitation.pk)},
        # Once a day for each merchant, however often it withdraws and invites again.
        dedupe_key=f"staff.invited:{invitation.merchant_id}:{person.pk}:{now:%Y-%m-%d}",
        now=now,
    )


@transaction.atomic
def expire_invitations(*, now: datetime, limit: int) -> int:
    """End up to `limit` offers whose time is over, and forget their numbers; return how many."""
    overdue = Invitation.objects.select_for_update(skip_locked=True, no_key=True).filter(
        state=_State.PENDING, expires_at__lte=now
    )
    ids = list(overdue.order_by("expires_at").values_list("pk", flat=True)[:limit])
    return _expire(Invitation.objects.filter(pk__in=ids), now=now)


def _expire(rows: SealedQuerySet[Invitation], *, now: datetime) -> int:
    return rows.filter(state=_State.PENDING).update(
        state=_State.EXPIRED, ended_at=now, phone="", phone_index=""
    )


def _lock_offered(invitation_id: UUID, *, user_id: UUID) -> Invitation:
    """Return what is or was offered to this person, under its merchant's lock."""
    phone = people.person(user_id=user_id).phone
    merchant_id = (
        Invitation.objects.filter(pk=invitation_id).values_list("merchant_id", flat=True).first()
    )
    if merchant_id is None:
        raise UnknownInvitation
    merchant = businesses.lock(merchant_id)
    invitation = Invitation.objects.get(pk=invitation_id)
    theirs = bool(phone) and invitation.phone_index == invited_phone_index(phone)
    if not theirs and invitation.ended_by != user_id:
        raise UnknownInvitation
    invitation.merchant = merchant
    return invitation


def _end(invitation: Invitation, state: str, *, actor_id: UUID, now: datetime) -> None:
    # The expiry job takes no merchant's lock: the row decides which of the two ends it.
    ended = Invitation.objects.filter(pk=invitation.pk, state=_State.PENDING).update(
        state=state, ended_at=now, ended_by=actor_id, phone="", phone_index=""
    )
    if not ended:
        raise InvitationOver
    _record(state.lower(), invitation, actor_id=actor_id, now=now)


def _record(act: str, invitation: Invitation, *, actor_id: UUID, now: datetime) -> None:
    accounts.record(
        action=f"invitation.{act}",
        object_type="invitation",
        object_id=str(invitation.pk),
        actor_id=actor_id,
        at=now,
        after={
            "merchant_id": str(invitation.merchant_id),
            "role": invitation.role,
            "outlet_ids": [str(pk) for pk in invitation.outlet_ids],
        },
    )


def _offer(invitation: Invitation) -> dict[str, str]:
    return {"brand": invitation.merchant.brand, "post": str(_POSTS[Staff.Role(invitation.role)])}

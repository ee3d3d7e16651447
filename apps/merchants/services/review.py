"""What an operator decides about an application; the owner is told."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts import services as accounts
from apps.merchants import selectors
from apps.merchants.errors import (
    ApplicationChanged,
    ApplicationDecided,
    ApplicationIncomplete,
    NoApplication,
)
from apps.merchants.models import Application, Merchant, Outlet
from apps.merchants.services import businesses, staff
from apps.merchants.services.reasons import require
from apps.notifications import services as notifications

_State = Application.State
_TOLD = {
    _State.APPROVED: (_("%(brand)s is open for business"), _("Your application was approved.")),
    _State.SENT_BACK: (
        _("Your application needs a change"),
        _(
            "The reviewer of %(brand)s wrote what is missing. Open the application, correct it and send it again."
        ),
    ),
    _State.REJECTED: (
        _("Your application was declined"),
        _("The reviewer of %(brand)s wrote why. You find the reason in the application."),
    ),
}


@transaction.atomic
def approve(
    *, merchant_id: UUID, revision: int, actor_id: UUID, now: datetime, reason: str = ""
) -> Application:
    """
    Let the applicant sell. `revision` is the one that was looked at.

    Raises:
        UnknownMerchant, NoApplication, ApplicationDecided, ApplicationChanged,
        ApplicationIncomplete, GstinTaken
    """
    application = _open(merchant_id, revision=revision)
    merchant = application.merchant
    if application.state != _State.APPLIED:
        raise ApplicationDecided("The application was sent back and not submitted again.")
    usable = selectors.outlets(merchant_id=merchant_id)
    if all(outlet.status == Outlet.Status.CLOSED for outlet in usable):
        raise ApplicationIncomplete
    _decide(application, _State.APPROVED, actor_id=actor_id, reason=reason, now=now)
    businesses.move(merchant, Merchant.Status.ACTIVE, actor_id=actor_id, reason=reason, now=now)
    _tell(application, now=now)
    return application


@transaction.atomic
def send_back(
    *, merchant_id: UUID, revision: int, actor_id: UUID, reason: str, now: datetime
) -> Application:
    """
    Return the application to its owner, who corrects it and submits it again.

    Raises:
        ReasonRequired, UnknownMerchant, NoApplication, ApplicationDecided, ApplicationChanged
    """
    require(reason)
    application = _open(merchant_id, revision=revision)
    if application.state != _State.APPLIED:
        raise ApplicationDecided("The application was sent back already.")
    _decide(application, _State.SENT_BACK, actor_id=actor_id, reason=reason, now=now)
    _tell(application, now=now)
    return application


@transaction.atomic
def reject(
    *, merchant_id: UUID, revision: int, actor_id: UUID, reason: str, now: datetime
) -> Application:
    """
    Decline the application for good: the merchant is closed and its people are free to go.

    Raises:
        ReasonRequired, UnknownMerchant, NoApplication, ApplicationDecided, ApplicationChanged
    """
    require(reason)
    application = _open(merchant_id, revision=revision)
    merchant = application.merchant
    _decide(application, _State.REJECTED, actor_id=actor_id, reason=reason, now=now)
    businesses.move(merchant, Merchant.Status.CLOSED, actor_id=actor_id, reason=reason, now=now)
    staff.end_posts(merchant, actor_id=actor_id, reason="The application was declined", now=now)
    _tell(application, now=now)
    return application


def _open(merchant_id: UUID, *, revision: int) -> Application:
    """Return the application with its merchant locked: what is decided is what was read."""
    merchant = businesses.lock(merchant_id)
    application = Application.objects.filter(pk=merchant_id).first()
    if application is None:
        raise NoApplication
    if application.state not in Application.OPEN:
        raise ApplicationDecided
    if application.revision != revision:
        raise ApplicationChanged(revision=application.revision)
    application.merchant = merchant
    return application


def _decide(
    application: Application, state: str, *, actor_id: UUID, reason: str, now: datetime
) -> None:
    before = application.state
    application.state, application.reason = state, reason
    application.decided_at, application.decided_by = now, actor_id
    application.save(update_fields=["state", "reason", "decided_at", "decided_by"])
    accounts.record(
        action=f"application.{state.lower().replace('_', '-')}",
        object_type="merchant",
        object_id=str(application.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"application": before, "revision": application.revision},
        after={"application": state, "revision": application.revision},
    )


def _tell(application: Application, *, now: datetime) -> None:
    """Tell the applicant; the reason stays in the application, for a push is read by bystanders."""
    merchant = application.merchant
    title, body = _TOLD[_State(application.state)]
    brand = {"brand": merchant.brand}
    notifications.notify(
        person_id=application.applicant_id,
        kind="merchant.application",
        say=lambda: (title % brand, body % brand),
        data={"merchantId": str(merchant.pk), "state": application.state.lower()},
        dedupe_key=f"merchant.application:{merchant.pk}:{application.revision}:{application.state}",
        timezone=selectors.zone(code=merchant.zone_id).timezone,
        now=now,
    )

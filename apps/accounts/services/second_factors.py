"""
What an operator has beside the password: an authenticator's codes (RFC 6238), and recovery codes on paper.

The library keeps the secrets, allows each code once and makes each failure wait twice as long as the one
before (NIST SP 800-63B, 5.2.2); what is ours is who may take one away, and the trail.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts.models import User
from apps.accounts.services.trail import record

AUTHENTICATOR, PAPER = "authenticator", "recovery codes"
RECOVERY_CODES = 10


def has_second_factor(*, user_id: UUID) -> bool:
    return bool(TOTPDevice.objects.filter(user_id=user_id, confirmed=True).exists())


@transaction.atomic
def offer_second_factor(*, user_id: UUID) -> TOTPDevice:
    """Return the authenticator that the operator is to set up; its secret stays the same until it is."""
    User.objects.select_for_update(no_key=True).get(pk=user_id)
    found = TOTPDevice.objects.filter(user_id=user_id, confirmed=False).first()
    return found or TOTPDevice.objects.create(user_id=user_id, name=AUTHENTICATOR, confirmed=False)


@transaction.atomic
def confirm_second_factor(
    *, user_id: UUID, code: str, now: datetime
) -> tuple[TOTPDevice, list[str]] | None:
    """
    Take the authenticator into use with its first code; return it and the recovery codes, shown this once.

    None when the code is wrong, comes too soon after another wrong one, or one is in use already.
    """
    if has_second_factor(user_id=user_id):
        return None
    # Two who confirm it wait here, and so does whoever takes it away: it is not saved anew behind that.
    device = TOTPDevice.objects.select_for_update().filter(user_id=user_id, confirmed=False).first()
    if device is None or not device.verify_token(code):
        return None
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    StaticDevice.objects.filter(user_id=user_id).delete()
    paper = StaticDevice.objects.create(user_id=user_id, name=PAPER)
    codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=paper, token=each) for each in codes)
    _note("second-factor.set-up", user_id, now)
    return device, codes


@transaction.atomic
def check_second_factor(*, user_id: UUID, code: str, now: datetime) -> Device | None:
    """
    Return the device that the code is of, or None; a recovery code is used up by it.

    What was tried in vain is kept, so that the next try waits.
    """
    typed = code.replace(" ", "").lower()
    kind = TOTPDevice if typed.isdigit() else StaticDevice
    device = kind.objects.select_for_update().filter(user_id=user_id, confirmed=True).first()
    if device is None or not device.verify_token(typed):
        return None
    if kind is StaticDevice:
        left = StaticToken.objects.filter(device__user_id=user_id).count()
        _note("second-factor.recovery-code-used", user_id, now, after={"left": left})
    return device


@transaction.atomic
def forget_second_factor(*, user_id: UUID, actor_id: UUID, reason: str, now: datetime) -> None:
    """
    Take an operator's authenticator and recovery codes away: a lost phone. The next sign-in sets up another.

    Sessions that were opened with it are asked again at their next request.
    """
    had = has_second_factor(user_id=user_id)
    TOTPDevice.objects.filter(user_id=user_id).delete()
    StaticDevice.objects.filter(user_id=user_id).delete()
    record(
        action="second-factor.forgotten",
        object_type="user",
        object_id=str(user_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"second_factor": had},
        after={"second_factor": False},
    )


def _note(
    action: str, user_id: UUID, now: datetime, *, after: dict[str, object] | None = None
) -> None:
    record(
        action=action,
        object_type="user",
        object_id=str(user_id),
        actor_id=user_id,
        at=now,
        after=after,
    )

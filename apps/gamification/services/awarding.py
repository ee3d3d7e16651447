"""Awarding and revoking badges: what a rider has is what the proven visits say, and the money follows."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext as _

from apps.gamification.badges import BADGES, Badge
from apps.gamification.measuring import Measured, measure
from apps.gamification.models import Award, Reward
from apps.gamification.selectors.histories import History
from apps.gamification.services.rewarding import BADGES as POOL
from apps.gamification.services.rewarding import settle_reward
from apps.notifications import services as notifications
from apps.notifications.services import Words
from uma.kernel.money import written


def award_badges(*, known: History, now: datetime, badges: Iterable[Badge] = BADGES) -> list[UUID]:
    """
    Bring the rider's badges to what the visits say, in a transaction that holds the rider's lock.

    Returns the messages to push. Any order and repetition of visits and reversals ends in the same awards
    and the same balances.
    """
    rider_id, steps = known.rider_id, known.steps()
    held = {(row.badge, row.version): row for row in Award.objects.filter(rider_id=rider_id)}
    messages: list[UUID] = []
    for badge in badges:
        measured = measure(badge.requirement, visits=known.visits, steps=steps, now=now)
        award = held.get((badge.code, badge.version))
        if measured.by is None:
            if award is not None and award.revoked_at is None:
                award.revoked_at = now
                award.save(update_fields=["revoked_at"])
                _settle(award, badge, earned=False, now=now)
        elif award is None or award.revoked_at is not None:
            messages += _give(award, badge, measured, rider_id=rider_id, now=now)
        elif award.earned_at != measured.reached_at:
            # An earlier visit was told later, or the one that reached it was taken back.
            assert measured.reached_at is not None
            award.earned_at = measured.reached_at
            award.save(update_fields=["earned_at"])
    return messages


def _give(
    award: Award | None, badge: Badge, measured: Measured, *, rider_id: UUID, now: datetime
) -> list[UUID]:
    assert measured.by is not None
    assert measured.reached_at is not None
    if award is None:
        award = Award.objects.create(
            rider_id=rider_id,
            badge=badge.code,
            version=badge.version,
            zone_code=measured.by.zone_code,
            earned_at=measured.reached_at,
            awarded_at=now,
        )
    else:
        award.revoked_at, award.earned_at = None, measured.reached_at
        award.save(update_fields=["revoked_at", "earned_at"])
    reward = _settle(award, badge, earned=True, now=now)
    paid = reward is not None and reward.state == Reward.State.PAID
    message = notifications.notify(
        person_id=rider_id,
        kind="badge.awarded",
        say=lambda: _words(badge, is_paid=paid),
        data={"badge": badge.code},
        dedupe_key=f"badge:{award.pk}",
        now=now,
    )
    return [message.pk]


def _words(badge: Badge, *, is_paid: bool) -> Words:
    body = gettext(badge.description)
    if is_paid:
        body += " " + _("%(amount)s come with it.") % {"amount": written(badge.reward_paise)}
    return _("New badge: %(name)s") % {"name": gettext(badge.name)}, body


def _settle(award: Award, badge: Badge, *, earned: bool, now: datetime) -> Reward | None:
    return settle_reward(
        subject=f"badge:{award.pk}",
        rider_id=award.rider_id,
        kind=POOL,
        zone_code=award.zone_code,
        amount_paise=badge.reward_paise,
        earned=earned,
        now=now,
    )

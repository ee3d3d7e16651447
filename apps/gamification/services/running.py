"""Missions that riders are on: joined, given up, and worked out from what was proven."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from apps.accounts import services as accounts
from apps.gamification import selectors
from apps.gamification.errors import (
    MissionBudgetGone,
    MissionOver,
    NotJoined,
    UnknownMission,
)
from apps.gamification.models import Mission, MissionRun, PromoPool, ProvenOrder
from apps.gamification.selectors.histories import History
from apps.gamification.services.projecting import project_later
from apps.gamification.services.rewarding import MISSIONS, program_of, settle_reward
from apps.notifications import services as notifications
from apps.notifications.services import Words
from apps.wallet import codes
from apps.wallet import selectors as ledger
from uma.kernel.money import written

_State = MissionRun.State


@transaction.atomic(durable=True)
def join_mission(*, mission_id: UUID, rider_id: UUID, now: datetime) -> MissionRun:
    """
    Put a rider on a mission; joining twice is joining once, and after giving up it begins anew.

    Its reward is set aside from the budget that all missions of the zone share.

    Raises:
        UnknownPerson, AccountClosed, RiderBanned, UnknownMission, MissionOver, MissionBudgetGone
    """
    accounts.lock_rider(rider_id=rider_id, now=now)
    mission = Mission.objects.filter(pk=mission_id).first()
    if mission is None:
        raise UnknownMission
    run = MissionRun.objects.filter(mission=mission, rider_id=rider_id).first()
    if run is not None and run.state != _State.ABANDONED:
        return run
    if mission.expired_at is not None or mission.ends_at <= now:
        raise MissionOver
    _check_budget(mission, now=now)
    if run is None:
        run = MissionRun(
            mission=mission,
            rider_id=rider_id,
            zone_code=mission.zone_code,
            budgeted_paise=mission.reward_paise,
        )
    run.state, run.joined_at, run.ended_at = _State.JOINED, now, None
    run.save()
    project_later(rider_id=rider_id, now=now)
    return run


def _check_budget(mission: Mission, *, now: datetime) -> None:
    """Refuse a reward that the pool could not pay beside those it is set aside for already."""
    if mission.reward_paise == 0:
        return
    program = program_of(MISSIONS, mission.zone_code)
    # The pool's lock: of two who join at once for the last reward, one is refused.
    PromoPool.objects.select_for_update(no_key=True).filter(pk=program).first()
    if budget_left(zone_code=mission.zone_code, now=now) < mission.reward_paise:
        raise MissionBudgetGone


def budget_left(*, zone_code: str, now: datetime) -> int:
    """Return what the zone's pool of missions holds beyond what runs under way may claim, in paise."""
    code = codes.promo_pool(program_of(MISSIONS, zone_code))
    balance = ledger.balances_paise(codes=[code], unopened=True)[code]
    return balance - selectors.promised_paise(zone_code=zone_code, now=now)


@transaction.atomic(durable=True)
def abandon_mission(*, mission_id: UUID, rider_id: UUID, now: datetime) -> MissionRun:
    """
    Take a rider off a mission; what is completed stays completed.

    Raises:
        NotJoined
    """
    accounts.lock_person(person_id=rider_id, wait=True)
    run = (
        MissionRun.objects.select_related("mission")
        .filter(mission_id=mission_id, rider_id=rider_id)
        .first()
    )
    if run is None:
        raise NotJoined
    if run.state == _State.JOINED:
        run.state, run.ended_at = _State.ABANDONED, now
        run.save(update_fields=["state", "ended_at"])
        project_later(rider_id=rider_id, now=now)
    return run


def record_order(
    *,
    kind: str,
    source: str,
    rider_id: UUID,
    zone_code: str,
    timezone: str,
    at: datetime,
    category: str = "",
    provider: str = "",
) -> None:
    """
    Note in the caller's transaction an order of the network that proves a step; told again it is no news.

    `kind` is ride or commerce, `source` the order's identifier where it was placed, `provider` whose it is,
    as the missions' sources name it. What it means is worked out by the job of every minute, behind the
    rider's lock.
    """
    row = ProvenOrder(
        kind=kind,
        source=source,
        rider_id=rider_id,
        zone_code=zone_code,
        timezone=timezone,
        category=category,
        provider=provider,
        at=at,
    )
    ProvenOrder.objects.bulk_create([row], ignore_conflicts=True)


def undo_order(*, kind: str, source: str, now: datetime) -> None:
    """
    Note in the caller's transaction that an order was cancelled: it proves nothing any more.

    Else a ticket would be bought for its mission, and given back.
    """
    ProvenOrder.objects.filter(kind=kind, source=source, undone_at=None).update(
        undone_at=Greatest("at", Value(now)), settled_at=None
    )


def settle_runs(*, known: History, now: datetime) -> list[UUID]:
    """
    Bring the rider's runs to what is proven, in a transaction that holds the rider's lock.

    Returns the messages to push. A visit taken back opens a completed run again, and its reward follows.
    """
    messages: list[UUID] = []
    for run in known.runs:
        if run.state == _State.ABANDONED:
            continue
        proven = known.proven(run)
        complete = len(proven) == len(run.mission.content["steps"])
        if complete == (run.state == _State.COMPLETED):
            continue
        run.state = _State.COMPLETED if complete else _State.JOINED
        run.ended_at = max(one.proof.at for one in proven) if complete else None
        run.save(update_fields=["state", "ended_at"])
        settle_reward(
            subject=f"mission:{run.pk}",
            rider_id=run.rider_id,
            kind=MISSIONS,
            zone_code=run.zone_code,
            amount_paise=run.budgeted_paise,
            earned=complete,
            now=now,
        )
        if complete:
            messages.append(_tell(run, now=now))
    return messages


def _tell(run: MissionRun, *, now: datetime) -> UUID:
    message = notifications.notify(
        person_id=run.rider_id,
        kind="mission.completed",
        say=lambda: _words(run),
        data={"missionId": str(run.mission_id)},
        dedupe_key=f"mission:{run.pk}",
        now=now,
    )
    return message.pk


def _words(run: MissionRun) -> Words:
    body = _("Every step is proven.")
    if run.budgeted_paise:
        body += " " + _("Its reward is %(amount)s.") % {"amount": written(run.budgeted_paise)}
    return _("Mission complete: %(title)s") % {"title": run.mission.content["title"]}, body
